/// What is known of one path now, over the last hour and over 24 h; retained.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proto/agent_info.hpp"
#include "proto/names.hpp"
#include "proto/stamp.hpp"
#include "proto/states.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// A share of slots; published as percent, cut to 5 decimals, null where `whole` is 0.
struct Share {
  std::int64_t part = 0;
  std::int64_t whole = 0;

  bool operator==(const Share&) const = default;
};

struct LocationSummary {
  Stamp stamp;
  RegionId region;
  LocationId location;
  Place place;
  LocationState state = LocationState::unknown;
  std::optional<std::string> cause;
  std::optional<UtcTime> since;
  std::optional<nanoseconds> rtt;
  std::optional<nanoseconds> rtt_p50_1h;
  std::optional<nanoseconds> rtt_p95_1h;
  std::optional<nanoseconds> rtt_max_1h;
  std::optional<nanoseconds> jitter_1h;
  Share loss_1h;
  std::optional<nanoseconds> rtt_usual;
  bool elevated = false;
  Share accessible_24h;
  Share coverage_24h;
  std::int64_t resent_24h = 0;
  std::optional<std::int64_t> addresses;
  std::optional<std::int64_t> addresses_dead;
  std::optional<nanoseconds> clock_error;
};

std::string to_json(const LocationSummary& summary);

}  // namespace echomesh
