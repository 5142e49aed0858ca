// What a day costs the aggregator of one report broker: 13 locations that watch one region, every
// report and every publication, in virtual time.
//
//   aggregator-day [hours] [paths] [calm|rough]

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/aggregator_core.hpp"
#include "proto/report.hpp"
#include "tests/bench/stopwatch.hpp"

namespace echomesh::aggregator {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Totals {
  std::int64_t reports = 0;
  std::int64_t publications = 0;
  std::int64_t bytes = 0;
};

/// Spread over its range, the same at every run.
std::int64_t chance(std::int64_t seed, std::int64_t bound) {
  const auto mixed = (static_cast<std::uint64_t>(seed) + 1) * 0x9E3779B97F4A7C15U;
  return static_cast<std::int64_t>((mixed >> 20U) % static_cast<std::uint64_t>(bound));
}

/// Calm: all is well but for a rare miss. Rough: every 20th slot is missed, slow or silent.
EchoEntry outcome_of(const RegionId& region, std::int64_t path, Slot slot, bool is_rough) {
  const auto roll = chance(slot.number * 31 + path, is_rough ? 60 : 6'000);
  if (roll == 0) {
    return {region, Miss{MissCause::timeout}};
  }
  if (roll == 1) {
    return {region, Ok{Rtt{milliseconds{1'500}}}};
  }
  if (roll == 2) {
    return {region, Void{VoidCause::stalled}};
  }
  return {region, Ok{Rtt{milliseconds{20 + 7 * path} + microseconds{chance(slot.number, 3'000)}}}};
}

class Day {
 public:
  Day(std::int64_t paths, bool is_rough)
      : is_rough_(is_rough), region_(RegionId::parse("eu").value()), core_(config(), {0xA1}, now_) {
    for (std::int64_t path = 0; path < paths; ++path) {
      locations_.push_back("location-" + std::to_string(path));
    }
    tell(LinkUp{});
  }

  void pass(std::int64_t slots) {
    for (const Slot past = slot() + slots; slot() < past;) {
      const Slot slot_now = slot();
      for (std::size_t path = 0; path < locations_.size(); ++path) {
        wake_until(slot_start(slot_now, {}) + milliseconds{500} +
                   milliseconds{4'000} * static_cast<std::int64_t>(path) /
                       static_cast<std::int64_t>(locations_.size()));
        report(path);
      }
      wake_until(slot_start(slot_now + 1, {}));
    }
  }
  const Totals& totals() const { return totals_; }

 private:
  static Config config() {
    Config config{Endpoint{}};
    config.regions.push_back({RegionId::parse("eu").value(), "Europe (Frankfurt)"});
    return config;
  }
  Slot slot() const { return slot_of(now_.utc, {}); }

  void report(std::size_t path) {
    Report report;
    report.epoch = HexId{0x5f3a9c1e0b7d2a44};
    report.run = HexId{0x9b1c66d0a4e2f713};
    report.seq = ++totals_.reports;
    report.slot = slot();
    report.sent = now_.utc;
    report.clock = SlotClock::checked;
    report.echoes = {outcome_of(region_, static_cast<std::int64_t>(path), report.slot, is_rough_)};
    tell(Delivered{"echomesh-report/v1/" + locations_[path], to_json(report), false});
  }
  void wake_until(UtcTime until) {
    const auto end = now_.mono + (until - now_.utc);
    for (auto next = core_.next_wakeup(); next <= end; next = core_.next_wakeup()) {
      step(std::max(next, now_.mono) - now_.mono);
      tell(Woke{});
    }
    step(end - now_.mono);
  }
  void step(nanoseconds duration) {
    now_.mono += duration;
    now_.utc += duration;
  }
  void tell(const Event& event) {
    Actions actions;
    core_.on(event, now_, actions);
    for (const auto& action : actions) {
      const auto* publish = std::get_if<Publish>(&action);
      if (publish == nullptr) {
        continue;
      }
      ++totals_.publications;
      totals_.bytes += static_cast<std::int64_t>(publish->payload.size());
      if (publish->topic.ends_with("heartbeat")) {
        core_.on(Delivered{publish->topic, publish->payload, false}, now_, ignored_);
      }
    }
  }

  Now now_{MonoTime{seconds{1000}}, UtcTime{seconds{1'795'246'200}}};
  bool is_rough_;
  RegionId region_;
  AggregatorCore core_;
  std::vector<std::string> locations_;
  Actions ignored_;
  Totals totals_;
};

int run(int argc, char** argv) {
  const std::int64_t hours = argc > 1 ? std::atoll(argv[1]) : 24;
  const std::int64_t paths = argc > 2 ? std::atoll(argv[2]) : 13;
  const bool is_rough = argc > 3 && std::string_view(argv[3]) == "rough";
  Day day(paths, is_rough);
  const Stopwatch watch;
  day.pass(hours * 720);
  const auto& totals = day.totals();
  std::printf(
      "%s %lld h, %lld paths: %.3f s, %.0f ns a report; %lld reports, %lld publications, "
      "%.1f MB\n",
      is_rough ? "rough" : "calm", static_cast<long long>(hours), static_cast<long long>(paths),
      watch.seconds(), watch.ns_each(static_cast<long>(totals.reports)),
      static_cast<long long>(totals.reports), static_cast<long long>(totals.publications),
      static_cast<double>(totals.bytes) / 1e6);
  return 0;
}

}  // namespace
}  // namespace echomesh::aggregator

int main(int argc, char** argv) {
  return echomesh::aggregator::run(argc, argv);
}
