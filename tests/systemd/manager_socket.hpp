/// A service manager's end of the line: a datagram socket, named in $NOTIFY_SOCKET while it lives.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace echomesh {

/// An environment variable for as long as it lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

class ManagerSocket {
 public:
  ManagerSocket() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const std::string path = folder_.path("notify");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot listen at " + path);
    }
    named_.emplace("NOTIFY_SOCKET", path);
  }
  ~ManagerSocket() { close(fd_); }
  ManagerSocket(const ManagerSocket&) = delete;
  ManagerSocket& operator=(const ManagerSocket&) = delete;

  /// Yields what it was told until now, a text a datagram.
  const std::vector<std::string>& told() {
    constexpr std::size_t kLargest = 4096;
    std::string message(kLargest, '\0');
    for (;;) {
      const auto size = recv(fd_, message.data(), message.size(), 0);
      if (size < 0) {
        return told_;
      }
      told_.push_back(message.substr(0, static_cast<std::size_t>(size)));
    }
  }
  /// How often it was told something that begins so.
  int count(const std::string& head) {
    int count = 0;
    for (const auto& message : told()) {
      count += message.starts_with(head) ? 1 : 0;
    }
    return count;
  }

 private:
  TempDir folder_;
  int fd_;
  std::optional<Environment> named_;
  std::vector<std::string> told_;
};

}  // namespace echomesh
