/// What is known of each slot of a path, dense: the newest slots, the last hour of them with exact
/// RTTs. Outside of it nothing is known.
///
///   oldest() ......................................... head()
///   |  cells                    |  cells and exact RTTs  |
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "aggregator/slot_cell.hpp"
#include "proto/time.hpp"

namespace echomesh::aggregator {

class SlotRing {
 public:
  SlotRing(std::int64_t slots, std::int64_t exact_slots)
      : cells_(static_cast<std::size_t>(slots)), exact_us_(static_cast<std::size_t>(exact_slots)) {}

  std::int64_t slots() const { return static_cast<std::int64_t>(cells_.size()); }
  std::int64_t exact_slots() const { return static_cast<std::int64_t>(exact_us_.size()); }
  Slot head() const { return head_; }
  Slot oldest() const { return head_ - (slots() - 1); }
  bool covers(Slot slot) const { return slot <= head_ && slot >= oldest(); }
  bool covers_exact(Slot slot) const { return slot <= head_ && head_ - slot < exact_slots(); }

  SlotCell at(Slot slot) const { return covers(slot) ? cells_[place(slot)] : SlotCell{}; }
  /// The exact RTT by the rules of SlotCell::rtt, in microseconds; 0: none.
  std::uint32_t exact_us(Slot slot) const {
    return covers_exact(slot) && at(slot).rtt().number() > 0 ? exact_us_[exact_place(slot)] : 0;
  }

  /// Where a slot is kept. REQUIRES: covers(slot); it is good until the ring moves on.
  std::size_t place(Slot slot) const { return back_from(head_place_, head_ - slot, cells_.size()); }
  /// The same for exact RTTs. REQUIRES: covers_exact(slot)
  std::size_t exact_place(Slot slot) const {
    return back_from(exact_head_place_, head_ - slot, exact_us_.size());
  }
  std::span<const std::uint32_t> exact_by_place() const { return exact_us_; }

  /// REQUIRES: covers(slot)
  void put(Slot slot, SlotCell cell) { cells_[place(slot)] = cell; }
  /// Of two RTTs the larger stays. REQUIRES: covers_exact(slot)
  void put_exact(Slot slot, std::uint32_t us) {
    auto& known = exact_us_[exact_place(slot)];
    known = std::max(known, us);
  }
  /// One slot on: the oldest is forgotten, nothing is known of the new one.
  void push() {
    head_ = head_ + 1;
    head_place_ = head_place_ + 1 == cells_.size() ? 0 : head_place_ + 1;
    exact_head_place_ = exact_head_place_ + 1 == exact_us_.size() ? 0 : exact_head_place_ + 1;
    cells_[head_place_] = SlotCell{};
    exact_us_[exact_head_place_] = 0;
  }
  /// All is forgotten.
  void restart(Slot head) {
    head_ = head;
    std::fill(cells_.begin(), cells_.end(), SlotCell{});
    std::fill(exact_us_.begin(), exact_us_.end(), 0U);
  }

 private:
  static std::size_t back_from(std::size_t head_place, std::int64_t behind, std::size_t size) {
    const auto back = static_cast<std::size_t>(behind);
    return head_place >= back ? head_place - back : head_place + size - back;
  }

  Slot head_{std::numeric_limits<std::int64_t>::min() / 2};  ///< the newest slot
  std::size_t head_place_ = 0;
  std::size_t exact_head_place_ = 0;
  std::vector<SlotCell> cells_;
  std::vector<std::uint32_t> exact_us_;  ///< 0: none
};

}  // namespace echomesh::aggregator
