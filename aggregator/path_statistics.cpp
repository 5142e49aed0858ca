#include "aggregator/path_statistics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace echomesh::aggregator {
namespace {

/// `elevated`: the last minute's median is over twice the usual, and over 30 ms above it.
constexpr std::chrono::milliseconds kElevatedBy{30};

/// Index of the nearest-rank percentile in `count` sorted values. REQUIRES: count > 0
std::size_t nearest_rank(std::size_t count, unsigned percent) {
  return (count * percent + 99) / 100 - 1;
}

/// Sorts what is needed of `values`.
std::optional<nanoseconds> percentile(std::vector<nanoseconds>& values, unsigned percent) {
  if (values.empty()) {
    return std::nullopt;
  }
  const auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(nearest_rank(values.size(), percent));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

struct Jitter {
  nanoseconds sum{0};
  std::int64_t pairs = 0;
};

void read_hour(const PathHistory& history, Slot end, PathStatistics& statistics) {
  std::vector<nanoseconds> rtts;
  Jitter jitter;
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
      jitter.sum += std::chrono::abs(*rtt - *previous);
      ++jitter.pairs;
    }
    previous = rtt;
  }
  statistics.rtt_p50_1h = percentile(rtts, 50);
  statistics.rtt_p95_1h = percentile(rtts, 95);
  statistics.rtt_max_1h = percentile(rtts, 100);
  if (jitter.pairs > 0) {
    statistics.jitter_1h = jitter.sum / jitter.pairs;
  }
}

void read_day(const PathHistory& history, Slot end, PathStatistics& statistics) {
  std::array<std::uint32_t, RttLevel::kLevels> levels{};
  std::uint32_t rtts = 0;
  for (Slot slot = end - (history.window_slots() - 1); slot <= end; slot = slot + 1) {
    const auto cell = history.at(slot);
    statistics.accessible_24h.part += cell.is_ok() ? 1 : 0;
    statistics.coverage_24h.part += cell.is_ok() || cell.is_miss() ? 1 : 0;
    statistics.resent_24h += cell.is_resent() ? 1 : 0;
    if (const auto level = cell.rtt().number(); level > 0) {
      ++levels.at(level);
      ++rtts;
    }
  }
  statistics.accessible_24h.whole = statistics.coverage_24h.part;
  statistics.coverage_24h.whole = history.window_slots();
  if (rtts == 0) {
    return;
  }
  std::size_t before = 0;
  const auto median = nearest_rank(rtts, 50);
  const auto found = std::find_if(levels.begin(), levels.end(), [&](std::uint32_t count) {
    before += count;
    return before > median;
  });
  statistics.rtt_usual = RttLevel(static_cast<std::uint16_t>(found - levels.begin())).value();
}

bool is_elevated(const PathHistory& history, Slot end, std::optional<nanoseconds> usual) {
  std::vector<nanoseconds> minute;
  const auto slots = std::chrono::seconds{60} / history.width().value;
  for (Slot slot = end - (slots - 1); slot <= end; slot = slot + 1) {
    if (const auto rtt = history.exact_rtt(slot)) {
      minute.push_back(*rtt);
    }
  }
  const auto median = percentile(minute, 50);
  return median && usual && *median > std::max(2 * *usual, *usual + kElevatedBy);
}

}  // namespace

PathStatistics statistics_of(const PathHistory& history, Slot end) {
  PathStatistics statistics;
  read_hour(history, end, statistics);
  read_day(history, end, statistics);
  statistics.elevated = is_elevated(history, end, statistics.rtt_usual);
  return statistics;
}

RttBuckets rtt_buckets(const PathHistory& history, Slot from, std::int64_t slots,
                       std::size_t count) {
  RttBuckets buckets;
  std::vector<nanoseconds> rtts;
  for (std::size_t bucket = 0; bucket < count; ++bucket) {
    rtts.clear();
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

}  // namespace echomesh::aggregator
