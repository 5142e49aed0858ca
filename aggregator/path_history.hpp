/// 24 h of one path's slots: a dense ring that reports are joined into, the last hour with exact
/// RTTs.
///
/// Memory: 2 bytes a slot and 4 bytes a slot of the last hour, 37 KB at 5 s.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "aggregator/slot_cell.hpp"
#include "proto/outcome.hpp"
#include "proto/time.hpp"

namespace echomesh::aggregator {

/// What a path's state is now, by its latest slot with an outcome.
struct PathNow {
  LocationState state = LocationState::unknown;
  std::string_view cause;      ///< empty: none; refers to static text
  std::optional<Slot> latest;  ///< the slot it is read from; none: all too old
  std::optional<VoidCause> voided;
  std::optional<nanoseconds> rtt;  ///< exact; none unless ok and never resent

  bool operator==(const PathNow&) const = default;
};

class PathHistory {
 public:
  explicit PathHistory(SlotWidth width);

  SlotWidth width() const { return width_; }
  std::int64_t window_slots() const { return window_slots_; }

  /// Makes room up to `current`; what is over 24 h old is forgotten. Goes forward only.
  void advance(Slot current);
  /// Joins one entry in; true if what is known of the slot changed. Slots before the ring are
  /// ignored. REQUIRES: slot <= the latest advance + kFutureSlots
  bool join(Slot slot, const EchoEntry& entry, nanoseconds slow_from);

  /// Nothing outside the ring is known.
  SlotCell at(Slot slot) const;
  /// The exact RTT of a slot of the last hour, by the rules of SlotCell::rtt.
  std::optional<nanoseconds> exact_rtt(Slot slot) const;
  /// The latest slot with an outcome, if it is in the ring.
  std::optional<Slot> latest() const;
  Slot oldest_kept() const;
  /// The last slot of the 24 h that documents speak of: the later of the latest slot with an
  /// outcome and the current one minus `settling` (the slots in which outcomes still come in).
  Slot window_end(Slot current, std::int64_t settling) const;

  /// `max_behind`: an older outcome does not speak of now.
  PathNow now(Slot current, std::int64_t max_behind) const;
  /// When the state that `now` shows began: its first slot, across gaps of up to `max_behind`
  /// slots of which nothing is known. Empty if nothing was ever known.
  std::optional<Slot> since(Slot current, std::int64_t max_behind) const;

 private:
  bool covers(Slot slot) const { return slot <= head_ && slot >= oldest_kept(); }
  SlotCell& cell(Slot slot);
  std::uint32_t& exact(Slot slot);
  void forget(Slot slot);
  Slot since_known(Slot latest, LocationState state, std::int64_t max_behind) const;

  SlotWidth width_;
  std::int64_t window_slots_;
  std::int64_t hour_slots_;
  Slot head_;  ///< the newest slot that the ring holds
  std::optional<Slot> latest_;
  std::vector<SlotCell> cells_;
  std::vector<std::uint32_t> exact_rtt_us_;  ///< 0: none
};

/// How far ahead of the aggregator's clock a report may be.
constexpr std::int64_t kFutureSlots = 2;

}  // namespace echomesh::aggregator
