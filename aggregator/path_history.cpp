#include "aggregator/path_history.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <limits>

namespace echomesh::aggregator {
namespace {

/// Slots that a ring holds beyond its window, so that a window that ends before the head is still
/// whole: the longest limit is 60 slots of 1 s.
constexpr std::int64_t kSpareSlots = 80;

/// The 24 h of the RTT history end with the latest whole bucket of 300 s.
std::int64_t bucket_slots(SlotWidth width) {
  return std::chrono::seconds{300} / width.value;
}

std::size_t ring_index(Slot slot, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  return static_cast<std::size_t>(((slot.number % length) + length) % length);
}

std::uint32_t to_us(Rtt rtt) {
  const auto us = std::chrono::round<std::chrono::microseconds>(rtt.value).count();
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(us, 1, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

PathHistory::PathHistory(SlotWidth width)
    : width_(width),
      window_slots_(slots_per_day(width)),
      hour_slots_(window_slots_ / 24),
      head_{std::numeric_limits<std::int64_t>::min() / 2},
      cells_(static_cast<std::size_t>(window_slots_ + bucket_slots(width) + kSpareSlots)),
      exact_rtt_us_(static_cast<std::size_t>(hour_slots_ + kSpareSlots)) {}

Slot PathHistory::oldest_kept() const {
  return head_ - (static_cast<std::int64_t>(cells_.size()) - 1);
}

SlotCell& PathHistory::cell(Slot slot) {
  return cells_[ring_index(slot, cells_.size())];
}

std::uint32_t& PathHistory::exact(Slot slot) {
  return exact_rtt_us_[ring_index(slot, exact_rtt_us_.size())];
}

void PathHistory::forget(Slot slot) {
  cell(slot) = SlotCell{};
  exact(slot) = 0;
}

void PathHistory::advance(Slot current) {
  if (current <= head_) {
    return;
  }
  const auto ring = static_cast<std::int64_t>(cells_.size());
  const Slot first_new = std::max(head_ + 1, current - (ring - 1));
  for (Slot slot = first_new; slot <= current; slot = slot + 1) {
    forget(slot);
  }
  head_ = current;
}

bool PathHistory::join(Slot slot, const EchoEntry& entry, nanoseconds slow_from) {
  advance(slot);
  if (!covers(slot)) {
    return false;
  }
  auto& known = cell(slot);
  const auto joined = known.join(SlotCell::of(entry, slow_from));
  const bool changed = joined != known;
  known = joined;
  if (const auto* ok = std::get_if<Ok>(&entry.outcome);
      ok != nullptr && head_ - slot < static_cast<std::int64_t>(exact_rtt_us_.size())) {
    exact(slot) = std::max(exact(slot), to_us(ok->rtt));
  }
  latest_ = std::max(latest_.value_or(slot), slot);
  return changed;
}

SlotCell PathHistory::at(Slot slot) const {
  return covers(slot) ? cells_[ring_index(slot, cells_.size())] : SlotCell{};
}

std::optional<nanoseconds> PathHistory::exact_rtt(Slot slot) const {
  const bool kept = slot <= head_ && head_ - slot < static_cast<std::int64_t>(exact_rtt_us_.size());
  if (!kept || at(slot).rtt().number() == 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds{exact_rtt_us_[ring_index(slot, exact_rtt_us_.size())]};
}

std::optional<Slot> PathHistory::latest() const {
  return latest_ && covers(*latest_) ? latest_ : std::nullopt;
}

Slot PathHistory::window_end(Slot current, std::int64_t settling) const {
  const Slot settled = current - settling;
  return latest_ ? std::max(*latest_, settled) : settled;
}

PathNow PathHistory::now(Slot current, std::int64_t max_behind) const {
  for (Slot slot = current; current - slot <= max_behind; slot = slot - 1) {
    const auto known = at(slot);
    if (known.is_known()) {
      return {known.state(), known.cause(), slot, known.void_cause(), exact_rtt(slot)};
    }
  }
  return {};
}

std::optional<Slot> PathHistory::since(Slot current, std::int64_t max_behind) const {
  const auto shown = now(current, max_behind);
  if (shown.latest) {
    return since_known(*shown.latest, shown.state, max_behind);
  }
  if (!latest()) {
    return std::nullopt;
  }
  Slot last = std::min(*latest(), current);
  while (!at(last).is_known()) {  // the latest may be ahead of the current one
    if (last < oldest_kept()) {
      return std::nullopt;
    }
    last = last - 1;
  }
  // Unknown because nothing came: from the slot after the last outcome, unless that outcome said
  // nothing either.
  if (at(last).state() == LocationState::unknown) {
    return since_known(last, LocationState::unknown, max_behind);
  }
  return last + 1;
}

Slot PathHistory::since_known(Slot latest, LocationState state, std::int64_t max_behind) const {
  Slot first = latest;
  for (Slot slot = latest - 1; slot >= oldest_kept() && first - slot <= max_behind + 1;
       slot = slot - 1) {
    const auto known = at(slot);
    if (!known.is_known()) {
      continue;
    }
    if (known.state() != state) {
      break;
    }
    first = slot;
  }
  return first;
}

}  // namespace echomesh::aggregator
