#include "aggregator/level_counts.hpp"

#include <algorithm>
#include <cassert>

#include "aggregator/nearest_rank.hpp"

namespace echomesh::aggregator {

void LevelCounts::make_room_for(std::uint16_t level) {
  constexpr int kSlack = 8;  // levels close by follow soon
  if (counts_.empty()) {
    base_ = cursor_ = level;
    counts_.resize(1);
  } else if (level < base_) {
    const auto base = static_cast<std::uint16_t>(std::max(1, level - kSlack));
    counts_.insert(counts_.begin(), static_cast<std::size_t>(base_ - base), 0U);
    base_ = base;
  } else if (const auto needed = static_cast<std::size_t>(level - base_) + 1;
             needed > counts_.size()) {
    counts_.reserve(needed + kSlack);
    counts_.resize(needed);
  }
}

void LevelCounts::add(RttLevel level) {
  make_room_for(level.number());
  ++counts_[static_cast<std::size_t>(level.number() - base_)];
  ++total_;
  below_ += level.number() < cursor_ ? 1U : 0U;
}

void LevelCounts::remove(RttLevel level) {
  auto& count = counts_[static_cast<std::size_t>(level.number() - base_)];
  assert(count > 0);
  --count;
  --total_;
  below_ -= level.number() < cursor_ ? 1U : 0U;
}

RttLevel LevelCounts::median() const {
  if (total_ == 0) {
    return RttLevel{};
  }
  const auto count = [&] { return counts_[static_cast<std::size_t>(cursor_ - base_)]; };
  const std::size_t rank = nearest_rank(total_, 50);
  while (below_ > rank) {
    --cursor_;
    below_ -= count();
  }
  while (below_ + count() <= rank) {
    below_ += count();
    ++cursor_;
  }
  return RttLevel(cursor_);
}

}  // namespace echomesh::aggregator
