/// What an aggregator says of itself (retained), and the heartbeat that proves it is there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/names.hpp"
#include "proto/stamp.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// Why something that came in was not taken.
enum class Refusal {
  json,      ///< not JSON of the contract
  slot,      ///< over 2 slots ahead or over 48 h behind
  slot_ms,   ///< another slot width than this mesh's
  region,    ///< an entry for a region that the settings do not name
  location,  ///< not a location id in the topic
  retained,  ///< a report must not be retained
  size,      ///< larger than any report
  capacity   ///< more locations than the aggregator will hold
};
constexpr std::size_t kRefusals = 8;

std::string_view to_string(Refusal refusal);

struct RefusalCounts {
  std::array<std::int64_t, kRefusals> counts{};

  void add(Refusal refusal) { ++counts.at(static_cast<std::size_t>(refusal)); }
  std::int64_t of(Refusal refusal) const { return counts.at(static_cast<std::size_t>(refusal)); }
};

struct AggregatorInfo {
  Stamp stamp;
  HexId instance;
  std::string version;
  std::optional<RegionId> region_of_broker;
  UtcTime started;
  std::int64_t locations = 0;
  std::int64_t paths = 0;
  std::int64_t reports = 0;
  std::int64_t replayed = 0;
  RefusalCounts refused;
  std::optional<nanoseconds> commit_p99;  ///< none until there is a store
  std::int64_t rss_bytes = 0;
  /// How often the wall clock was found to have left, and was followed.
  std::int64_t clock_steps = 0;
  /// Publications that the connection would not take: its queue was full.
  std::int64_t publications_dropped = 0;
};

struct Heartbeat {
  UtcTime at;
  std::int64_t seq = 0;
  HexId instance;
};

std::string to_json(const AggregatorInfo& info);
std::string to_json(const Heartbeat& heartbeat);

}  // namespace echomesh
