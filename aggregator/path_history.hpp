/// 24 h of one path's slots: a dense ring that reports are joined into, with what is asked of it
/// all the time kept beside it: where its look changes, and the figures of its window.
///
/// Memory: 17 bits a slot and 6 bytes a slot of the last hour, 42 KB at 5 s, and some 1 KB for the
/// levels of RTT seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "aggregator/path_statistics.hpp"
#include "aggregator/slot_marks.hpp"
#include "aggregator/slot_ring.hpp"
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
  SlotCell at(Slot slot) const { return ring_.at(slot); }
  /// The exact RTT of a slot of the last hour, by the rules of SlotCell::rtt.
  std::optional<nanoseconds> exact_rtt(Slot slot) const;
  /// The latest slot with an outcome, if it is in the ring.
  std::optional<Slot> latest() const;
  Slot oldest_kept() const { return ring_.oldest(); }
  /// True once the RTT of a slot will never be exact again.
  bool is_past_exact(Slot slot) const { return ring_.head() - slot >= ring_.exact_slots(); }
  /// Up to, not including, which slot all from `slot` on look the same, as far as is known without
  /// looking at them: at most `past`. REQUIRES: slot < past
  Slot same_until(Slot slot, Slot past) const;
  /// The last slot of the 24 h that documents speak of: the later of the latest slot with an
  /// outcome and the current one minus `settling` (the slots in which outcomes still come in).
  Slot window_end(Slot current, std::int64_t settling) const;

  /// `max_behind`: an older outcome does not speak of now.
  PathNow now(Slot current, std::int64_t max_behind) const;
  /// When the state that `now` shows began: its first slot, across gaps of up to `max_behind`
  /// slots of which nothing is known. Empty if nothing was ever known.
  std::optional<Slot> since(Slot current, std::int64_t max_behind) const;

  /// Over the hour and the 24 h that end with slot `end`. Cheap while `end` goes forward.
  PathStatistics statistics(Slot end);

 private:
  void push();
  void mark(Slot slot);
  /// The first of the slots up to `slot` that look the same. REQUIRES: it is in the ring
  Slot same_since(Slot slot) const;
  Slot since_known(Slot latest, LocationState state, std::int64_t max_behind) const;

  SlotWidth width_;
  std::int64_t window_slots_;
  SlotRing ring_;
  SlotMarks changes_;  ///< slots that may look other than the one before
  RunningStatistics statistics_;
  std::optional<Slot> latest_;
};

/// How far ahead of the aggregator's clock a report may be.
constexpr std::int64_t kFutureSlots = 2;

}  // namespace echomesh::aggregator
