#include "tests/world/region_oracle.hpp"

#include <algorithm>

namespace echomesh::world {

RegionState verdict_on(const std::vector<ShownState>& votes,
                       const aggregator::VerdictPolicy& policy) {
  const auto count = [&](LocationState state) {
    return static_cast<double>(std::count_if(
        votes.begin(), votes.end(), [&](const auto& vote) { return vote.state == state; }));
  };
  // "Judging locations: those with an ok or miss outcome in that slot ... J their number, D the
  // inaccessible and S the slow ones among them, U the unwitnessed ones beside them."
  const double d = count(LocationState::inaccessible);
  const double s = count(LocationState::slow);
  const double j = count(LocationState::accessible) + s + d;
  const auto u = static_cast<double>(std::count_if(
      votes.begin(), votes.end(), [](const auto& vote) { return vote.cause == "unwitnessed"; }));
  // "2. U + D >= 3 and (U + D)/(J + U) >= `major`, with U > 0: `major_outage`"
  if (u > 0 && u + d >= 3 && (u + d) / (j + u) >= policy.major) {
    return RegionState::major_outage;
  }
  // "3. J < `min_judging`, or, where the settings list entries, J under half of them: `unknown`"
  if (j < static_cast<double>(policy.min_judging) ||
      2 * j < static_cast<double>(policy.expected_votes) || j == 0) {
    return RegionState::unknown;
  }
  // "4. D/J >= `major` (0.5): `major_outage`; 5. D >= 2 and D/J >= `partial` (0.2):
  // `partial_outage`; 6. D + S >= 2 and (D + S)/J >= `degraded` (0.2): `degraded_performance`;
  // 7. `operational`."
  if (d / j >= policy.major) {
    return RegionState::major_outage;
  }
  if (d >= 2 && d / j >= policy.partial) {
    return RegionState::partial_outage;
  }
  if (d + s >= 2 && (d + s) / j >= policy.degraded) {
    return RegionState::degraded_performance;
  }
  return RegionState::operational;
}

}  // namespace echomesh::world
