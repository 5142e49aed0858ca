/// A network of this test program's own, with one line out of it. Needs root and /dev/net/tun.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "tests/faults/tun_device.hpp"

namespace echomesh {

/// A network namespace for this thread and those that it starts, left when the object goes.
class OwnNetwork {
 public:
  OwnNetwork() : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    is_there_ = before_ >= 0 && unshare(CLONE_NEWNET) == 0;
  }
  ~OwnNetwork() {
    if (is_there_) {
      setns(before_, CLONE_NEWNET);
    }
    ::close(before_);
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;
  bool is_there() const { return is_there_; }

 private:
  int before_;
  bool is_there_ = false;
};

/// A device that leads to all addresses but our own; none where we may not make one.
inline std::optional<TunDevice> uplink() {
  auto opened = TunDevice::open_here("uplink");
  if (!opened.ok()) {
    return std::nullopt;
  }
  const int status = std::system(
      "export PATH=/usr/sbin:/usr/bin:/sbin:/bin; ip addr add 10.83.1.2/24 dev uplink && "
      "ip route add default via 10.83.1.1 dev uplink");
  return status == 0 ? std::optional(std::move(opened).value()) : std::nullopt;
}

}  // namespace echomesh
