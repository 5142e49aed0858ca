/// One location watching one region, as the aggregator knows it: its slots, its state now, and
/// what of it was published.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "aggregator/path_history.hpp"
#include "aggregator/rtt_buckets.hpp"
#include "aggregator/verdict.hpp"
#include "proto/agent_info.hpp"
#include "proto/location_summary.hpp"
#include "proto/names.hpp"
#include "proto/rtt_history.hpp"
#include "proto/stamp.hpp"
#include "proto/timeline.hpp"

namespace echomesh::aggregator {

/// Index of a region in Config::regions.
using RegionIndex = std::size_t;

/// What the settings say of a location's part in the verdict.
struct Voter {
  std::chrono::milliseconds slow_from{1000};
  GroupIndex group = kNoGroup;
  bool has_vote = true;

  bool operator==(const Voter&) const = default;
};

class Path {
 public:
  Path(RegionIndex region, LocationId location, Voter voter, SlotWidth width);

  RegionIndex region() const { return region_; }
  const LocationId& location() const { return location_; }
  const PathHistory& history() const { return history_; }
  const PathNow& now() const { return now_; }
  GroupIndex group() const { return voter_.group; }
  Vote vote() const;
  bool is_heard_of() const { return told_in_.has_value(); }

  /// Joins an entry in; true if a slot that was already shown looks different now.
  bool take(const EchoEntry& entry, Slot slot, std::chrono::milliseconds limit);
  /// Reads the state now off the slots; true if the state word changed.
  bool refresh(Slot current);

  LocationSummary summary(const RegionId& region, const AgentGlance& agent, Slot current,
                          Stamp stamp);
  /// Counts as shown: `rev` rises if a slot shown before has changed since.
  Timeline timeline(const RegionId& region, Slot current, Stamp stamp);
  /// The 24 h of buckets that ended by `now`.
  RttHistory rtt_history(const RegionId& region, UtcTime now, Stamp stamp);

 private:
  /// What reports say beside the outcome.
  struct Told {
    std::chrono::milliseconds limit{0};
    std::optional<std::uint32_t> addresses;
    std::optional<std::uint32_t> addresses_dead;
  };

  /// So many slots behind, an outcome does not speak of now: limits over a slot take longer.
  std::int64_t max_behind() const;
  Slot window_end(Slot current) const { return history_.window_end(current, max_behind() + 1); }

  RegionIndex region_;
  LocationId location_;
  Voter voter_;
  PathHistory history_;
  RttBucketReader buckets_;
  PathNow now_;
  std::optional<Slot> told_in_;  ///< the latest slot reported on; none: never heard of
  Told told_;
  std::int64_t rev_ = 1;
  bool is_revised_ = false;
  std::optional<Slot> shown_end_;  ///< the last slot of the timeline published last
};

}  // namespace echomesh::aggregator
