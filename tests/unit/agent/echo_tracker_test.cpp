#include "agent/echo_tracker.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "tests/unit/agent/echo_history.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

TEST_SUITE("echo tracker: limit") {
  TEST_CASE("an echo back exactly at the limit counts, one nanosecond later it is a miss") {
    check(
        {{kBefore, up()}, {milliseconds{0}, due()}, {seconds{5}, back(), {told(ok(seconds{5}))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {seconds{5} + kInstant, back(), {}},
           {kJudged, expire(), {told(miss(MissCause::timeout)), told(late(seconds{5} + kInstant))}},
           {seconds{9}, back(), {}}});
  }

  TEST_CASE("the limit runs from when the echo was due, its time from the publish") {
    check({{kBefore, up()},
           {milliseconds{300}, sent_late_by(milliseconds{300})},
           {milliseconds{348}, back(), {told(ok(milliseconds{48}))}}});
    check({{kBefore, up()},
           {milliseconds{300}, sent_late_by(milliseconds{300})},
           {seconds{5}, back(), {told(ok(milliseconds{4700}))}}});
    check({{kBefore, up()},
           {milliseconds{300}, sent_late_by(milliseconds{300})},
           {seconds{5} + kInstant, back(), {}},
           {kJudged,
            expire(),
            {told(miss(MissCause::timeout)), told(late(milliseconds{4700} + kInstant))}}});
  }

  TEST_CASE("limits are judged a millisecond after they pass, so that stamps can arrive") {
    EchoTracker tracker(kLimit);
    CHECK_FALSE(tracker.next_deadline());
    up()(tracker, kDue);
    due()(tracker, kDue);
    CHECK(tracker.has_in_flight());
    CHECK(tracker.next_deadline() == kDue + kJudged);
    CHECK(tracker.expire(kDue + kJudged - kInstant).empty());
    CHECK(tracker.returned(1, kDue + seconds{5}, true, false) == told(ok(seconds{5})));
    CHECK_FALSE(tracker.has_in_flight());
    CHECK_FALSE(tracker.next_deadline());
  }

  TEST_CASE("a stamp from before the publish makes a time of zero, never a negative one") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {-milliseconds{1}, back(), {told(ok(nanoseconds{0}))}}});
  }

  TEST_CASE("each of several echoes in flight has its own limit and its own number") {
    EchoTracker tracker(seconds{12});
    up()(tracker, kDue);
    for (int n = 1; n <= 3; ++n) {
      due(n)(tracker, kDue + seconds{5 * (n - 1)});
    }
    CHECK(tracker.returned(3, kDue + seconds{11}, true, false) == told(ok(seconds{1}), 3));
    const std::vector<Settled> first{told(miss(MissCause::timeout), 1)};
    CHECK(tracker.expire(kDue + milliseconds{12'001}) == first);
    CHECK(tracker.returned(2, kDue + milliseconds{12'500}, true, false) ==
          told(ok(milliseconds{7500}), 2));
    CHECK_FALSE(tracker.has_in_flight());
  }
}

TEST_SUITE("echo tracker: own echoes") {
  TEST_CASE("an echo counts once; its second copy and numbers never sent are nothing") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{10}, back(2), {}},
           {milliseconds{10}, back(0), {}},
           {milliseconds{20}, back(), {told(ok(milliseconds{20}))}},
           {milliseconds{21}, back(), {}},
           {kJudged, expire(), {}}});
  }

  TEST_CASE("an echo that never went out cannot come back, and is not called resent") {
    check({{milliseconds{0}, due()},
           {milliseconds{10}, back(), {}},
           {kJudged, expire(), {told(miss(MissCause::timeout))}}});
  }
}

