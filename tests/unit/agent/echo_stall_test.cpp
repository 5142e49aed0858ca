// The agent's own trouble: what a stall makes of an echo.

#include <doctest/doctest.h>

#include <chrono>

#include "agent/echo_tracker.hpp"
#include "tests/unit/agent/echo_history.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

TEST_SUITE("echo tracker: stalls") {
  TEST_CASE(
      "without a kernel time an echo found after a gap of 1 s is ok, one nanosecond more void") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{1100}, stall(seconds{1})},
           {milliseconds{1100}, found_unstamped(), {told(ok(milliseconds{1100}))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{1100}, stall(seconds{1} + kInstant)},
           {milliseconds{1100}, found_unstamped(), {told(stalled())}},
           {kJudged, expire(), {}}});
  }

  TEST_CASE("the gap that it was found after decides, not the sum of all") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{1000}, stall(milliseconds{900})},
           {milliseconds{2000}, stall(milliseconds{900})},
           {milliseconds{2000}, found_unstamped(), {told(ok(seconds{2}))}}});
  }

  TEST_CASE("read within the limit it is ok, one nanosecond past it void, if nobody knows better") {
    const auto read_at = [](nanoseconds at, const Settled& settled) {
      check({{kBefore, up()},
             {milliseconds{0}, due()},
             {at, stall(milliseconds{600})},
             {at, found_unstamped(), {settled}},
             {at + seconds{1}, expire(), {}}});
    };
    read_at(seconds{5}, told(ok(seconds{5})));
    read_at(seconds{5} + kInstant, told(stalled()));
  }

  TEST_CASE("an echo found after a stall counts by its kernel time, however long the stall") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {seconds{3600}, stall(seconds{3600})},
           {seconds{3600},
            found_stamped(seconds{3600} - milliseconds{48}),
            {told(ok(milliseconds{48}))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {seconds{20}, stall(seconds{19})},
           {seconds{20}, found_stamped(seconds{15}), {told(ok(seconds{5}))}}});
  }

  TEST_CASE("stamped past the limit it is no echo: the stall decides, and nothing is late") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {seconds{20}, stall(seconds{19})},
           {seconds{20}, found_stamped(seconds{15} - kInstant), {}},
           {seconds{20}, expire(), {told(stalled())}},
           {seconds{21}, back(), {}}});
  }

  TEST_CASE("no echo and stalls of 1 s in sum are a miss, one nanosecond more is void") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{1000}, stall(milliseconds{501})},
           {milliseconds{3000}, stall(milliseconds{499})},  // no stall
           {milliseconds{4000}, stall(milliseconds{499})},
           {kJudged, expire(), {told(miss(MissCause::timeout))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{2000}, stall(seconds{1})},
           {kJudged, expire(), {told(miss(MissCause::timeout))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{2000}, stall(seconds{1} + kInstant)},
           {kJudged, expire(), {told(stalled())}},
           {seconds{7}, back(), {}}});  // agents speak of late echoes only for a miss
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{1000}, stall(milliseconds{501})},
           {milliseconds{3000}, stall(milliseconds{501})},
           {kJudged, expire(), {told(stalled())}}});
  }

  TEST_CASE("a gap of 500 ms is no stall, one nanosecond more is one") {
    const auto over_the_limit = [](nanoseconds gap, const Settled& settled) {
      check({{kBefore, up()},
             {milliseconds{0}, due()},
             {milliseconds{5100}, stall(gap)},
             {milliseconds{5100}, expire(), {settled}}});
    };
    over_the_limit(milliseconds{500}, told(miss(MissCause::timeout)));
    over_the_limit(milliseconds{500} + kInstant, told(stalled()));
  }

  TEST_CASE("no echo and a limit that passed within a stall is void, at its end a miss") {
    const auto ends_at = [](nanoseconds end, const Settled& settled) {
      check({{kBefore, up()},
             {milliseconds{0}, due()},
             {end, stall(milliseconds{600})},
             {seconds{6}, expire(), {settled}}});
    };
    ends_at(seconds{5}, told(miss(MissCause::timeout)));
    ends_at(seconds{5} + kInstant, told(stalled()));
    ends_at(milliseconds{5600}, told(stalled()));
    ends_at(milliseconds{5600} + kInstant, told(miss(MissCause::timeout)));
  }

  TEST_CASE("only the part of a gap after the echo was due is its stall") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{500}, stall(seconds{10})},
           {kJudged, expire(), {told(miss(MissCause::timeout))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{1001}, stall(seconds{10})},
           {kJudged, expire(), {told(stalled())}}});
  }

  TEST_CASE("an echo found after the reading that followed a stall is timed as ever") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{3000}, stall(seconds{2})},
           {milliseconds{3200}, back(), {told(ok(milliseconds{3200}))}}});
  }

  TEST_CASE("sent 500 ms late by the loop an echo counts, one nanosecond more and it is void") {
    check({{kBefore, up()},
           {milliseconds{500}, sent_late_by(milliseconds{500})},
           {milliseconds{550}, back(), {told(ok(milliseconds{50}))}}});
    check({{kBefore, up()},
           {milliseconds{500} + kInstant, sent_late_by(milliseconds{500} + kInstant)},
           {milliseconds{550}, back(), {told(stalled())}}});
    check({{kBefore, up()},
           {milliseconds{500} + kInstant, sent_late_by(milliseconds{500} + kInstant)},
           {kJudged, expire(), {told(stalled())}}});
  }
}

}  // namespace echomesh::agent
