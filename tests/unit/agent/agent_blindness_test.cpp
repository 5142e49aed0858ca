// The agent that reaches nobody, as its reports tell it.

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "tests/unit/agent/agent_world.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcomes = std::vector<Outcome>;

constexpr RegionIndex kEu = 0;
constexpr StreamIndex kToUs = 0;
constexpr StreamIndex kToAp = 1;

/// Every link is up and nothing comes back.
void cut(AgentWorld& world) {
  world.rtt = [](const AgentWorld::Sent&) { return std::nullopt; };
  world.answers_to = [](const AskAround&) { return std::vector<Event>{}; };
}

Config with_witness(Config config) {
  config.witnesses.push_back({"192.0.2.1", 443});
  return config;
}

Slot slot_of_first(const AgentWorld& world) {
  return slot_of(world.echoes.at(0).at.utc, SlotWidth{});
}

}  // namespace

TEST_SUITE("agent core: blindness") {
  TEST_CASE("an uplink that is cut is void: blind with a witness, unwitnessed without") {
    AgentWorld witnessed(with_witness(three_regions()));
    AgentWorld alone;
    for (auto* world : {&witnessed, &alone}) {
      cut(*world);
      world->all_up();
      world->run(seconds{11});
    }
    CHECK(witnessed.heard(kToUs, "eu", slot_of_first(witnessed)) ==
          Outcomes{Void{VoidCause::blind}});
    CHECK(alone.heard(kToUs, "eu", slot_of_first(alone)) == Outcomes{Void{VoidCause::unwitnessed}});
  }

  TEST_CASE("nobody is asked before an echo is overdue, and only the others") {
    AgentWorld world;
    world.rtt = [](const AgentWorld::Sent& sent) {
      return sent.region == kEu ? std::nullopt : std::optional<nanoseconds>(milliseconds{20});
    };
    world.all_up();
    world.run(seconds{10});
    REQUIRE(world.asked.size() >= 4);
    for (std::size_t i = 0; i < 4; ++i) {
      const auto tries = static_cast<std::int64_t>(i) + 1;
      CHECK(world.asked[i].at.mono - world.echoes[0].at.mono == seconds{tries});
      CHECK(world.asked[i].regions == std::vector<RegionIndex>{1, 2});
    }
    CHECK(world.heard(kToUs, "eu", slot_of_first(world)) == Outcomes{miss(MissCause::timeout)});
  }

  TEST_CASE("nobody is ever asked on a good day") {
    AgentWorld world(with_witness(three_regions()));
    world.all_up();
    world.run(seconds{600});
    CHECK(world.asked.empty());
  }

  TEST_CASE("an echo that comes back after its slot was told as void is not told as late") {
    AgentWorld world(with_witness(three_regions()));
    cut(world);
    world.all_up();
    world.run(seconds{5});
    const auto sent = world.echoes.at(0);
    world.run(seconds{5});
    world.tell(RegionHeard{sent.region});
    world.deliver(sent.region, world.probe_topic(), sent.payload);
    world.run(seconds{2});
    CHECK(world.heard(kToAp, "eu", slot_of_first(world)) == Outcomes{Void{VoidCause::blind}});
  }

  TEST_CASE("how many addresses a name has is told where it has several") {
    AgentWorld world;
    world.all_up();
    world.tell(AddressesTried{kEu, 1, 1});
    world.run(seconds{5});
    REQUIRE_FALSE(world.reports.empty());
    CHECK_FALSE(world.reports.back().report.echoes.at(0).addresses);
    world.tell(AddressesTried{kEu, 3, 1});
    world.run(seconds{5});
    for (const auto& entry : world.reports.back().report.echoes) {
      if (entry.region.str() == "eu") {
        CHECK(entry.addresses == 3U);
        CHECK(entry.addresses_dead == 1U);
      } else {
        CHECK_FALSE(entry.addresses);
      }
    }
  }
}

}  // namespace echomesh::agent
