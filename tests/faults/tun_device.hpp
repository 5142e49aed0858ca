/// One end of a line: a TUN device in a network namespace, as packets to be read and written.
///
/// The device lives as long as this object; the namespace need not be ours.
#pragma once

#include <optional>
#include <string>

#include "proto/result.hpp"

namespace echomesh {

class TunDevice {
 public:
  /// `space` is a name as `ip netns` knows it. The device comes up without an address.
  /// REQUIRES: the right to change network namespaces; one thread.
  static Result<TunDevice> open(const std::string& space, const std::string& name);
  /// In the namespace that this thread is in.
  static Result<TunDevice> open_here(const std::string& name);

  ~TunDevice();
  TunDevice(TunDevice&& other) noexcept;
  TunDevice& operator=(TunDevice&&) = delete;

  /// The next packet that the namespace sends; nothing if there is none now.
  std::optional<std::string> read();
  /// Hands a packet to the namespace; what it cannot take is lost, as on any line.
  void write(const std::string& packet);
  /// To be polled for reading.
  int descriptor() const { return descriptor_; }

 private:
  explicit TunDevice(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace echomesh
