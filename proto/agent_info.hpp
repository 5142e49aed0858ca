/// What an agent says of itself, in public: no address, host name or secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/names.hpp"
#include "proto/result.hpp"
#include "proto/stamp.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// Where a location is, for people; `name` and `area` are at most 64 bytes.
struct Place {
  std::optional<std::string> name;
  std::optional<std::string> area;
  std::optional<double> latitude;   ///< degrees north, -90 to 90
  std::optional<double> longitude;  ///< degrees east, -180 to 180

  bool operator==(const Place&) const = default;
};

constexpr std::size_t kMaxNameBytes = 64;

struct AgentInfo {
  Stamp stamp;
  LocationId location;
  Place place;
  std::string version;
  HexId epoch;
  HexId run;
  UtcTime started;
  std::vector<RegionId> regions;
  std::int64_t spool_reports = 0;
  std::int64_t spool_dropped = 0;
  nanoseconds loop_lag_max{0};
  std::int64_t rss_bytes = 0;
  std::int64_t clock_steps = 0;
  std::optional<nanoseconds> clock_error;  ///< none until an aggregator told the time
  std::int64_t foreign_echoes = 0;         ///< messages on echo links that were no echo of its own
};

/// What the aggregator takes from an agent's info.
struct AgentGlance {
  Place place;
  std::optional<nanoseconds> clock_error;
};

std::string to_json(const AgentInfo& info);
Result<AgentGlance> parse_agent_glance(std::string_view payload);

}  // namespace echomesh
