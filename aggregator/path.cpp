#include "aggregator/path.hpp"

#include <algorithm>
#include <utility>

#include "aggregator/timeline_view.hpp"

namespace echomesh::aggregator {
namespace {

/// All of a timeline document but its runs, at its longest: 32-byte ids, a revision of 19 digits,
/// the 288 letters.
constexpr std::size_t kTimelineFrameBytes = 700;
constexpr std::size_t kMaxRunsBytes = kMaxRetainedBytes - kTimelineFrameBytes;

}  // namespace

Path::Path(RegionIndex region, LocationId location, Voter voter, SlotWidth width)
    : region_(region),
      location_(std::move(location)),
      voter_(voter),
      history_(width),
      buckets_(kRttBucket / width.value, kRttBuckets) {}

std::int64_t Path::max_behind() const {
  const std::chrono::milliseconds width = history_.width().value;
  const auto limit = told_in_ ? told_.limit : width;
  return 2 + (limit + width - std::chrono::milliseconds{1}) / width;
}

Vote Path::vote() const {
  if (!voter_.has_vote) {
    return Vote::none;
  }
  switch (now_.state) {
    case LocationState::accessible:
      return Vote::accessible;
    case LocationState::slow:
      return Vote::slow;
    case LocationState::inaccessible:
      return Vote::inaccessible;
    case LocationState::unknown:
    case LocationState::maintenance:
      break;
  }
  return now_.voided == VoidCause::unwitnessed ? Vote::unwitnessed : Vote::none;
}

bool Path::take(const EchoEntry& entry, Slot slot, std::chrono::milliseconds limit) {
  if (!told_in_ || slot >= *told_in_) {
    // Of one slot's reports the most counts, so that their order does not.
    const Told before = told_in_ == slot ? told_ : Told{};
    told_ = {std::max(before.limit, limit), std::max(before.addresses, entry.addresses),
             std::max(before.addresses_dead, entry.addresses_dead)};
    told_in_ = slot;
  }
  const auto before = history_.at(slot);
  if (history_.join(slot, entry, voter_.slow_from)) {
    buckets_.forget(slot);
  }
  const auto after = history_.at(slot);
  const bool looks_different = before.state() != after.state() || before.cause() != after.cause();
  const bool was_shown =
      shown_end_ && slot <= *shown_end_ && *shown_end_ - slot < history_.window_slots();
  if (looks_different && was_shown) {
    is_revised_ = true;
  }
  return looks_different && was_shown;
}

bool Path::refresh(Slot current) {
  history_.advance(current);
  const auto before = std::exchange(now_, history_.now(current, max_behind()));
  return before.state != now_.state;
}

LocationSummary Path::summary(const RegionId& region, const AgentGlance& agent, Slot current,
                              Stamp stamp) {
  const auto statistics = history_.statistics(window_end(current));
  LocationSummary summary{stamp, region, location_, agent.place};
  summary.state = now_.state;
  if (!now_.cause.empty()) {
    summary.cause = std::string(now_.cause);
  } else if (!told_in_) {
    summary.cause = "never_reported";
  }
  if (const auto since = history_.since(current, max_behind())) {
    summary.since = slot_start(*since, history_.width());
  }
  summary.rtt = now_.rtt;
  summary.rtt_p50_1h = statistics.rtt_p50_1h;
  summary.rtt_p95_1h = statistics.rtt_p95_1h;
  summary.rtt_max_1h = statistics.rtt_max_1h;
  summary.jitter_1h = statistics.jitter_1h;
  summary.loss_1h = statistics.loss_1h;
  summary.rtt_usual = statistics.rtt_usual;
  summary.elevated = statistics.elevated;
  summary.accessible_24h = statistics.accessible_24h;
  summary.coverage_24h = statistics.coverage_24h;
  summary.resent_24h = statistics.resent_24h;
  summary.addresses = told_.addresses;
  summary.addresses_dead = told_.addresses_dead;
  summary.clock_error = agent.clock_error;
  return summary;
}

Timeline Path::timeline(const RegionId& region, Slot current, Stamp stamp) {
  auto view = timeline_view(history_, window_end(current), kMaxRunsBytes);
  rev_ += std::exchange(is_revised_, false) ? 1 : 0;
  shown_end_ = view.past_end - 1;
  return {stamp,
          rev_,
          region,
          location_,
          history_.width(),
          view.from,
          view.past_end,
          view.resolution_slots,
          std::move(view.runs),
          std::move(view.bar)};
}

RttHistory Path::rtt_history(const RegionId& region, UtcTime now, Stamp stamp) {
  const SlotWidth bucket{kRttBucket};
  const UtcTime end = slot_start(slot_of(now, bucket), bucket);
  const UtcTime from = end - kRttBucket * static_cast<std::int64_t>(kRttBuckets);
  auto buckets = buckets_.read(history_, slot_of(from, history_.width()));
  return {stamp, region, location_, from, std::move(buckets.p50), std::move(buckets.p95)};
}

}  // namespace echomesh::aggregator
