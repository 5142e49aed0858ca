/// 24 h of one path's RTT in buckets of 300 s; retained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/names.hpp"
#include "proto/stamp.hpp"
#include "proto/time.hpp"

namespace echomesh {

constexpr std::chrono::seconds kRttBucket{300};
constexpr std::size_t kRttBuckets = 288;

struct RttHistory {
  Stamp stamp;
  RegionId region;
  LocationId location;
  UtcTime from;                                 ///< a multiple of 300 s of UTC
  std::vector<std::optional<nanoseconds>> p50;  ///< 288, oldest first
  std::vector<std::optional<nanoseconds>> p95;  ///< 288, oldest first
};

std::string to_json(const RttHistory& history);

}  // namespace echomesh
