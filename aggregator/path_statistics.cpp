#include "aggregator/path_statistics.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "aggregator/nearest_rank.hpp"

namespace echomesh::aggregator {
namespace {

using std::chrono::microseconds;

/// `elevated`: the last minute's median is over twice the usual, and over 30 ms above it.
constexpr std::chrono::milliseconds kElevatedBy{30};

}  // namespace

RunningStatistics::RunningStatistics(SlotWidth width)
    : width_(width),
      day_slots_(slots_per_day(width)),
      hour_slots_(day_slots_ / 24),
      minute_slots_(std::chrono::seconds{60} / width.value),
      rtts_(static_cast<std::size_t>(hour_slots_)) {}

void RunningStatistics::leave(const SlotRing& ring, Slot slot) {
  if (!end_ || !is_in_day(slot)) {
    return;
  }
  count_day(ring.at(slot), -1);
  if (is_in_hour(slot)) {
    count_pairs(ring, slot, -1);
    count_hour(ring, slot, -1);
  }
}

void RunningStatistics::enter(const SlotRing& ring, Slot slot) {
  if (!end_ || !is_in_day(slot)) {
    return;
  }
  count_day(ring.at(slot), 1);
  if (is_in_hour(slot)) {
    count_hour(ring, slot, 1);
    count_pairs(ring, slot, 1);
  }
}

void RunningStatistics::count_day(SlotCell cell, int sign) {
  ok_ += cell.is_ok() ? sign : 0;
  missed_ += cell.is_miss() ? sign : 0;
  resent_ += cell.is_resent() ? sign : 0;
  if (const auto level = cell.rtt(); level.number() > 0) {
    sign > 0 ? levels_.add(level) : levels_.remove(level);
  }
}

void RunningStatistics::count_hour(const SlotRing& ring, Slot slot, int sign) {
  const auto cell = ring.at(slot);
  loss_.whole += cell.is_ok() || cell.is_miss() ? sign : 0;
  loss_.part += cell.is_miss() ? sign : 0;
  if (ring.exact_us(slot) != 0) {
    const auto place = ring.exact_place(slot);
    sign > 0 ? rtts_.add(ring.exact_by_place(), place) : rtts_.remove(ring.exact_by_place(), place);
  }
}

/// The pairs that a slot of the hour makes with its neighbours.
void RunningStatistics::count_pairs(const SlotRing& ring, Slot slot, int sign) {
  if (is_in_hour(slot - 1)) {
    count_pair(ring, slot, sign);
  }
  if (is_in_hour(slot + 1)) {
    count_pair(ring, slot + 1, sign);
  }
}

void RunningStatistics::count_pair(const SlotRing& ring, Slot later, int sign) {
  const std::int64_t first = ring.exact_us(later - 1);
  const std::int64_t second = ring.exact_us(later);
  if (first != 0 && second != 0) {
    jitter_us_ += sign * std::abs(second - first);
    jitter_pairs_ += sign;
  }
}

void RunningStatistics::read_anew(const SlotRing& ring, Slot end) {
  *this = RunningStatistics(width_);
  end_ = end;
  for (Slot slot = end - (day_slots_ - 1); slot <= end; slot = slot + 1) {
    count_day(ring.at(slot), 1);
    if (is_in_hour(slot)) {
      count_hour(ring, slot, 1);
    }
    if (is_in_hour(slot - 1)) {
      count_pair(ring, slot, 1);
    }
  }
}

void RunningStatistics::move_to(const SlotRing& ring, Slot end) {
  if (!end_ || end < *end_ || end - *end_ >= day_slots_) {
    read_anew(ring, end);
    return;
  }
  while (*end_ < end) {
    leave(ring, *end_ - (day_slots_ - 1));
    const Slot first_of_hour = *end_ - (hour_slots_ - 1);
    count_pairs(ring, first_of_hour, -1);
    count_hour(ring, first_of_hour, -1);
    end_ = *end_ + 1;
    enter(ring, *end_);
  }
}

bool RunningStatistics::is_elevated(const SlotRing& ring, std::optional<nanoseconds> usual) const {
  if (!usual) {
    return false;
  }
  const nanoseconds bound = std::max(2 * *usual, *usual + kElevatedBy);
  std::size_t rtts = 0;
  std::size_t within = 0;
  for (Slot slot = *end_ - (minute_slots_ - 1); slot <= *end_; slot = slot + 1) {
    if (const auto us = ring.exact_us(slot); us != 0) {
      ++rtts;
      within += microseconds{us} <= bound ? 1U : 0U;
    }
  }
  return rtts > 0 && within <= nearest_rank(rtts, 50);  // the median is not among those within
}

PathStatistics RunningStatistics::read(const SlotRing& ring) const {
  PathStatistics statistics;
  if (!rtts_.is_empty()) {
    const auto rtts = ring.exact_by_place();
    statistics.rtt_p50_1h = microseconds{rtts_.percentile(rtts, 50)};
    statistics.rtt_p95_1h = microseconds{rtts_.percentile(rtts, 95)};
    statistics.rtt_max_1h = microseconds{rtts_.percentile(rtts, 100)};
  }
  if (jitter_pairs_ > 0) {
    statistics.jitter_1h = nanoseconds{microseconds{jitter_us_}} / jitter_pairs_;
  }
  statistics.loss_1h = loss_;
  if (const auto median = levels_.median(); median.number() > 0) {
    statistics.rtt_usual = median.value();
  }
  statistics.elevated = is_elevated(ring, statistics.rtt_usual);
  statistics.accessible_24h = {ok_, ok_ + missed_};
  statistics.coverage_24h = {ok_ + missed_, day_slots_};
  statistics.resent_24h = resent_;
  return statistics;
}

}  // namespace echomesh::aggregator
