#include "agent/agent_core.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/agent/agent_world.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcomes = std::vector<Outcome>;

constexpr RegionIndex kEu = 0;
constexpr RegionIndex kUs = 1;
constexpr StreamIndex kToUs = 0;
constexpr StreamIndex kToAp = 1;

std::string foreign(const AgentWorld::Sent& sent, const std::string& from, const std::string& to) {
  std::string payload = sent.payload;
  payload.replace(payload.find(from), from.size(), to);
  return payload;
}

/// Every path's echoes stand on the grid, once a slot, from the first to the last.
void check_grid(const AgentWorld& world, std::size_t slots) {
  std::map<RegionIndex, std::vector<AgentWorld::Sent>> by_region;
  for (const auto& sent : world.echoes) {
    by_region[sent.region].push_back(sent);
  }
  REQUIRE(by_region.size() == 3);
  for (const auto& [region, sent] : by_region) {
    CAPTURE(region);
    REQUIRE(sent.size() == slots);
    const Slot first = slot_of(sent.front().at.utc, SlotWidth{});
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CHECK(sent[i].at.utc == world.grid().due(first + static_cast<std::int64_t>(i)));
      CHECK(sent[i].echo.n == sent[0].echo.n + static_cast<std::int64_t>(i));
    }
  }
}

}  // namespace

TEST_SUITE("agent core: schedule") {
  TEST_CASE("over 1,000 slots there is one echo a path a slot, on the grid to the nanosecond") {
    AgentWorld world;
    world.all_up();
    world.run(seconds{5000});
    check_grid(world, 1000);
    // A waking for the echo, one for the return, some beats: no loop spins.
    CHECK(world.wakings < 1000 * 10);
  }

  TEST_CASE("slow and missing echoes never delay the next") {
    for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
      CAPTURE(seed);
      std::mt19937 random(seed);
      AgentWorld world;
      world.rtt = [&](const AgentWorld::Sent&) -> std::optional<nanoseconds> {
        const auto ms = std::uniform_int_distribution<>(1, 12'000)(random);
        return ms > 10'000 ? std::nullopt : std::optional<nanoseconds>{milliseconds{ms}};
      };
      world.all_up();
      world.run(seconds{5000});
      check_grid(world, 1000);
    }
  }

  TEST_CASE("the first echo is due once links have had a second to come up") {
    AgentWorld world;
    const auto started = world.now().utc;
    CHECK(world.core().next_wakeup() - world.now().mono ==
          world.grid().due(world.grid().next(started + seconds{1})) - started);
  }

  TEST_CASE("an echo is addressed by location, run, number and time") {
    AgentWorld world;
    world.all_up();
    world.run(seconds{5});
    REQUIRE(world.echoes.size() == 3);
    const auto& sent = world.echoes[0];
    CHECK(sent.echo == Echo{LocationId::parse("tokyo").value(), AgentWorld::kRun, 1,
                            utc_from_unix_ms(unix_ms(sent.at.utc))});
    CHECK(sent.ask_permission);
    world.forget();
    world.run(seconds{5});
    REQUIRE(world.echoes.size() == 3);
    CHECK_FALSE(world.echoes[0].ask_permission);
  }

  TEST_CASE("an echo due while its link is down goes out when the link comes up") {
    AgentWorld world;
    world.run(seconds{5});
    CHECK(world.echoes.empty());
    world.tell(EchoLinkUp{kUs});
    REQUIRE(world.echoes.size() == 1);
    CHECK(world.echoes[0].region == kUs);
  }
}

