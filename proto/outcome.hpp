/// What one echo showed: `ok` with an RTT, `miss` with a cause, `void` with a cause, or `late`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proto/names.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// In the order of the join: of two causes the later one here wins.
enum class MissCause { timeout, lost, connect, dns, tls, refused, denied };
enum class VoidCause { stalled, blind, unwitnessed };

std::string_view to_string(MissCause cause);
std::string_view to_string(VoidCause cause);
std::optional<MissCause> miss_cause_from(std::string_view word);
std::optional<VoidCause> void_cause_from(std::string_view word);

struct Ok {
  Rtt rtt;
  bool operator==(const Ok&) const = default;
};
struct Miss {
  MissCause cause;
  bool operator==(const Miss&) const = default;
};
struct Void {
  VoidCause cause;
  bool operator==(const Void&) const = default;
};
/// The real time of an echo that came after its limit; its slot stays a miss.
struct Late {
  Rtt after;
  bool operator==(const Late&) const = default;
};
using Outcome = std::variant<Ok, Miss, Void, Late>;

/// One region's entry in a report.
struct EchoEntry {
  RegionId region;
  Outcome outcome;
  bool resent = false;
  /// How many addresses the region's name has, told when there are several.
  std::optional<std::uint32_t> addresses = std::nullopt;
  std::optional<std::uint32_t> addresses_dead = std::nullopt;

  bool operator==(const EchoEntry&) const = default;
};

}  // namespace echomesh
