/// A blocking TCP socket on 127.0.0.1 that gives up after two seconds, for tests.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

namespace echomesh {

class TestSocket {
 public:
  /// A listener on a free port.
  static TestSocket listening() {
    TestSocket socket(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in any = address(0);
    ::bind(socket.fd_, reinterpret_cast<const sockaddr*>(&any), sizeof any);
    ::listen(socket.fd_, 64);
    return socket;
  }
  /// Connected, or with `error()` set.
  static TestSocket connected_to(std::uint16_t port) {
    TestSocket socket(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in there = address(port);
    if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) {
      socket.error_ = errno;
    }
    socket.send_at_once();
    return socket;
  }

  explicit TestSocket(int fd) : fd_(fd) {
    const timeval patience{2, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  TestSocket(TestSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), error_(other.error_) {}
  TestSocket& operator=(TestSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(error_, other.error_);
    return *this;
  }
  ~TestSocket() { close(); }

  TestSocket accept() const {
    TestSocket socket(::accept(fd_, nullptr, nullptr));
    socket.send_at_once();
    return socket;
  }
  bool is_open() const { return fd_ >= 0; }
  int descriptor() const { return fd_; }

  std::uint16_t port() const {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.sin_port);
  }

  /// Yields how many bytes went out.
  std::size_t send(const std::string& bytes, int flags = 0) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), flags | MSG_NOSIGNAL);
    error_ = sent < 0 ? errno : 0;
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// Exactly `size` bytes, or fewer: at the end of the stream, or with `error()` set.
  std::string receive(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    error_ = 0;
    while (got < size) {
      const ssize_t n = ::recv(fd_, bytes.data() + got, size - got, 0);
      if (n <= 0) {
        error_ = n < 0 ? errno : 0;
        break;
      }
      got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
  }
  bool is_readable_within(int milliseconds) const {
    pollfd watched{fd_, POLLIN, 0};
    return ::poll(&watched, 1, milliseconds) == 1;
  }
  void shut() const { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) {
      ::close(std::exchange(fd_, -1));
    }
  }
  /// errno of the last call, 0 where it went well.
  int error() const { return error_; }

 private:
  static sockaddr_in address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  void send_at_once() const {
    const int yes = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }

  int fd_ = -1;
  int error_ = 0;
};

}  // namespace echomesh
