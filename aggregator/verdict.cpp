#include "aggregator/verdict.hpp"

#include <algorithm>
#include <cmath>

namespace echomesh::aggregator {
namespace {

/// Fewer places than this cannot speak for a platform that no one could reach.
constexpr std::int64_t kMinUnwitnessed = 3;
/// One place alone is its own trouble.
constexpr std::int64_t kMinOutage = 2;

/// part / whole >= share, without the rounding of a division. REQUIRES: whole > 0
bool is_at_least(std::int64_t part, std::int64_t whole, double share) {
  constexpr double kScale = 1e6;
  const std::int64_t least = std::max(1LL, std::llround(share * kScale));  // none is no share
  return part * static_cast<std::int64_t>(kScale) >= least * whole;
}

/// The one vote of a group.
Vote vote_of(const Tally& members) {
  const auto judging = members.judging();
  if (judging == 0) {
    return members.unwitnessed > 0 ? Vote::unwitnessed : Vote::none;
  }
  if (2 * members.inaccessible > judging) {
    return Vote::inaccessible;
  }
  return 2 * (members.inaccessible + members.slow) > judging ? Vote::slow : Vote::accessible;
}

}  // namespace

void Tally::add(Vote vote, std::int64_t count) {
  switch (vote) {
    case Vote::none:
      break;
    case Vote::accessible:
      accessible += count;
      break;
    case Vote::slow:
      slow += count;
      break;
    case Vote::inaccessible:
      inaccessible += count;
      break;
    case Vote::unwitnessed:
      unwitnessed += count;
      break;
  }
}

RegionState judge(const Tally& tally, const VerdictPolicy& policy) {
  const auto judging = tally.judging();
  const auto down = tally.inaccessible;
  const auto silent = tally.unwitnessed;
  if (silent > 0 && silent + down >= kMinUnwitnessed &&
      is_at_least(silent + down, judging + silent, policy.major)) {
    return RegionState::major_outage;
  }
  if (judging == 0 || judging < policy.min_judging || 2 * judging < policy.expected_votes) {
    return RegionState::unknown;
  }
  if (is_at_least(down, judging, policy.major)) {
    return RegionState::major_outage;
  }
  if (down >= kMinOutage && is_at_least(down, judging, policy.partial)) {
    return RegionState::partial_outage;
  }
  if (down + tally.slow >= kMinOutage && is_at_least(down + tally.slow, judging, policy.degraded)) {
    return RegionState::degraded_performance;
  }
  return RegionState::operational;
}

void Ballot::change(GroupIndex group, Vote before, Vote after) {
  if (group == kNoGroup) {
    tally_.add(before, -1);
    tally_.add(after, 1);
    return;
  }
  auto& members = groups_.at(group);
  tally_.add(vote_of(members), -1);
  members.add(before, -1);
  members.add(after, 1);
  tally_.add(vote_of(members), 1);
}

}  // namespace echomesh::aggregator
