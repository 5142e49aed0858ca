/// The figures of a path by a plain reading of every slot of their window: slow, and plainly right.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aggregator/path_history.hpp"

namespace echomesh::aggregator::naive {

inline std::optional<nanoseconds> percentile(std::vector<nanoseconds> values, std::size_t percent) {
  if (values.empty()) {
    return std::nullopt;
  }
  std::sort(values.begin(), values.end());
  return values[(values.size() * percent + 99) / 100 - 1];
}

inline void read_hour(const PathHistory& history, Slot end, PathStatistics& statistics) {
  std::vector<nanoseconds> rtts;
  nanoseconds jitter{0};
  std::int64_t pairs = 0;
  std::optional<nanoseconds> previous;
  const Slot first = end - (history.window_slots() / 24 - 1);
  for (Slot slot = first; slot <= end; slot = slot + 1) {
    const auto cell = history.at(slot);
    statistics.loss_1h.whole += cell.is_ok() || cell.is_miss() ? 1 : 0;
    statistics.loss_1h.part += cell.is_miss() ? 1 : 0;
    const auto rtt = history.exact_rtt(slot);
    if (rtt) {
      rtts.push_back(*rtt);
    }
    if (rtt && previous) {
      jitter += std::chrono::abs(*rtt - *previous);
      ++pairs;
    }
    previous = rtt;
  }
  statistics.rtt_p50_1h = percentile(rtts, 50);
  statistics.rtt_p95_1h = percentile(rtts, 95);
  statistics.rtt_max_1h = percentile(rtts, 100);
  if (pairs > 0) {
    statistics.jitter_1h = jitter / pairs;
  }
}

inline void read_day(const PathHistory& history, Slot end, PathStatistics& statistics) {
  std::vector<nanoseconds> rtts;
  for (Slot slot = end - (history.window_slots() - 1); slot <= end; slot = slot + 1) {
    const auto cell = history.at(slot);
    statistics.accessible_24h.part += cell.is_ok() ? 1 : 0;
    statistics.coverage_24h.part += cell.is_ok() || cell.is_miss() ? 1 : 0;
    statistics.resent_24h += cell.is_resent() ? 1 : 0;
    if (cell.rtt().number() > 0) {
      rtts.push_back(cell.rtt().value());
    }
  }
  statistics.accessible_24h.whole = statistics.coverage_24h.part;
  statistics.coverage_24h.whole = history.window_slots();
  statistics.rtt_usual = percentile(rtts, 50);
}

inline bool is_elevated(const PathHistory& history, Slot end, std::optional<nanoseconds> usual) {
  std::vector<nanoseconds> minute;
  const auto slots = std::chrono::seconds{60} / history.width().value;
  for (Slot slot = end - (slots - 1); slot <= end; slot = slot + 1) {
    if (const auto rtt = history.exact_rtt(slot)) {
      minute.push_back(*rtt);
    }
  }
  const auto median = percentile(minute, 50);
  return median && usual && *median > std::max(2 * *usual, *usual + std::chrono::milliseconds{30});
}

inline PathStatistics statistics_of(const PathHistory& history, Slot end) {
  PathStatistics statistics;
  read_hour(history, end, statistics);
  read_day(history, end, statistics);
  statistics.elevated = is_elevated(history, end, statistics.rtt_usual);
  return statistics;
}

inline RttBuckets rtt_buckets(const PathHistory& history, Slot from, std::int64_t slots,
                              std::size_t count) {
  RttBuckets buckets;
  for (std::size_t bucket = 0; bucket < count; ++bucket) {
    std::vector<nanoseconds> rtts;
    const Slot first = from + static_cast<std::int64_t>(bucket) * slots;
    for (Slot slot = first; slot < first + slots; slot = slot + 1) {
      if (const auto level = history.at(slot).rtt(); level.number() > 0) {
        rtts.push_back(history.exact_rtt(slot).value_or(level.value()));
      }
    }
    buckets.p50.push_back(percentile(rtts, 50));
    buckets.p95.push_back(percentile(rtts, 95));
  }
  return buckets;
}

/// When the state that is shown now began, slot by slot backwards.
inline std::optional<Slot> since_known(const PathHistory& history, Slot latest,
                                       std::int64_t max_behind) {
  const auto state = history.at(latest).state();
  Slot first = latest;
  for (Slot slot = latest - 1; slot >= history.oldest_kept() && first - slot <= max_behind + 1;
       slot = slot - 1) {
    const auto known = history.at(slot);
    if (!known.is_known()) {
      continue;
    }
    if (known.state() != state) {
      break;
    }
    first = slot;
  }
  return first;
}

}  // namespace echomesh::aggregator::naive
