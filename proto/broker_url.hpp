/// The address of a broker: `mqtt://host[:1883]` or `mqtts://host[:8883]`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/result.hpp"

namespace echomesh {

struct BrokerUrl {
  std::string host;  ///< a name, an IPv4 address or an IPv6 address without brackets
  std::uint16_t port = 1883;
  bool tls = false;

  /// Refuses other schemes, user names, paths and ports out of range; names what it got.
  static Result<BrokerUrl> parse(std::string_view text);

  bool operator==(const BrokerUrl&) const = default;
};

/// `mqtts://eu.example.net:8883`
std::string to_string(const BrokerUrl& url);

}  // namespace echomesh
