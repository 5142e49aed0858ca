/// What is known of one region now: its verdict, the votes behind it, and who sees what; retained.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/names.hpp"
#include "proto/result.hpp"
#include "proto/stamp.hpp"
#include "proto/states.hpp"

namespace echomesh {

struct RegionSummary {
  Stamp stamp;
  RegionId region;
  std::string name;
  std::optional<double> latitude;
  std::optional<double> longitude;
  RegionState state = RegionState::unknown;
  std::optional<UtcTime> since;
  std::int64_t locations = 0;
  std::int64_t judging = 0;
  std::int64_t accessible = 0;
  std::int64_t slow = 0;
  std::int64_t inaccessible = 0;
  std::int64_t unknown = 0;
  std::int64_t blind = 0;  ///< blind and unwitnessed; among `unknown`
  std::string scope;
  bool self_reported = false;
};

/// What an aggregator takes from a summary of its own that it finds retained.
struct RegionGlance {
  UtcTime at;
  RegionState state = RegionState::unknown;
  std::optional<UtcTime> since;
};

/// `month`, `uptime_pct` and `downtime_s` are null: nothing keeps a ledger yet.
std::string to_json(const RegionSummary& summary);
Result<RegionGlance> parse_region_glance(std::string_view payload);

}  // namespace echomesh
