/// The state of a region, judged from the votes of all its judging locations.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/states.hpp"

namespace echomesh::aggregator {

/// Shares are of the judging votes, 0 to 1.
struct VerdictPolicy {
  double major = 0.5;
  double partial = 0.2;
  double degraded = 0.2;
  /// Fewer judging votes than this tell nothing.
  std::int64_t min_judging = 1;
  /// The votes that the settings expect; 0: whoever reports, votes.
  std::int64_t expected_votes = 0;

  bool operator==(const VerdictPolicy&) const = default;
};

/// What one voter says of a region in a slot.
enum class Vote { none, accessible, slow, inaccessible, unwitnessed };

struct Tally {
  std::int64_t accessible = 0;
  std::int64_t slow = 0;
  std::int64_t inaccessible = 0;
  std::int64_t unwitnessed = 0;

  std::int64_t judging() const { return accessible + slow + inaccessible; }
  void add(Vote vote, std::int64_t count);
  bool operator==(const Tally&) const = default;
};

RegionState judge(const Tally& tally, const VerdictPolicy& policy);

/// Who votes as what: alone, or as one of a group whose members have one vote together.
using GroupIndex = std::size_t;
constexpr GroupIndex kNoGroup = static_cast<GroupIndex>(-1);

/// Counts the votes on one region as they change, in O(1) a change.
class Ballot {
 public:
  explicit Ballot(std::size_t groups) : groups_(groups) {}

  /// A voter that said `before` (none, if it is new) says `after` now.
  void change(GroupIndex group, Vote before, Vote after);
  const Tally& tally() const { return tally_; }

 private:
  std::vector<Tally> groups_;
  Tally tally_;
};

}  // namespace echomesh::aggregator
