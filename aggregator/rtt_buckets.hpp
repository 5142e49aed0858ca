/// The percentiles of a path's RTT history, bucket by bucket; those that can change no more but by
/// a late report are read once.
///
/// Memory: 4 bytes a bucket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aggregator/path_history.hpp"
#include "proto/time.hpp"

namespace echomesh::aggregator {

struct RttBuckets {
  std::vector<std::optional<nanoseconds>> p50;
  std::vector<std::optional<nanoseconds>> p95;
};

class RttBucketReader {
 public:
  /// `count` buckets of `slots` slots each.
  RttBucketReader(std::int64_t slots, std::size_t count);

  /// What is known of a slot has changed.
  void forget(Slot slot) { settled_[place(bucket_of(slot))] = Levels{}; }
  /// From slot `from` on. REQUIRES: it begins a bucket
  RttBuckets read(const PathHistory& history, Slot from);

 private:
  /// Of a bucket that has no exact RTTs any more; 0: nothing was measured.
  struct Levels {
    static constexpr std::uint16_t kUnread = 0xFFFF;
    std::uint16_t p50 = kUnread;
    std::uint16_t p95 = kUnread;
  };
  std::int64_t bucket_of(Slot slot) const { return slot.number / slots_; }
  std::size_t place(std::int64_t bucket) const {
    return static_cast<std::size_t>(bucket) % settled_.size();
  }
  void begin_with(std::int64_t bucket);
  Levels read_levels(const PathHistory& history, Slot first) const;
  void read_exact(const PathHistory& history, Slot first, RttBuckets& buckets) const;

  std::int64_t slots_;
  std::optional<std::int64_t> first_bucket_;  ///< of those read last
  std::vector<Levels> settled_;               ///< by bucket number, around
};

}  // namespace echomesh::aggregator
