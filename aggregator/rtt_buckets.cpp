#include "aggregator/rtt_buckets.hpp"

#include <algorithm>

#include "aggregator/nearest_rank.hpp"

namespace echomesh::aggregator {
namespace {

/// Sorts what is needed of `values`; `none` if there are none.
template <class Value>
Value percentile(std::vector<Value>& values, unsigned percent, Value none) {
  if (values.empty()) {
    return none;
  }
  const auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(nearest_rank(values.size(), percent));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

std::optional<nanoseconds> value_of(std::uint16_t level) {
  return level > 0 ? std::optional(RttLevel(level).value()) : std::nullopt;
}

}  // namespace

RttBucketReader::RttBucketReader(std::int64_t slots, std::size_t count)
    : slots_(slots), settled_(count) {}

/// The places of buckets that have left the 24 h are for those that came.
void RttBucketReader::begin_with(std::int64_t bucket) {
  const auto count = static_cast<std::int64_t>(settled_.size());
  const auto before = first_bucket_.value_or(bucket - count);
  first_bucket_ = bucket;
  if (bucket < before || bucket - before >= count) {
    std::fill(settled_.begin(), settled_.end(), Levels{});
    return;
  }
  for (auto left = before; left < bucket; ++left) {
    settled_[place(left)] = Levels{};
  }
}

RttBucketReader::Levels RttBucketReader::read_levels(const PathHistory& history, Slot first) const {
  std::vector<std::uint16_t> levels;
  for (Slot slot = first; slot < first + slots_; slot = slot + 1) {
    if (const auto level = history.at(slot).rtt().number(); level > 0) {
      levels.push_back(level);
    }
  }
  const std::uint16_t none = 0;
  const auto p50 = percentile(levels, 50, none);
  return {p50, percentile(levels, 95, none)};
}

void RttBucketReader::read_exact(const PathHistory& history, Slot first,
                                 RttBuckets& buckets) const {
  std::vector<std::optional<nanoseconds>> rtts;
  for (Slot slot = first; slot < first + slots_; slot = slot + 1) {
    if (const auto level = history.at(slot).rtt(); level.number() > 0) {
      const auto exact = history.exact_rtt(slot);
      rtts.push_back(exact ? exact : level.value());
    }
  }
  buckets.p50.push_back(percentile<std::optional<nanoseconds>>(rtts, 50, std::nullopt));
  buckets.p95.push_back(percentile<std::optional<nanoseconds>>(rtts, 95, std::nullopt));
}

RttBuckets RttBucketReader::read(const PathHistory& history, Slot from) {
  const auto begin = bucket_of(from);
  begin_with(begin);
  RttBuckets buckets;
  buckets.p50.reserve(settled_.size());
  buckets.p95.reserve(settled_.size());
  const auto past = begin + static_cast<std::int64_t>(settled_.size());
  for (auto bucket = begin; bucket < past; ++bucket) {
    const Slot first{bucket * slots_};
    if (!history.is_past_exact(first + slots_ - 1) || first < history.oldest_kept()) {
      read_exact(history, first, buckets);
      continue;
    }
    auto& levels = settled_[place(bucket)];
    if (levels.p50 == Levels::kUnread) {
      levels = read_levels(history, first);
    }
    buckets.p50.push_back(value_of(levels.p50));
    buckets.p95.push_back(value_of(levels.p95));
  }
  return buckets;
}

}  // namespace echomesh::aggregator
