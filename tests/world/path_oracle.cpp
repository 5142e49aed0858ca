#include "tests/world/path_oracle.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace echomesh::world {
namespace {

constexpr std::chrono::milliseconds kSlowFrom{1000};
constexpr std::int64_t kBarLetters = 288;

// "of two causes the first of denied, refused, tls, dns, connect, lost, timeout"
constexpr std::array kFirstCause{MissCause::denied, MissCause::refused, MissCause::tls,
                                 MissCause::dns,    MissCause::connect, MissCause::lost,
                                 MissCause::timeout};
// "unwitnessed over blind over stalled"
constexpr std::array kFirstVoid{VoidCause::unwitnessed, VoidCause::blind, VoidCause::stalled};
// "i over s over m over a over u"
constexpr std::string_view kWorst = "ismau";

template <class Order, class Cause>
Cause first_of(const Order& order, std::optional<Cause> known, Cause other) {
  return *std::find_if(order.begin(), order.end(),
                       [&](Cause each) { return each == other || each == known; });
}

char letter_of(LocationState state) {
  return "asium"[static_cast<std::size_t>(state)];
}

}  // namespace

void KnownSlot::join(const EchoEntry& entry) {
  if (const auto* ok = std::get_if<Ok>(&entry.outcome)) {
    rtt = std::max(rtt.value_or(ok->rtt.value), ok->rtt.value);  // "of two RTTs the larger"
  } else if (const auto* missed = std::get_if<Miss>(&entry.outcome)) {
    miss = first_of(kFirstCause, miss, missed->cause);
  } else if (const auto* voided = std::get_if<Void>(&entry.outcome)) {
    nothing = first_of(kFirstVoid, nothing, voided->cause);
  } else {
    is_late = true;
  }
  is_resent = is_resent || entry.resent;  // "flags join by or"
}

// "miss over ok over void over nothing ... `late_ms` counts only where nothing else is known of the
// slot (then a miss by timeout) ... Nothing known is `unknown`"
ShownState PathOracle::at(Slot slot) const {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) {
    return {};
  }
  const auto& known = found->second;
  if (known.miss) {
    return {LocationState::inaccessible, std::string(to_string(*known.miss)), {}};
  }
  if (known.rtt) {
    // "`slow` (RTT at or above `slow_ms`, 1000)"
    // "it may make the slot `slow`, and it enters no other RTT figure"
    return {*known.rtt >= kSlowFrom ? LocationState::slow : LocationState::accessible, "",
            known.is_resent ? std::nullopt : known.rtt};
  }
  if (known.nothing) {
    return {LocationState::unknown, std::string(to_string(*known.nothing)), {}};
  }
  return {LocationState::inaccessible, "timeout", {}};
}

// "`unknown` once that slot is more than 3 behind (more for limits over one slot: 2 +
// ceil(limit/slot))"
std::int64_t PathOracle::most_behind() const {
  if (slots_.empty()) {
    return 3;  // its reports will tell the limit
  }
  const nanoseconds width = width_.value;
  return std::max<std::int64_t>(3, 2 + (limit_ + width - nanoseconds{1}) / width);
}

// "a location's state is that of its latest slot with an outcome, not later than the current one"
ShownState PathOracle::now(Slot current) const {
  const auto later = slots_.upper_bound(current);
  if (later == slots_.begin() || current - std::prev(later)->first > most_behind()) {
    return {};
  }
  return at(std::prev(later)->first);
}

// "24 h of slots, ending with the later of the path's latest slot with an outcome and the current
// one minus 4 (minus more for longer limits)"
Slot PathOracle::window_end(Slot current) const {
  const Slot silent_end = current - (most_behind() + 1);
  return slots_.empty() ? silent_end : std::max(silent_end, slots_.rbegin()->first);
}

// "`runs` lists all that is not accessible, oldest first, touching runs of the same state and cause
// joined"
std::vector<PathOracle::Run> PathOracle::runs(Slot current) const {
  std::vector<Run> runs;
  const Slot end = window_end(current);
  const Slot from = end + 1 - window_slots();
  const auto add = [&](Slot slot, std::int64_t slots, const ShownState& shown) {
    if (slots <= 0 || shown.state == LocationState::accessible) {
      return;
    }
    const std::int64_t offset = slot - from;
    if (!runs.empty() && runs.back().offset + runs.back().slots == offset &&
        runs.back().state == shown.state && runs.back().cause == shown.cause) {
      runs.back().slots += slots;
    } else {
      runs.push_back({offset, slots, shown.state, shown.cause});
    }
  };
  Slot next = from;
  for (auto known = slots_.lower_bound(from); known != slots_.end(); ++known) {
    add(next, known->first - next, {});
    add(known->first, 1, at(known->first));
    next = known->first + 1;
  }
  add(next, end + 1 - next, {});
  return runs;
}

// "`bar`: 288 letters from `from_ms`, the worst state of each 288th (`a`, `s`, `i`, `u`, `m`; i
// over s over m over a over u)"
std::string PathOracle::bar(Slot current) const {
  const Slot from = window_end(current) + 1 - window_slots();
  const std::int64_t slots = window_slots() / kBarLetters;
  std::string bar(static_cast<std::size_t>(kBarLetters), 'u');
  for (auto known = slots_.lower_bound(from); known != slots_.end(); ++known) {
    char& letter = bar[static_cast<std::size_t>((known->first - from) / slots)];
    const char here = letter_of(at(known->first).state);
    letter = kWorst.find(here) < kWorst.find(letter) ? here : letter;
  }
  return bar;
}

PathOracle::Counts PathOracle::counts(Slot current, std::int64_t slots) const {
  Counts counts;
  for (auto known = slots_.lower_bound(window_end(current) + 1 - slots); known != slots_.end();
       ++known) {
    const auto shown = at(known->first);
    counts.miss += shown.state == LocationState::inaccessible ? 1 : 0;
    counts.resent += known->second.is_resent ? 1 : 0;
    counts.ok +=
        shown.state == LocationState::accessible || shown.state == LocationState::slow ? 1 : 0;
    if (shown.rtt) {
      counts.rtts.push_back(*shown.rtt);
    }
  }
  std::sort(counts.rtts.begin(), counts.rtts.end());
  return counts;
}

}  // namespace echomesh::world
