// What sleep, stalls and steps of the clock make of the agent's schedule.

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent_core.hpp"
#include "tests/unit/agent/agent_world.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcomes = std::vector<Outcome>;

constexpr StreamIndex kToUs = 0;
constexpr nanoseconds kInstant{1};

/// A world with one region, some slots old, nothing in flight, its next echo due in `ahead`.
struct Quiet {
  AgentWorld world{config_with({{"eu", {"eu"}}})};
  Slot next;

  explicit Quiet(nanoseconds ahead) {
    world.all_up();
    world.run(seconds{20});
    next = world.grid().next(world.now().utc + ahead);
    world.run(world.grid().due(next) - ahead - world.now().utc);
    world.forget();
  }
};

/// Stream 0's outcomes of eu, by slot.
std::map<std::int64_t, Outcomes> heard(const AgentWorld& world) {
  std::map<std::int64_t, Outcomes> by_slot;
  for (const auto& reported : world.reports) {
    by_slot[reported.report.slot.number] = world.heard(kToUs, "eu", reported.report.slot);
  }
  return by_slot;
}

std::size_t voids(const AgentWorld& world) {
  std::size_t count = 0;
  for (const auto& [slot, outcomes] : heard(world)) {
    count += outcomes == Outcomes{stalled()} ? 1U : 0U;
  }
  return count;
}

}  // namespace

TEST_SUITE("agent core: sleep") {
  TEST_CASE("an echo whose turn is 500 ms past is sent, one nanosecond later its slot is void") {
    Quiet in_time(seconds{1});
    in_time.world.stop_for(milliseconds{1500});
    CHECK(in_time.world.echoes.size() == 1);
    CHECK(voids(in_time.world) == 0);

    Quiet too_late(seconds{1});
    too_late.world.stop_for(milliseconds{1500} + kInstant);
    CHECK(too_late.world.echoes.empty());
    CHECK(heard(too_late.world) ==
          std::map<std::int64_t, Outcomes>{{too_late.next.number, {stalled()}}});
  }

  TEST_CASE("every slot slept through is void and the grid goes on") {
    Quiet quiet(seconds{1});
    quiet.world.stop_for(seconds{1 + 5 * 10 + 2});
    CHECK(voids(quiet.world) == 11);
    CHECK(heard(quiet.world).begin()->first == quiet.next.number);
    quiet.world.forget();
    quiet.world.run(seconds{5});
    REQUIRE(quiet.world.echoes.size() == 1);
    CHECK(quiet.world.echoes[0].at.utc == quiet.world.grid().due(quiet.next + 11));
  }

  TEST_CASE("of a long sleep the latest 720 slots are void, of 720 slots all, and not one more") {
    for (const std::int64_t slots : {720, 721, 5000}) {
      Quiet quiet(seconds{1});
      quiet.world.stop_for(seconds{1} + seconds{5} * (slots - 1) + seconds{2});
      CAPTURE(slots);
      CHECK(quiet.world.echoes.empty());
      CHECK(voids(quiet.world) == 720);
      quiet.world.tell(ReportLinkUp{kToUs});  // more would have been dropped from the spool
      CHECK(quiet.world.statuses.back().what.payload.find("\"spool_dropped\":0,") !=
            std::string::npos);
      CHECK(heard(quiet.world).begin()->first == (quiet.next + (slots - 720)).number);
      CHECK(heard(quiet.world).rbegin()->first == (quiet.next + (slots - 1)).number);
    }
  }

  TEST_CASE("an echo in flight when the loop stops is judged by its kernel time") {
    Quiet quiet(seconds{1});
    quiet.world.run(seconds{1});
    REQUIRE(quiet.world.echoes.size() == 1);
    quiet.world.stop_for(seconds{22});
    CHECK(heard(quiet.world).at(quiet.next.number) == Outcomes{ok(milliseconds{20})});
    CHECK(voids(quiet.world) == 4);
  }

  TEST_CASE("without a kernel time an echo found after a long stop is void, after a short one ok") {
    Quiet stopped(seconds{1});
    stopped.world.run(seconds{1});
    stopped.world.stop_for(milliseconds{1001}, false);
    CHECK(heard(stopped.world).at(stopped.next.number) == Outcomes{stalled()});

    Quiet paused(seconds{1});
    paused.world.run(seconds{1});
    paused.world.stop_for(milliseconds{1000}, false);
    CHECK(heard(paused.world).at(paused.next.number) == Outcomes{ok(milliseconds{1000})});
  }

  TEST_CASE("after the reading that followed a stall, echoes are timed as ever") {
    Quiet quiet(seconds{1});
    quiet.world.rtt = [](const AgentWorld::Sent&) { return seconds{3}; };
    quiet.world.run(seconds{1});
    quiet.world.stop_for(seconds{2}, false);
    const auto sent = quiet.world.echoes.at(0);
    quiet.world.run(milliseconds{900});
    quiet.world.tell(EchoDelivered{0, quiet.world.probe_topic(), sent.payload, false,
                                   quiet.world.now().mono, false});
    CHECK(heard(quiet.world).at(quiet.next.number) == Outcomes{ok(milliseconds{2900})});
  }

  TEST_CASE("the loop wakes every 100 ms while an echo is in flight, and not when none is") {
    Quiet quiet(seconds{1});
    quiet.world.rtt = [](const AgentWorld::Sent&) { return std::nullopt; };
    quiet.world.run(seconds{1});
    CHECK(quiet.world.core().next_wakeup() == quiet.world.now().mono + milliseconds{100});
    Quiet idle(seconds{2});
    CHECK(idle.world.core().next_wakeup() == idle.world.now().mono + seconds{2});
  }
}

