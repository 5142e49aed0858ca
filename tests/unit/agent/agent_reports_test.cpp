// What the agent reports to whom, and when.

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "agent/agent_core.hpp"
#include "tests/unit/agent/agent_world.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Outcomes = std::vector<Outcome>;

constexpr RegionIndex kEu = 0;
constexpr StreamIndex kToUs = 0;
constexpr StreamIndex kToAp = 1;

}  // namespace

TEST_SUITE("agent core: reports") {
  TEST_CASE("a report broker hears of the regions that report to it, and of no other") {
    AgentWorld world(config_with({{"eu", {"us"}}, {"us", {"ap"}}, {"ap", {"us"}}}));
    CHECK(world.core().report_brokers() ==
          std::vector{RegionId::parse("us").value(), RegionId::parse("ap").value()});
    world.all_up();
    world.run(seconds{500});
    REQUIRE(world.reports.size() == 200);
    for (const auto& [at, stream, report] : world.reports) {
      std::set<std::string> regions;
      for (const auto& entry : report.echoes) {
        regions.insert(entry.region.str());
      }
      CHECK(regions ==
            (stream == 0 ? std::set<std::string>{"eu", "ap"} : std::set<std::string>{"us"}));
    }
  }

  TEST_CASE("each stream numbers its reports from 1 without a gap, and promises nothing older") {
    AgentWorld world;
    world.rtt = [](const AgentWorld::Sent& sent) -> std::optional<nanoseconds> {
      return milliseconds{sent.region == kEu ? 1500 : 20};
    };
    world.all_up();
    world.run(seconds{502});
    std::map<StreamIndex, std::int64_t> last;
    for (const auto& [at, stream, report] : world.reports) {
      CHECK(report.seq == ++last[stream]);
      CHECK(report.oldest == report.seq);
    }
    CHECK(last[kToUs] == 200);  // ap in time, eu later
    CHECK(last[2] == 100);      // us and ap together
  }

  TEST_CASE("a report says who, when, which slot and how it was measured") {
    AgentWorld world;
    world.all_up();
    world.run(seconds{5});
    REQUIRE(world.reports.size() == 3);
    const auto& [at, stream, report] = world.reports[0];
    CHECK(report.epoch == AgentWorld::kEpoch);
    CHECK(report.run == AgentWorld::kRun);
    CHECK(report.slot == slot_of(world.echoes[0].at.utc, SlotWidth{}));
    CHECK(report.slot_width == milliseconds{5000});
    CHECK(report.limit == milliseconds{5000});
    CHECK(report.sent == utc_from_unix_ms(unix_ms(at.utc)));
    CHECK(report.clock == SlotClock::own);
    REQUIRE(report.echoes.size() == 2);
    CHECK(report.echoes[0] == EchoEntry{RegionId::parse("eu").value(), ok(milliseconds{20})});
    CHECK(at.utc == world.echoes[0].at.utc + milliseconds{20});  // at once: all is known
  }

  TEST_CASE("a miss goes out when its limit passes, its late return by itself") {
    AgentWorld world;
    world.rtt = [](const AgentWorld::Sent& sent) -> std::optional<nanoseconds> {
      return milliseconds{sent.region == kEu && sent.echo.n == 1 ? 7312 : 20};
    };
    world.all_up();
    world.run(seconds{20});
    const auto& sent = world.echoes[0];
    const Slot slot = slot_of(sent.at.utc, SlotWidth{});
    CHECK(world.heard(kToUs, "eu", slot) ==
          Outcomes{miss(MissCause::timeout), late(milliseconds{7312})});
    CHECK(world.heard(kToAp, "eu", slot) == world.heard(kToUs, "eu", slot));
    CHECK(world.heard(2, "eu", slot).empty());
    CHECK(world.heard(kToUs, "ap", slot) == Outcomes{ok(milliseconds{20})});
    std::vector<nanoseconds> times;
    for (const auto& reported : world.reports) {
      if (reported.stream == kToUs && reported.report.slot == slot) {
        times.push_back(reported.at.mono - sent.at.mono);
      }
    }
    CHECK(times == std::vector<nanoseconds>{seconds{1}, milliseconds{5001}, milliseconds{7312}});
  }

  TEST_CASE(
      "what is measured while a report broker is away is told when it is back, newest first") {
    AgentWorld world;
    world.all_up();
    world.tell(ReportLinkLost{kToUs});
    world.run(minutes{1});
    for (const auto& reported : world.reports) {
      CHECK(reported.stream != kToUs);
    }
    world.forget();
    world.tell(ReportLinkUp{kToUs});
    REQUIRE(world.reports.size() == 12);
    for (std::size_t i = 0; i < world.reports.size(); ++i) {
      CHECK(world.reports[i].report.seq == 12 - static_cast<std::int64_t>(i));
    }
  }

  TEST_CASE("unacknowledged reports go out again on the next connection, numbers unchanged") {
    AgentWorld world;
    world.acknowledges_reports = false;
    world.all_up();
    world.run(seconds{10});
    world.tell(ReportLinkLost{kToUs});
    world.acknowledges_reports = true;
    world.forget();
    world.run(seconds{2});
    world.tell(ReportLinkUp{kToUs});
    REQUIRE(world.reports.size() >= 2);
    std::set<std::int64_t> seqs;
    for (const auto& reported : world.reports) {
      if (reported.stream == kToUs) {
        CHECK(reported.report.sent == utc_from_unix_ms(unix_ms(reported.at.utc)));  // fresh
        seqs.insert(reported.report.seq);
      }
    }
    CHECK(seqs == std::set<std::int64_t>{1, 2});
  }

  TEST_CASE("a connection that takes no more is tried again at the next waking, not for ever") {
    AgentWorld world;
    world.all_up();
    world.takes_reports = false;
    world.run(seconds{60});
    std::set<std::tuple<MonoTime, StreamIndex, std::int64_t>> tries;
    for (const auto& [at, stream, report] : world.reports) {
      CHECK(tries.insert({at.mono, stream, report.seq}).second);
    }
    CHECK(tries.size() > 36);
    world.takes_reports = true;
    world.forget();
    world.run(seconds{5});
    std::set<std::int64_t> seqs;
    for (const auto& reported : world.reports) {
      if (reported.stream == kToUs) {
        CHECK(seqs.insert(reported.report.seq).second);
      }
    }
    CHECK(seqs.size() == 13);
  }

  TEST_CASE("a new connection is not taken for as full as the old one") {
    AgentWorld world;
    world.all_up();
    world.takes_reports = false;
    world.run(seconds{5});
    world.tell(ReportLinkLost{kToUs});
    world.takes_reports = true;
    world.forget();
    world.tell(ReportLinkUp{kToUs});
    CHECK(world.reports.size() == 1);
  }
}

}  // namespace echomesh::agent
