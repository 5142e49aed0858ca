#include "proto/broker_url.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace echomesh {
namespace {

constexpr std::uint16_t kPlainPort = 1883;
constexpr std::uint16_t kTlsPort = 8883;
constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, 2.3.4

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return std::nullopt;
  }
  return port;
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) {
    return false;
  }
  return host.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%") ==
         std::string_view::npos;
}

/// Cuts `[host]:port` or `host:port` in two; the port may be absent (empty).
std::optional<std::pair<std::string_view, std::string_view>> cut(std::string_view rest) {
  std::string_view host;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    const auto colon = rest.find(':');
    host = rest.substr(0, colon);
    rest.remove_prefix(host.size());
    if (rest.find(':', 1) != std::string_view::npos) {
      return std::nullopt;  // IPv6 needs its brackets
    }
  }
  if (rest.empty()) {
    return std::pair{host, std::string_view{}};
  }
  if (!rest.starts_with(':') || rest.size() == 1) {
    return std::nullopt;
  }
  return std::pair{host, rest.substr(1)};
}

}  // namespace

Result<BrokerUrl> BrokerUrl::parse(std::string_view text) {
  if (text.find('@') != std::string_view::npos) {  // not repeated: it may hold a password
    return Error{"", "must not hold a user name: use username and password_file"};
  }
  const auto got = ", got \"" + std::string(text.substr(0, 80)) + "\"";
  BrokerUrl url;
  if (text.starts_with("mqtts://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("mqtt://")) {
    text.remove_prefix(7);
  } else {
    return Error{"", "must start with mqtt:// or mqtts://" + got};
  }
  if (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  const auto parts = cut(text);
  if (!parts || !is_host(parts->first)) {
    return Error{"", "must be mqtt[s]://host or mqtt[s]://host:port (IPv6 in brackets)" + got};
  }
  url.host = std::string(parts->first);
  url.port = url.tls ? kTlsPort : kPlainPort;
  if (!parts->second.empty()) {
    const auto port = parse_port(parts->second);
    if (!port) {
      return Error{"", "must have a port from 1 to 65535" + got};
    }
    url.port = *port;
  }
  return url;
}

std::string to_string(const BrokerUrl& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return std::string(url.tls ? "mqtts://" : "mqtt://") +
         (is_ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

}  // namespace echomesh
