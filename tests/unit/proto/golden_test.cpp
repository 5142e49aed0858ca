/// Every payload that is written, byte for byte; changing a golden file is a change of contract.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "proto/agent_info.hpp"
#include "proto/aggregator_info.hpp"
#include "proto/echo.hpp"
#include "proto/live.hpp"
#include "proto/location_summary.hpp"
#include "proto/region_summary.hpp"
#include "proto/report.hpp"
#include "proto/rtt_history.hpp"
#include "proto/timeline.hpp"
#include "tests/contract/schema_check.hpp"

namespace echomesh {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const fs::path kRoot = ECHOMESH_SOURCE_DIR;
const UtcTime kNow = utc_from_unix_ms(1'795'255'400'123);
const Stamp kStamp{kNow, kNow + seconds{90}};
const UtcTime kStarted = kNow - hours{1};
const UtcTime kSince = utc_from_unix_ms(1'795'255'125'000);
const LocationId kUsWest = LocationId::parse("us-west").value();
const RegionId kEu = RegionId::parse("eu").value();
const Place kPlace{"USA West (California)", "Americas", 37.41926, -122.0};
constexpr HexId kEpoch{0x5f3a9c1e0b7d2a44};
constexpr HexId kRun{0x9b1c66d0a4e2f713};
constexpr HexId kInstance{0xc0ffee0123456789};

LocationId location(std::string_view id) {
  return LocationId::parse(id).value();
}
RegionId region(std::string_view id) {
  return RegionId::parse(id).value();
}

std::string echo() {
  return to_json(Echo{kUsWest, kRun, 1201, kNow});
}

std::string report() {
  Report report;
  report.epoch = kEpoch;
  report.run = kRun;
  report.seq = 1201;
  report.oldest = 1188;
  report.slot = Slot{359'051'080};
  report.sent = kNow;
  report.clock = SlotClock::checked;
  report.echoes = {{region("eu"), Ok{Rtt{microseconds{48'211}}}},
                   {region("us"), Miss{MissCause::timeout}},
                   {region("ap"), Void{VoidCause::stalled}},
                   {region("sa"), Late{Rtt{microseconds{7'312'400}}}},
                   {region("af"), Ok{Rtt{microseconds{4'201'700}}}, true, 2U, 1U}};
  return to_json(report);
}

std::string report_own_clock() {
  Report report;
  report.epoch = HexId{1};
  report.run = HexId{255};
  report.slot = Slot{1'795'255'400};
  report.slot_width = seconds{1};
  report.limit = seconds{60};
  report.sent = kNow;
  report.echoes = {{region("eu"), Ok{Rtt{seconds{60}}}},
                   {region("us"), Miss{MissCause::refused}, true},
                   {region("ap"), Void{VoidCause::unwitnessed}, false, 3U, 0U}};
  return to_json(report);
}

std::string agent_info() {
  AgentInfo info{kStamp, kUsWest, kPlace, "0.1.0", kEpoch, kRun, kStarted, {kEu, region("ap")}};
  info.foreign_echoes = 4;
  info.spool_reports = 3;
  info.spool_dropped = 1;
  info.loop_lag_max = microseconds{1'204};
  info.rss_bytes = 9'437'184;
  info.clock_steps = 2;
  info.clock_error = microseconds{-3'500};
  return to_json(info);
}

std::string aggregator_info() {
  AggregatorInfo info{kStamp, kInstance, "0.1.0", region("us"), kStarted, 8, 16, 5'760, 4};
  std::int64_t count = 0;
  for (const auto refusal :
       {Refusal::json, Refusal::slot, Refusal::slot_ms, Refusal::region, Refusal::location,
        Refusal::retained, Refusal::size, Refusal::capacity}) {
    ++count;
    for (std::int64_t i = 0; i < count; ++i) {
      info.refused.add(refusal);
    }
  }
  info.commit_p99 = microseconds{2'250};
  info.rss_bytes = 12'582'912;
  info.clock_steps = 1;
  info.publications_dropped = 9;
  return to_json(info);
}

std::string heartbeat() {
  return to_json(Heartbeat{kNow, 17, kInstance});
}

std::string location_summary() {
  LocationSummary summary{kStamp, kEu, kUsWest, kPlace, LocationState::accessible};
  summary.since = kSince;
  summary.rtt = microseconds{148'200};
  summary.rtt_p50_1h = microseconds{147'900};
  summary.rtt_p95_1h = microseconds{152'310};
  summary.rtt_max_1h = microseconds{201'004};
  summary.jitter_1h = microseconds{800};
  summary.loss_1h = {1, 720};
  summary.rtt_usual = milliseconds{148};
  summary.elevated = true;
  summary.accessible_24h = {17'277, 17'278};
  summary.coverage_24h = {17'278, 17'280};
  summary.resent_24h = 1;
  summary.addresses = 2;
  summary.addresses_dead = 1;
  summary.clock_error = microseconds{-3'500};
  return to_json(summary);
}

std::string location_summary_null() {
  return to_json(LocationSummary{kStamp, kEu, kUsWest});
}

std::string timeline() {
  Timeline timeline{kStamp, 3, kEu, kUsWest};
  timeline.from = Slot{359'033'801};
  timeline.past_end = Slot{359'051'081};
  timeline.runs = {{0, 60, LocationState::unknown, {}},
                   {120, 2, LocationState::inaccessible, "timeout"},
                   {122, 1, LocationState::inaccessible, "lost"},
                   {240, 1, LocationState::slow, {}},
                   {17'279, 1, LocationState::unknown, "blind"}};
  timeline.bar = "uaias" + std::string(283, 'a');
  return to_json(timeline);
}

std::string rtt_24h() {
  RttHistory history{kStamp, kEu, kUsWest, utc_from_unix_ms(1'795'169'100'000)};
  history.p50.resize(kRttBuckets - 4);
  history.p95.resize(kRttBuckets - 4);
  for (const int us : {48'160, 999'940, 999'950, 47'000}) {
    history.p50.emplace_back(microseconds{us});
  }
  for (const int us : {51'940, 1'200'400, 2'210'500, 47'050}) {
    history.p95.emplace_back(microseconds{us});
  }
  return to_json(history);
}

std::string live() {
  return to_json(Live{kNow,
                      Slot{359'051'080},
                      {{kUsWest, LocationState::accessible, microseconds{48'200}},
                       {location("sg"), LocationState::inaccessible, {}},
                       {location("london"), LocationState::slow, microseconds{1'200'125}}},
                      2});
}

std::string region_summary() {
  RegionSummary summary{kStamp, kEu, "Europe (Frankfurt)", 50.1, 8.7, RegionState::partial_outage};
  summary.since = kSince;
  summary.locations = 8;
  summary.judging = 7;
  summary.accessible = 4;
  summary.slow = 1;
  summary.inaccessible = 2;
  summary.unknown = 1;
  summary.blind = 1;
  summary.scope = "2 of 8 locations cannot reach eu: \"london\", sg";
  summary.self_reported = true;
  return to_json(summary);
}

struct Golden {
  std::string file;
  std::string schema;
  std::function<std::string()> written;
};

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> kAll = {
      {"echo", "echo", echo},
      {"report", "report", report},
      {"report-own-clock", "report", report_own_clock},
      {"agent-info", "agent-info", agent_info},
      {"aggregator-info", "aggregator-info", aggregator_info},
      {"heartbeat", "heartbeat", heartbeat},
      {"location-summary", "location-summary", location_summary},
      {"location-summary-null", "location-summary", location_summary_null},
      {"timeline", "timeline", timeline},
      {"rtt-24h", "rtt-24h", rtt_24h},
      {"live", "live", live},
      {"region-summary", "region-summary", region_summary}};
  return kAll;
}

fs::path path_of(const std::string& file) {
  return kRoot / "tests/golden" / (file + ".json");
}

std::string content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  REQUIRE_MESSAGE(stream.is_open(), file.string());
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

}  // namespace

TEST_SUITE("golden") {
  TEST_CASE("every payload is written as its golden file says, byte for byte") {
    for (const auto& golden : goldens()) {
      const std::string expected = content_of(path_of(golden.file));
      const std::string written = golden.written();
      CHECK_MESSAGE(written == expected,
                    golden.file << ".json\nexpected " << expected << "\nwritten  " << written);
    }
  }

  TEST_CASE("every golden file is allowed by its schema") {
    const auto contract = contract::SchemaCheck::load(kRoot / "proto/schema");
    REQUIRE_MESSAGE(contract.ok(), to_string(contract.error()));
    for (const auto& golden : goldens()) {
      const auto findings =
          contract->check_document(golden.schema, content_of(path_of(golden.file)));
      for (const auto& finding : findings.all()) {
        FAIL_CHECK(golden.file << finding.pointer << ": " << finding.keyword << ": "
                               << finding.what);
      }
    }
  }

  TEST_CASE("every file in tests/golden is compared, and every schema has one") {
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(kRoot / "tests/golden")) {
      files += entry.path().extension() == ".json" ? 1U : 0U;
    }
    CHECK(files == goldens().size());
    for (const auto& entry : fs::directory_iterator(kRoot / "proto/schema")) {
      const std::string name = entry.path().stem().string();
      bool has_one = false;
      for (const auto& golden : goldens()) {
        has_one = has_one || name == golden.schema;
      }
      CHECK_MESSAGE(has_one, name);
    }
  }

  TEST_CASE("a retained document of the longest names and numbers stays under 4,096 bytes") {
    const LocationId longest = location(std::string(32, 'x'));
    const RegionId far = region(std::string(32, 'y'));
    RttHistory history{kStamp, far, longest, kStarted};
    history.p50.assign(kRttBuckets, milliseconds{59'999});
    history.p95.assign(kRttBuckets, milliseconds{60'000});
    CHECK(to_json(history).size() < kMaxRetainedBytes);

    LocationSummary summary{kStamp, far, longest};
    summary.place = {std::string(64, '"'), std::string(64, '\\'), -89.1234, -179.1234};
    CHECK(to_json(summary).size() < kMaxRetainedBytes);
  }
}

}  // namespace echomesh
