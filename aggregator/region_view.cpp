#include "aggregator/region_view.hpp"

#include <utility>

namespace echomesh::aggregator {

void RegionView::found_retained(const RegionGlance& glance) {
  if (!published_) {
    state_ = glance.state;
    since_ = glance.since;
    published_ = glance.at;
  }
}

void RegionView::hold(UtcTime now) {
  held_ = true;
  const bool is_young =
      published_ && *published_ <= now + kMaxHeldAge && now - *published_ < kMaxHeldAge;
  if (!is_young) {
    show(RegionState::unknown, now);
  }
}

bool RegionView::show(RegionState state, UtcTime since) {
  if (state == state_ && since_) {
    return false;
  }
  since_ = since;
  return std::exchange(state_, state) != state;
}

bool RegionView::refresh(const VerdictPolicy& policy, UtcTime now) {
  return !held_ && show(judge(ballot_.tally(), policy), now);
}

RegionSummary RegionView::summary(const Views& views, std::int64_t blind, bool self_reported,
                                  Stamp stamp) {
  published_ = stamp.at;
  const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  RegionSummary summary{stamp,  known_.id, known_.name, known_.latitude, known_.longitude,
                        state_, since_};
  summary.accessible = count(views.accessible);
  summary.slow = count(views.slow);
  summary.inaccessible = count(views.inaccessible);
  summary.unknown = count(views.unknown);
  summary.judging = summary.accessible + summary.slow + summary.inaccessible;
  summary.locations = summary.judging + summary.unknown;
  summary.blind = blind;
  summary.scope = scope_sentence(known_.id, views);
  summary.self_reported = self_reported;
  return summary;
}

}  // namespace echomesh::aggregator