TEST_SUITE("echo tracker: late") {
  TEST_CASE("a later return is late by its real time, once, and the slot stays a miss") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {kJudged, expire(), {told(miss(MissCause::timeout))}},
           {milliseconds{7312}, back(), {told(late(milliseconds{7312}))}},
           {milliseconds{7313}, back(), {}}});
  }

  TEST_CASE("a return 15 min after the echo was due is told, one nanosecond later it is not") {
    const Step judged{kJudged, expire(), {told(miss(MissCause::timeout))}};
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           judged,
           {minutes{15}, expire(), {}},
           {minutes{15}, back(), {told(late(minutes{15}))}}});
    check(
        {{kBefore, up()}, {milliseconds{0}, due()}, judged, {minutes{15} + kInstant, back(), {}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           judged,
           {minutes{15} + kInstant, expire(), {}},
           {minutes{14}, back(), {}}});
  }

  TEST_CASE("a late echo is waited for while its connection lives, and no longer") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {kJudged, expire(), {told(miss(MissCause::timeout))}},
           {seconds{6}, lost()},
           {seconds{7}, up()},
           {seconds{8}, back(), {}}});
  }

  TEST_CASE("an echo that was resent is late by the time since it was due") {
    check({{milliseconds{0}, due()},
           {seconds{2}, up()},
           {kJudged, expire(), {resent(miss(MissCause::timeout))}},
           {seconds{7}, back(), {resent(late(seconds{7}))}}});
  }
}

TEST_SUITE("echo tracker: resending") {
  TEST_CASE("an echo due while the link is down goes out as soon as it is up") {
    check({{milliseconds{0}, due()},
           {milliseconds{2000}, up()},
           {milliseconds{2048}, back(), {resent(ok(milliseconds{2048}))}}});
  }

  TEST_CASE("an echo in flight when the link drops goes out again under its number") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{1000}, lost()},
           {milliseconds{3000}, up()},
           {milliseconds{3048}, back(), {resent(ok(milliseconds{3048}))}}});
  }

  TEST_CASE("an echo goes out at its limit still, one nanosecond later no more") {
    for (const auto& [after, count] : std::vector<std::pair<nanoseconds, std::size_t>>{
             {seconds{5}, 1}, {seconds{5} + kInstant, 0}}) {
      EchoTracker tracker(kLimit);
      tracker.due(1, kSlot, kDue);
      tracker.link_up(false);
      CHECK(tracker.take_unsent(kDue + after).size() == count);
    }
  }

  TEST_CASE("an echo goes out once a connection") {
    EchoTracker tracker(kLimit);
    tracker.link_up(false);
    tracker.due(1, kSlot, kDue);
    CHECK(tracker.take_unsent(kDue).size() == 1);
    CHECK(tracker.take_unsent(kDue).empty());
    tracker.link_lost(kDue + seconds{1}, MissCause::lost);
    CHECK(tracker.take_unsent(kDue + seconds{1}).empty());
    tracker.link_up(false);
    CHECK(tracker.take_unsent(kDue + seconds{2}).size() == 1);
    CHECK(tracker.take_unsent(kDue + seconds{2}).empty());
  }

  TEST_CASE("an echo that the connection did not take waits for the next one") {
    EchoTracker tracker(kLimit);
    tracker.link_up(false);
    tracker.due(1, kSlot, kDue);
    tracker.take_unsent(kDue);
    tracker.not_sent(1);
    CHECK(tracker.take_unsent(kDue + milliseconds{1}).empty());
    CHECK_FALSE(tracker.returned(1, kDue + milliseconds{2}, true, false));
    tracker.link_lost(kDue + seconds{1}, MissCause::lost);
    up()(tracker, kDue + seconds{2});
    CHECK(tracker.returned(1, kDue + milliseconds{2100}, true, false) ==
          resent(ok(milliseconds{2100})));
  }

  TEST_CASE("the first echo on a connection asks for permission, until the broker has given it") {
    EchoTracker tracker(kLimit);
    const auto asks = [&](std::int64_t n) {
      tracker.due(n, kSlot + n, kDue + seconds{n});
      const auto unsent = tracker.take_unsent(kDue + seconds{n});
      REQUIRE(unsent.size() == 1);
      CHECK(unsent[0].n == n);
      return unsent[0].ask_permission;
    };
    tracker.link_up(false);
    CHECK(asks(1));
    CHECK(asks(2));  // unanswered so far
    tracker.acknowledged(0);
    CHECK_FALSE(asks(3));
    tracker.acknowledged(135);
    CHECK(asks(4));
    tracker.acknowledged(16);  // nobody subscribed: allowed
    CHECK_FALSE(asks(5));
    tracker.expire(kDue + seconds{60});
    tracker.link_lost(kDue + seconds{60}, MissCause::lost);
    tracker.link_up(false);
    CHECK(asks(61));
  }
}

}  // namespace echomesh::agent
