#include "tests/faults/tun_device.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace echomesh {
namespace {

constexpr std::size_t kLargestPacket = 65'536;

/// A descriptor that is closed where it goes out of sight.
struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() {
    if (number >= 0) {
      close(number);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int release() { return std::exchange(number, -1); }

  int number;
};

Error failed(const std::string& where, const std::string& call) {
  return {where, call + ": " + std::strerror(errno)};
}

Result<bool> bring_up(const std::string& place, ifreq request) {
  const Descriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  request.ifr_flags = IFF_UP;
  if (control.number < 0 || ioctl(control.number, SIOCSIFFLAGS, &request) != 0) {
    return failed(place, "cannot bring the device up");
  }
  return true;
}

/// In the namespace that this thread is in.
Result<int> create(const std::string& place, const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return Error{place, "a device name must have 1 to 15 characters"};
  }
  Descriptor device(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (device.number < 0 || ioctl(device.number, TUNSETIFF, &request) != 0) {
    return failed(place, "cannot make a TUN device");
  }
  if (const auto up = bring_up(place, request); !up.ok()) {
    return up.error();
  }
  return device.release();
}

}  // namespace

Result<TunDevice> TunDevice::open(const std::string& space, const std::string& name) {
  const std::string place = space + "/" + name;
  const Descriptor own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  const Descriptor other(::open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC));
  if (own.number < 0 || other.number < 0 || setns(other.number, CLONE_NEWNET) != 0) {
    return failed(place, "cannot enter the network namespace");
  }
  const auto created = create(place, name);
  if (setns(own.number, CLONE_NEWNET) != 0) {
    return failed(place, "cannot return from the network namespace");
  }
  if (!created.ok()) {
    return created.error();
  }
  return TunDevice(*created);
}

Result<TunDevice> TunDevice::open_here(const std::string& name) {
  const auto created = create(name, name);
  if (!created.ok()) {
    return created.error();
  }
  return TunDevice(*created);
}

TunDevice::~TunDevice() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

TunDevice::TunDevice(TunDevice&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

std::optional<std::string> TunDevice::read() {
  std::array<char, kLargestPacket> room;
  const ssize_t size = ::read(descriptor_, room.data(), room.size());
  if (size <= 0) {
    return std::nullopt;
  }
  return std::string(room.data(), static_cast<std::size_t>(size));
}

void TunDevice::write(const std::string& packet) {
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, packet.data(), packet.size());
}

}  // namespace echomesh
