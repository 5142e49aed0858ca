/// The figures of a path's summary over the hour and the 24 h that end with one slot, kept while
/// slots change and the window moves on: O(1) a slot.
///
/// They are what a reading of the whole window gives. Percentiles are by nearest rank; exact over
/// the hour, 0.7 % off over 24 h.
#pragma once

#include <cstdint>
#include <optional>

#include "aggregator/level_counts.hpp"
#include "aggregator/ranked_rtts.hpp"
#include "aggregator/slot_ring.hpp"
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

class RunningStatistics {
 public:
  explicit RunningStatistics(SlotWidth width);

  /// The window's last slot; empty until it is moved somewhere.
  std::optional<Slot> end() const { return end_; }
  /// Takes a slot out while it changes, and in again. Slots outside the window do not matter.
  void leave(const SlotRing& ring, Slot slot);
  void enter(const SlotRing& ring, Slot slot);
  /// Forward in O(slots moved); backward and far ahead the window is read anew.
  void move_to(const SlotRing& ring, Slot end);

  /// REQUIRES: end()
  PathStatistics read(const SlotRing& ring) const;

 private:
  bool is_in_day(Slot slot) const { return slot <= *end_ && *end_ - slot < day_slots_; }
  bool is_in_hour(Slot slot) const { return slot <= *end_ && *end_ - slot < hour_slots_; }
  void count_day(SlotCell cell, int sign);
  void count_hour(const SlotRing& ring, Slot slot, int sign);
  void count_pairs(const SlotRing& ring, Slot slot, int sign);
  void count_pair(const SlotRing& ring, Slot later, int sign);
  void read_anew(const SlotRing& ring, Slot end);
  bool is_elevated(const SlotRing& ring, std::optional<nanoseconds> usual) const;

  SlotWidth width_;
  std::int64_t day_slots_;
  std::int64_t hour_slots_;
  std::int64_t minute_slots_;
  std::optional<Slot> end_;

  // The day.
  std::int64_t ok_ = 0;
  std::int64_t missed_ = 0;
  std::int64_t resent_ = 0;
  LevelCounts levels_;

  // The hour.
  Share loss_;
  std::int64_t jitter_us_ = 0;  ///< the sum over pairs of neighbours
  std::int64_t jitter_pairs_ = 0;
  RankedRtts rtts_;
};

}  // namespace echomesh::aggregator
