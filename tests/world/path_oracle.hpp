/// What an aggregator must say of a path, by the rules, from the reports that reached it: simple,
/// slow, and written from the rules alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/outcome.hpp"
#include "proto/states.hpp"
#include "proto/time.hpp"

namespace echomesh::world {

/// All that is known of one slot.
struct KnownSlot {
  std::optional<nanoseconds> rtt;
  std::optional<MissCause> miss;
  std::optional<VoidCause> nothing;
  bool is_late = false;
  bool is_resent = false;

  void join(const EchoEntry& entry);
};

/// A slot, or now, as it is shown.
struct ShownState {
  LocationState state = LocationState::unknown;
  std::string cause;  ///< empty: none
  std::optional<nanoseconds> rtt;
  bool operator==(const ShownState&) const = default;
};

class PathOracle {
 public:
  PathOracle(SlotWidth width, nanoseconds limit) : width_(width), limit_(limit) {}

  void take(Slot slot, const EchoEntry& entry) { slots_[slot].join(entry); }
  std::size_t slots_known() const { return slots_.size(); }
  bool is_heard_of() const { return !slots_.empty(); }
  ShownState now(Slot current) const;
  ShownState at(Slot slot) const;

  /// The last slot of the 24 h that are shown.
  Slot window_end(Slot current) const;
  std::int64_t window_slots() const { return slots_per_day(width_); }

  struct Run {
    std::int64_t offset;
    std::int64_t slots;
    LocationState state;
    std::string cause;
    bool operator==(const Run&) const = default;
  };
  /// What is not accessible in the window, oldest first.
  std::vector<Run> runs(Slot current) const;
  /// 288 letters.
  std::string bar(Slot current) const;

  struct Counts {
    std::int64_t ok = 0;
    std::int64_t miss = 0;
    std::int64_t resent = 0;
    std::vector<nanoseconds> rtts;  ///< sorted; those of resent echoes left out
  };
  /// Of so many slots that end with the window.
  Counts counts(Slot current, std::int64_t slots) const;

 private:
  std::int64_t most_behind() const;

  SlotWidth width_;
  nanoseconds limit_;
  std::map<Slot, KnownSlot> slots_;
};

}  // namespace echomesh::world
