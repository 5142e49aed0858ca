// What writing and reading each document costs, in nanoseconds of processor time.

#include <cstdio>
#include <string>

#include "proto/echo.hpp"
#include "proto/json_reader.hpp"
#include "proto/location_summary.hpp"
#include "proto/report.hpp"
#include "proto/rtt_history.hpp"
#include "proto/timeline.hpp"
#include "tests/bench/stopwatch.hpp"

namespace echomesh {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const UtcTime kAt{milliseconds{1'795'246'200'623}};
const Stamp kStamp{kAt, kAt + seconds{90}};

template <class Work>
void measure(const char* name, const Work& work) {
  constexpr long kTimes = 100'000;
  const Stopwatch watch;
  std::size_t bytes = 0;
  for (long i = 0; i < kTimes; ++i) {
    bytes = work();
  }
  std::printf("%-24s %8.0f ns, %zu bytes\n", name, watch.ns_each(kTimes), bytes);
}

LocationSummary summary() {
  LocationSummary summary{kStamp,
                          RegionId::parse("eu").value(),
                          LocationId::parse("us-west").value(),
                          {"USA West (California)", "Americas", 37.4, -122.0}};
  summary.state = LocationState::accessible;
  summary.since = kAt - seconds{4000};
  summary.rtt = summary.rtt_p50_1h = summary.rtt_usual = microseconds{48'211};
  summary.rtt_p95_1h = summary.rtt_max_1h = microseconds{57'302};
  summary.jitter_1h = nanoseconds{1'234'567};
  summary.loss_1h = {1, 720};
  summary.accessible_24h = {17'279, 17'280};
  summary.coverage_24h = {17'280, 17'280};
  summary.clock_error = microseconds{-3'200};
  return summary;
}

Report report(int regions) {
  Report report;
  report.epoch = HexId{0x5f3a9c1e0b7d2a44};
  report.run = HexId{0x9b1c66d0a4e2f713};
  report.slot = Slot{359'049'240};
  report.sent = kAt;
  report.clock = SlotClock::checked;
  for (int i = 0; i < regions; ++i) {
    report.echoes.push_back(
        {RegionId::parse("eu-" + std::to_string(i)).value(), Ok{Rtt{microseconds{48'211}}}});
  }
  return report;
}

Timeline timeline() {
  return {kStamp,
          1,
          RegionId::parse("eu").value(),
          LocationId::parse("us-west").value(),
          {},
          Slot{359'031'960},
          Slot{359'049'240},
          1,
          {{10, 2, LocationState::inaccessible, "timeout"}},
          std::string(288, 'a')};
}

RttHistory history() {
  return {kStamp,
          RegionId::parse("eu").value(),
          LocationId::parse("us-west").value(),
          kAt,
          std::vector<std::optional<nanoseconds>>(kRttBuckets, microseconds{48'211}),
          std::vector<std::optional<nanoseconds>>(kRttBuckets, microseconds{57'302})};
}

int run() {
  const auto a_summary = summary();
  measure("summary: write", [&] { return to_json(a_summary).size(); });
  const auto a_timeline = timeline();
  measure("timeline: write", [&] { return to_json(a_timeline).size(); });
  const auto a_history = history();
  measure("rtt_24h: write", [&] { return to_json(a_history).size(); });
  for (const int regions : {1, 20}) {
    const auto a_report = report(regions);
    std::printf("%d regions\n", regions);
    measure("report: write", [&] { return to_json(a_report).size(); });
    const auto text = to_json(a_report);
    measure("report: parse tree", [&] { return JsonDocument::parse(text) ? text.size() : 0; });
    measure("report: read", [&] { return parse_report(text) ? text.size() : 0; });
  }
  const Echo echo{LocationId::parse("us-west").value(), HexId{0x9b1c66d0a4e2f713}, 1201, kAt};
  measure("echo: write", [&] { return to_json(echo).size(); });
  const auto text = to_json(echo);
  measure("echo: read", [&] { return parse_echo(text) ? text.size() : 0; });
  return 0;
}

}  // namespace
}  // namespace echomesh

int main() {
  return echomesh::run();
}