TEST_SUITE("agent core: clock") {
  TEST_CASE("a clock that is slewed is followed without a word") {
    Quiet quiet(seconds{1});
    for (int i = 0; i < 1000; ++i) {
      quiet.world.step_clock(milliseconds{2});  // 500 ppm would be 2.5 ms
      quiet.world.run(seconds{5});
    }
    CHECK(quiet.world.core().counters().clock_steps == 0);
    CHECK(voids(quiet.world) == 0);
    for (const auto& sent : quiet.world.echoes) {
      const auto off = sent.at.utc - quiet.world.grid().due(slot_of(sent.at.utc, SlotWidth{}));
      CHECK(off >= nanoseconds{0});
      CHECK(off <= milliseconds{2});
    }
    CHECK(quiet.world.echoes.size() >= 1000);
    for (std::size_t i = 1; i < quiet.world.echoes.size(); ++i) {
      CHECK(slot_of(quiet.world.echoes[i].at.utc, SlotWidth{}) ==
            quiet.next + static_cast<std::int64_t>(i));
    }
  }

  TEST_CASE("a step of 50 ms is slewing, one nanosecond more is a step and counted") {
    for (const auto& [by, steps] :
         std::vector<std::pair<nanoseconds, int>>{{milliseconds{50}, 0},
                                                  {-milliseconds{50}, 0},
                                                  {milliseconds{50} + kInstant, 1},
                                                  {-milliseconds{50} - kInstant, 1}}) {
      Quiet quiet(seconds{1});
      quiet.world.step_clock(by);
      quiet.world.run(seconds{20});
      CHECK(quiet.world.core().counters().clock_steps == steps);
    }
  }

  TEST_CASE(
      "after a step of any size every slot has one echo, on the new grid from the next one on") {
    for (const auto by :
         {milliseconds{60}, milliseconds{700}, milliseconds{2000}, milliseconds{2500},
          milliseconds{-60}, milliseconds{-2000}, milliseconds{-2500}}) {
      CAPTURE(by.count());
      Quiet quiet(milliseconds{500});
      quiet.world.step_clock(by);
      quiet.world.run(seconds{52});
      CHECK(quiet.world.core().counters().clock_steps == 1);
      CHECK(voids(quiet.world) == 0);
      const auto by_slot = heard(quiet.world);
      std::int64_t expected = quiet.next.number;
      for (const auto& [slot, outcomes] : by_slot) {
        CHECK(slot == expected++);
        CHECK(outcomes == Outcomes{ok(milliseconds{20})});
      }
      CHECK(by_slot.size() >= 10);
      for (std::size_t i = 1; i < quiet.world.echoes.size(); ++i) {
        CHECK(quiet.world.echoes[i].at.utc ==
              quiet.world.grid().due(quiet.next + static_cast<std::int64_t>(i)));
      }
    }
  }

  TEST_CASE("after a larger step slots are left out or repeated, and none is void") {
    for (const auto by : {seconds{3}, seconds{3600}, seconds{-3}, seconds{-3600}}) {
      CAPTURE(by.count());
      Quiet quiet(milliseconds{500});
      quiet.world.step_clock(by);
      quiet.world.run(seconds{60});
      CHECK(voids(quiet.world) == 0);
      CHECK(quiet.world.echoes.size() >= 11);
      for (const auto& sent : quiet.world.echoes) {
        CHECK(sent.at.utc == quiet.world.grid().due(slot_of(sent.at.utc, SlotWidth{})));
      }
    }
  }

  TEST_CASE("a step hides no sleep: slots slept through before it are void, not echoed late") {
    for (const auto by : {milliseconds{100}, milliseconds{-100}}) {
      Quiet quiet(seconds{1});
      quiet.world.step_clock(by);
      quiet.world.stop_for(seconds{1 + 5 * 4 + 2});
      CHECK(quiet.world.echoes.empty());
      CHECK(voids(quiet.world) == 5);
    }
  }
}

}  // namespace echomesh::agent
