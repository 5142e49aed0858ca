#include "agent/blindness.hpp"

#include <algorithm>
#include <cassert>

namespace echomesh::agent {
namespace {

/// So many tries in succession without an answer are no accident.
constexpr int kEnough = 2;

}  // namespace

Blindness::Blindness(nanoseconds limit, std::size_t regions, bool has_witnesses)
    : limit_(limit), has_witnesses_(has_witnesses), heard_(regions) {
  assert(limit > nanoseconds{0} && regions > 0);
}

bool Blindness::Try::is_answered_for(RegionIndex region) const {
  return by_witness || (by && (*by != region || by_several));
}

void Blindness::due(MonoTime at) {
  if (!can_ask() || (!ticks_.empty() && at <= ticks_.back().due)) {
    return;
  }
  std::erase_if(ticks_, [&](const auto& tick) { return tick.due + 2 * limit_ < at; });
  ticks_.push_back({at, 0, {}});
}

/// A try that cannot have half its time is left out: silence in it would tell nothing.
bool Blindness::begin_tries(Tick& tick, MonoTime now) const {
  bool has_begun = false;
  while (tick.tries_begun < kTries && start_of(tick, tick.tries_begun) <= now) {
    const int number = tick.tries_begun++;
    const MonoTime end = start_of(tick, number + 1);
    if (end - now >= limit_ / kFifths / 2) {
      tick.tries.at(static_cast<std::size_t>(number)) = Try{now, end};
      has_begun = true;
    }
  }
  return has_begun;
}

std::optional<std::vector<RegionIndex>> Blindness::ask(MonoTime now, const IsOverdue& is_overdue) {
  std::vector<RegionIndex> overdue;
  for (auto& tick : ticks_) {
    if (tick.tries_begun == kTries || now < start_of(tick, tick.tries_begun)) {
      continue;
    }
    std::vector<RegionIndex> of_tick;
    for (RegionIndex region = 0; region < heard_.size(); ++region) {
      if (is_overdue(region, tick.due)) {
        of_tick.push_back(region);
      }
    }
    if (of_tick.empty()) {
      tick.tries_begun = kTries;  // all of it is back
    } else if (begin_tries(tick, now)) {
      overdue.insert(overdue.end(), of_tick.begin(), of_tick.end());
    }
  }
  if (overdue.empty()) {
    return std::nullopt;
  }
  return has_witnesses_ ? std::vector<RegionIndex>{} : all_but(overdue);
}

/// One region that is overdue is not asked about itself; of several, each may speak for the others.
std::vector<RegionIndex> Blindness::all_but(const std::vector<RegionIndex>& overdue) const {
  const bool is_one = std::all_of(overdue.begin(), overdue.end(),
                                  [&](RegionIndex region) { return region == overdue[0]; });
  std::vector<RegionIndex> others;
  for (RegionIndex region = 0; region < heard_.size(); ++region) {
    if (!is_one || region != overdue[0]) {
      others.push_back(region);
    }
  }
  return others;
}

template <class Mark>
void Blindness::mark_tries(MonoTime now, Mark mark) {
  for (auto& tick : ticks_) {
    for (auto& attempt : tick.tries) {
      if (attempt && attempt->from <= now && now <= attempt->to) {
        mark(*attempt);
      }
    }
  }
}

void Blindness::region_heard(RegionIndex region, MonoTime now) {
  heard_.at(region) = now;
  mark_tries(now, [region](Try& attempt) {
    attempt.by_several = attempt.by_several || (attempt.by && *attempt.by != region);
    attempt.by = attempt.by.value_or(region);
  });
}

void Blindness::witness_heard(MonoTime now) {
  mark_tries(now, [](Try& attempt) { attempt.by_witness = true; });
}

void Blindness::stalled(const Gap& gap) {
  for (auto& tick : ticks_) {
    for (auto& attempt : tick.tries) {
      if (attempt && attempt->from < gap.to && gap.from < attempt->to) {
        attempt->was_watched = false;
      }
    }
  }
}

std::optional<VoidCause> Blindness::excuse(RegionIndex region, MonoTime due) const {
  const auto tick = std::find_if(ticks_.begin(), ticks_.end(),
                                 [due](const auto& each) { return each.due == due; });
  if (tick == ticks_.end() || (heard_.at(region) && *heard_.at(region) >= due)) {
    return std::nullopt;
  }
  int in_succession = 0;
  for (const auto& attempt : tick->tries) {
    if (attempt && attempt->is_answered_for(region)) {
      in_succession = 0;
    } else if (attempt && attempt->was_watched && ++in_succession == kEnough) {
      break;
    }
  }
  if (in_succession < kEnough) {
    return std::nullopt;
  }
  return has_witnesses_ ? VoidCause::blind : VoidCause::unwitnessed;
}

std::optional<MonoTime> Blindness::next_try() const {
  std::optional<MonoTime> next;
  for (const auto& tick : ticks_) {
    if (tick.tries_begun < kTries) {
      const MonoTime start = start_of(tick, tick.tries_begun);
      next = std::min(next.value_or(start), start);
    }
  }
  return next;
}

}  // namespace echomesh::agent