TEST_SUITE("agent core: own echoes") {
  TEST_CASE("only an own echo in flight counts; anything else is counted and changes nothing") {
    AgentWorld world;
    world.rtt = [](const AgentWorld::Sent&) { return std::nullopt; };
    world.all_up();
    world.run(seconds{5});
    REQUIRE(world.echoes.size() == 3);
    const auto sent = world.echoes[0];
    const Slot slot = slot_of(sent.at.utc, SlotWidth{});
    const auto probe = world.probe_topic();
    const std::vector<std::string> payloads{foreign(sent, "tokyo", "osaka"),
                                            foreign(sent, "9b1c66d0a4e2f713", "9b1c66d0a4e2f714"),
                                            foreign(sent, "\"n\":1", "\"n\":\"1\""),
                                            "",
                                            "{",
                                            std::string(300, ' '),
                                            "\xff"};
    for (const auto& payload : payloads) {
      world.deliver(kEu, probe, payload);
    }
    world.deliver(kEu, probe + "x", sent.payload);
    world.deliver(kEu, "echomesh-probe/v1/osaka", sent.payload);
    world.deliver(kEu, probe, sent.payload, true);
    CHECK(world.core().counters().foreign_echoes == static_cast<std::int64_t>(payloads.size()) + 3);
    world.deliver(kEu, probe, foreign(sent, "\"n\":1", "\"n\":2"));
    world.deliver(kEu, probe, foreign(sent, "\"n\":1", "\"n\":-1"));
    world.run(seconds{6});
    CHECK(world.heard(kToUs, "eu", slot) == Outcomes{miss(MissCause::timeout)});
    // The same bytes from the same link, not retained, while in flight: that is it.
    world.forget();
    const auto next = [&] {
      while (world.echoes.empty()) {
        world.run(milliseconds{100});
      }
      return world.echoes[0];
    }();
    world.deliver(kEu, probe, next.payload);
    world.run(seconds{6});
    REQUIRE(world.heard(kToUs, "eu", slot_of(next.at.utc, SlotWidth{})).size() == 1);
    CHECK(
        std::holds_alternative<Ok>(world.heard(kToUs, "eu", slot_of(next.at.utc, SlotWidth{}))[0]));
  }

  TEST_CASE("a second copy of an echo changes nothing") {
    AgentWorld world;
    world.all_up();
    world.run(seconds{5});
    const auto sent = world.echoes.at(0);
    const auto reports = world.reports.size();
    world.deliver(kEu, world.probe_topic(), sent.payload);
    CHECK(world.reports.size() == reports);
  }

  TEST_CASE("an echo that another region's broker returns counts for neither") {
    AgentWorld world;
    world.rtt = [](const AgentWorld::Sent&) { return std::nullopt; };
    world.all_up();
    world.run(seconds{5});
    REQUIRE(world.echoes.size() == 3);
    const Slot slot = slot_of(world.echoes[0].at.utc, SlotWidth{});
    world.deliver(kUs, world.probe_topic(), world.echoes[0].payload);
    world.deliver(kEu, world.probe_topic(), world.echoes[1].payload);
    CHECK(world.core().counters().foreign_echoes == 2);
    world.run(seconds{5});
    CHECK(world.heard(kToAp, "eu", slot) == Outcomes{miss(MissCause::timeout)});
    CHECK(world.heard(kToAp, "us", slot) == Outcomes{miss(MissCause::timeout)});
  }

  TEST_CASE("causes of the link reach the report") {
    AgentWorld world;
    world.rtt = [](const AgentWorld::Sent&) { return std::nullopt; };
    world.all_up();
    world.tell(EchoLinkUp{kEu, true});
    world.tell(EchoLinkLost{kUs, MissCause::lost});
    world.tell(EchoAttemptFailed{kUs, MissCause::tls});
    world.run(seconds{10});
    const Slot slot = slot_of(world.echoes.at(0).at.utc, SlotWidth{});
    CHECK(world.heard(kToAp, "eu", slot) == Outcomes{miss(MissCause::denied)});
    CHECK(world.heard(kToAp, "us", slot) == Outcomes{miss(MissCause::tls)});
    CHECK(world.heard(kToUs, "ap", slot) == Outcomes{miss(MissCause::timeout)});
  }
}

}  // namespace echomesh::agent
