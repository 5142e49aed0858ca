/// The figures of a path's summary and its RTT history, read off its slots.
///
/// Computed anew for each publication, which is paced: the cost follows publications, not
/// outcomes. Percentiles are by nearest rank; exact over the hour, 0.7 % off over 24 h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aggregator/path_history.hpp"
#include "proto/location_summary.hpp"
#include "proto/time.hpp"

namespace echomesh::aggregator {

struct PathStatistics {
  std::optional<nanoseconds> rtt_p50_1h;
  std::optional<nanoseconds> rtt_p95_1h;
  std::optional<nanoseconds> rtt_max_1h;
  /// The mean absolute difference of the RTTs of neighbouring slots.
  std::optional<nanoseconds> jitter_1h;
  Share loss_1h;
  std::optional<nanoseconds> rtt_usual;  ///< the 24 h median
  bool elevated = false;
  Share accessible_24h;
  Share coverage_24h;
  std::int64_t resent_24h = 0;

  bool operator==(const PathStatistics&) const = default;
};

/// Over the hour and the 24 h that end with slot `end`.
PathStatistics statistics_of(const PathHistory& history, Slot end);

struct RttBuckets {
  std::vector<std::optional<nanoseconds>> p50;
  std::vector<std::optional<nanoseconds>> p95;
};

/// `count` buckets of `slots` slots each, from slot `from` on.
RttBuckets rtt_buckets(const PathHistory& history, Slot from, std::int64_t slots,
                       std::size_t count);

}  // namespace echomesh::aggregator
