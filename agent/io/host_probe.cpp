#include "agent/io/host_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "proto/io/clock.hpp"
#include "proto/io/socket_options.hpp"

namespace echomesh::agent {
namespace {

constexpr std::chrono::seconds kNameIsFresh{60};
/// Descriptors a probe may hold: four askings of a name with as many addresses as are tried.
constexpr std::size_t kMaxUnderWay = 64;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* raw() const {
    return reinterpret_cast<const sockaddr*>(&storage);  // NOLINT: the socket API's way
  }
};

/// None for what is no literal address.
SocketAddress address_of(const std::string& literal, std::uint16_t port) {
  SocketAddress address;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (uv_ip4_addr(literal.c_str(), port, &v4) == 0) {
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.length = sizeof v4;
  } else if (uv_ip6_addr(literal.c_str(), port, &v6) == 0) {
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.length = sizeof v6;
  }
  return address;
}

}  // namespace

/// One connect to one address: its end is told once.
class HostProbe::Connect {
 public:
  Connect(HostProbe& probe, const SocketAddress& address) : probe_(probe), begun_(io::mono_now()) {
    const int family = address.storage.ss_family;
    socket_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      error_ = errno;
      return;
    }
    if (::connect(socket_, address.raw(), address.length) != 0 && errno != EINPROGRESS) {
      error_ = errno;
    }
    poll_ = new uv_poll_t{};
    uv_poll_init(probe.loop_.raw(), poll_, socket_);
    poll_->data = this;
    uv_poll_start(poll_, UV_WRITABLE, [](uv_poll_t* poll, int /*status*/, int /*events*/) {
      static_cast<Connect*>(poll->data)->look();
    });
  }
  ~Connect() { close(); }
  Connect(const Connect&) = delete;
  Connect& operator=(const Connect&) = delete;

  MonoTime begun() const { return begun_; }

  void look() {
    if (is_told_ || (error_ == 0 && !is_decided())) {
      return;
    }
    is_told_ = true;
    close();
    if (error_ == 0 || io::is_from_peer(error_)) {
      probe_.answer(error_ == 0);
    }
  }

 private:
  bool is_decided() {
    pollfd seen{socket_, POLLOUT, 0};
    if (::poll(&seen, 1, 0) != 1) {
      return false;
    }
    socklen_t length = sizeof error_;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error_, &length);
    return true;
  }

  void close() {
    if (poll_ != nullptr) {
      uv_poll_stop(poll_);
      io::close_and_free(std::exchange(poll_, nullptr));
    }
    if (socket_ >= 0) {
      ::close(std::exchange(socket_, -1));
    }
  }

  HostProbe& probe_;
  MonoTime begun_;
  uv_poll_t* poll_ = nullptr;  ///< freed by its close callback
  int socket_ = -1;
  int error_ = 0;
  bool is_told_ = false;
};

HostProbe::HostProbe(io::Loop& loop, std::string host, std::uint16_t port,
                     std::function<void()> answered, nanoseconds patience)
    : loop_(loop),
      port_(port),
      answered_(std::move(answered)),
      patience_(patience),
      resolver_(loop, std::move(host), [this](auto addresses, const auto& /*failure*/) {
        resolved(std::move(addresses));
      }) {
  look_up();
}

HostProbe::~HostProbe() = default;

void HostProbe::look_up() {
  is_looking_up_ = true;
  looked_up_ = io::mono_now();
  resolver_.resolve();
}

void HostProbe::resolved(std::vector<std::string> addresses) {
  is_looking_up_ = false;
  if (!addresses.empty()) {
    addresses_ = std::move(addresses);
  }
  if (std::exchange(waits_for_name_, false)) {
    connect();
  }
}

void HostProbe::ask(std::size_t at_least) {
  drop_old();
  waits_for_name_ = false;
  asked_ = 0;
  accepted_ = 0;
  answers_ = 0;
  at_least_ = at_least;
  const bool is_fresh = io::mono_now() - looked_up_ < kNameIsFresh;
  if (!is_looking_up_ && (!is_fresh || addresses_.empty())) {
    look_up();
  }
  if (addresses_.empty()) {
    waits_for_name_ = true;
  } else {
    connect();
  }
}

void HostProbe::drop() {
  connects_.clear();
  waits_for_name_ = false;
  asked_ = 0;
  accepted_ = 0;
  answers_ = 0;
}

void HostProbe::drop_old() {
  const MonoTime now = io::mono_now();
  while (!connects_.empty() &&
         (now - connects_.front()->begun() >= patience_ || connects_.size() >= kMaxUnderWay)) {
    connects_.pop_front();
  }
}

void HostProbe::connect() {
  if (addresses_.size() < at_least_) {
    return;
  }
  asked_ = addresses_.size();
  for (const auto& address : addresses_) {
    connects_.push_back(std::make_unique<Connect>(*this, address_of(address, port_)));
  }
}

void HostProbe::look() {
  for (const auto& connect : connects_) {
    connect->look();
  }
}

void HostProbe::answer(bool has_accepted) {
  ++answers_;
  accepted_ += has_accepted ? 1U : 0U;
  answered_();
}

}  // namespace echomesh::agent
