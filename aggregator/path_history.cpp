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

std::uint32_t to_us(Rtt rtt) {
  const auto us = std::chrono::round<std::chrono::microseconds>(rtt.value).count();
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(us, 1, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

PathHistory::PathHistory(SlotWidth width)
    : width_(width),
      window_slots_(slots_per_day(width)),
      ring_(window_slots_ + bucket_slots(width) + kSpareSlots, window_slots_ / 24 + kSpareSlots),
      changes_(static_cast<std::size_t>(ring_.slots())),
      statistics_(width) {}

void PathHistory::advance(Slot current) {
  if (current <= ring_.head()) {
    return;
  }
  if (current - ring_.head() >= ring_.slots()) {
    ring_.restart(current);
    changes_.clear();
    statistics_ = RunningStatistics(width_);
    return;
  }
  while (ring_.head() < current) {
    push();
  }
}

void PathHistory::push() {
  // What is forgotten must not be in the window of the figures any more.
  const Slot least_end = ring_.head() + 1 - kSpareSlots;
  if (const auto end = statistics_.end(); end && *end < least_end) {
    statistics_.move_to(ring_, least_end);
  }
  ring_.push();
  mark(ring_.head());
}

bool PathHistory::join(Slot slot, const EchoEntry& entry, nanoseconds slow_from) {
  advance(slot);
  if (!ring_.covers(slot)) {
    return false;
  }
  const auto known = ring_.at(slot);
  const auto joined = known.join(SlotCell::of(entry, slow_from));
  statistics_.leave(ring_, slot);
  ring_.put(slot, joined);
  if (const auto* ok = std::get_if<Ok>(&entry.outcome); ok != nullptr && ring_.covers_exact(slot)) {
    ring_.put_exact(slot, to_us(ok->rtt));
  }
  statistics_.enter(ring_, slot);
  mark(slot);
  if (slot < ring_.head()) {
    mark(slot + 1);
  }
  latest_ = std::max(latest_.value_or(slot), slot);
  return joined != known;
}

void PathHistory::mark(Slot slot) {
  changes_.set(ring_.place(slot), !ring_.at(slot).looks_like(ring_.at(slot - 1)));
}

Slot PathHistory::same_until(Slot slot, Slot past) const {
  if (slot < oldest_kept()) {
    return std::min(past, oldest_kept());
  }
  const Slot past_kept = std::min(past, ring_.head() + 1);
  const Slot next = slot + 1;
  if (next >= past_kept) {
    return slot > ring_.head() ? past : next;
  }
  const auto count = static_cast<std::size_t>(past_kept - next);
  return next + static_cast<std::int64_t>(changes_.unmarked_from(ring_.place(next), count));
}

Slot PathHistory::same_since(Slot slot) const {
  const auto count = static_cast<std::size_t>(slot - oldest_kept());
  return slot - static_cast<std::int64_t>(changes_.unmarked_down_from(ring_.place(slot), count));
}

std::optional<nanoseconds> PathHistory::exact_rtt(Slot slot) const {
  const auto us = ring_.exact_us(slot);
  return us != 0 ? std::optional<nanoseconds>(std::chrono::microseconds{us}) : std::nullopt;
}

PathStatistics PathHistory::statistics(Slot end) {
  statistics_.move_to(ring_, end);
  return statistics_.read(ring_);
}

std::optional<Slot> PathHistory::latest() const {
  return latest_ && ring_.covers(*latest_) ? latest_ : std::nullopt;
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
  Slot first = same_since(latest);
  for (Slot slot = first - 1; slot >= oldest_kept() && first - slot <= max_behind + 1;) {
    const auto known = at(slot);
    const Slot begin = same_since(slot);
    if (known.is_known()) {
      if (known.state() != state) {
        break;
      }
      first = begin;
    }
    slot = begin - 1;
  }
  return first;
}

}  // namespace echomesh::aggregator
