#include "proto/io/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

#include "proto/io/clock.hpp"
#include "proto/io/loop.hpp"

namespace echomesh::io {
namespace {

constexpr std::chrono::seconds kPatience{1};
/// A name with more addresses than this is tried by the first ones.
constexpr std::size_t kMaxAddresses = 16;

bool is_literal(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

std::vector<std::string> literals(const addrinfo* found) {
  std::vector<std::string> addresses;
  for (const auto* entry = found; entry != nullptr && addresses.size() < kMaxAddresses;
       entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) == 0 &&
        std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
      addresses.emplace_back(text);
    }
  }
  return addresses;
}

}  // namespace

/// One question to the system's resolver, for all who ask it of one loop.
struct NameLookup {
  uv_getaddrinfo_t handle{};
  Loop* loop = nullptr;
  std::string host;
  std::vector<Resolver*> askers;

  static void answered(uv_getaddrinfo_t* handle, int failure, addrinfo* found);
};

void NameLookup::answered(uv_getaddrinfo_t* handle, int failure, addrinfo* found) {
  const std::unique_ptr<NameLookup> lookup(static_cast<NameLookup*>(handle->data));
  lookup->loop->lookups().erase(lookup->host);
  const auto addresses = literals(found);
  uv_freeaddrinfo(found);
  const std::string why = failure == 0 ? "no usable address" : uv_strerror(failure);
  while (!lookup->askers.empty()) {  // an answer may end other askers
    auto* asker = lookup->askers.back();
    lookup->askers.pop_back();
    asker->lookup_ = nullptr;
    if (asker->is_waiting_ || !addresses.empty()) {
      asker->finish(addresses, why);
    }
  }
}

void reserve_lookups(std::size_t names) {
  constexpr std::size_t kLeast = 4;    // libuv's own
  constexpr std::size_t kMost = 1024;  // likewise
  // Lookups are slow work to libuv: of n threads they have (n + 1) / 2.
  const std::size_t threads = std::clamp(2 * names, kLeast + 1, kMost + 1) - 1;
  // A size that was set on purpose stays.
  setenv("UV_THREADPOOL_SIZE", std::to_string(threads).c_str(), 0);
}

Resolver::Resolver(Loop& loop, std::string host, Answer answer)
    : loop_(loop),
      deferrals_(loop),
      host_(std::move(host)),
      answer_(std::move(answer)),
      deadline_(loop, [this] {
        if (is_waiting_) {
          finish({}, "no answer from the resolver in 1 s");
        }
      }) {}

Resolver::~Resolver() {
  if (lookup_ != nullptr) {
    std::erase(lookup_->askers, this);
  }
}

void Resolver::resolve() {
  assert(!is_waiting_);
  if (is_literal(host_)) {
    deferrals_.add([this] { answer_({host_}, ""); });
    return;
  }
  is_waiting_ = true;
  deadline_.arm(mono_now() + kPatience);
  if (lookup_ != nullptr) {
    return;
  }
  if (const auto under_way = loop_.lookups().find(host_); under_way != loop_.lookups().end()) {
    lookup_ = under_way->second;
    lookup_->askers.push_back(this);
    return;
  }
  if (const int status = ask(); status < 0) {
    is_waiting_ = false;
    deadline_.disarm();
    deferrals_.add([this, status] { answer_({}, uv_strerror(status)); });
  }
}

int Resolver::ask() {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto lookup = std::make_unique<NameLookup>(NameLookup{{}, &loop_, host_, {this}});
  lookup->handle.data = lookup.get();
  const int status = uv_getaddrinfo(loop_.raw(), &lookup->handle, NameLookup::answered,
                                    host_.c_str(), nullptr, &hints);
  if (status == 0) {
    loop_.lookups()[host_] = lookup.get();
    lookup_ = lookup.release();  // libuv's until it answers
  }
  return status;
}

void Resolver::finish(const std::vector<std::string>& addresses, const std::string& failure) {
  is_waiting_ = false;
  deadline_.disarm();
  answer_(addresses, failure);
}

}  // namespace echomesh::io
