/// The probe message that an agent publishes to itself through a watched region's broker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/names.hpp"
#include "proto/result.hpp"
#include "proto/time.hpp"

namespace echomesh {

struct Echo {
  LocationId location;
  HexId run;
  std::int64_t n = 0;
  UtcTime sent;

  bool operator==(const Echo&) const = default;
};

/// Longer than any echo of ours; what is larger is foreign and not even parsed.
constexpr std::size_t kMaxEchoBytes = 256;

std::string to_json(const Echo& echo);
Result<Echo> parse_echo(std::string_view payload);

}  // namespace echomesh
