#include "tests/support/scripted_names.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace echomesh {
namespace {

/// getaddrinfo() is called from threads, and knows no object: so this is the program's.
struct Script {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::optional<std::vector<std::string>>> names;  ///< none: it hangs
};

Script& script() {
  static auto* the_one = new Script;  // threads may outlive main
  return *the_one;
}

using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

int look_up(const std::vector<std::string>& addresses, const addrinfo& hints, addrinfo** found) {
  static const auto kReal = reinterpret_cast<Lookup>(dlsym(RTLD_NEXT, "getaddrinfo"));
  *found = nullptr;
  addrinfo** end = found;
  for (const auto& address : addresses) {
    if (const int status = kReal(address.c_str(), nullptr, &hints, end); status != 0) {
      return status;
    }
    while (*end != nullptr) {
      end = &(*end)->ai_next;
    }
  }
  return *found == nullptr ? EAI_NONAME : 0;
}

}  // namespace

ScriptedNames::~ScriptedNames() {
  const std::lock_guard lock(script().mutex);
  script().names.clear();
  script().changed.notify_all();
}

void ScriptedNames::set(const std::string& name, std::vector<std::string> addresses) {
  const std::lock_guard lock(script().mutex);
  script().names[name] = std::move(addresses);
  script().changed.notify_all();
}

void ScriptedNames::hang(const std::string& name) {
  const std::lock_guard lock(script().mutex);
  script().names[name] = std::nullopt;
}

}  // namespace echomesh

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): glibc's are reserved
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using namespace echomesh;
  std::unique_lock lock(script().mutex);
  const std::string host = name == nullptr ? "" : name;
  const auto is_hung = [&] {
    const auto entry = script().names.find(host);
    return entry != script().names.end() && !entry->second;
  };
  script().changed.wait(lock, [&] { return !is_hung(); });
  const auto entry = script().names.find(host);
  std::vector<std::string> addresses{host};
  if (entry != script().names.end()) {
    addresses = *entry->second;
  }
  lock.unlock();
  static_cast<void>(service);  // nobody here asks for one
  return look_up(addresses, hints == nullptr ? addrinfo{} : *hints, found);
}
