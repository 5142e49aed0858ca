// A miss says why.

#include <doctest/doctest.h>

#include <chrono>
#include <utility>
#include <vector>

#include "agent/echo_tracker.hpp"
#include "tests/unit/agent/echo_history.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

TEST_SUITE("echo tracker: causes") {
  TEST_CASE("down when due, a miss says the phase that the latest attempt failed in") {
    for (const auto cause :
         {MissCause::dns, MissCause::connect, MissCause::tls, MissCause::refused}) {
      check({{kBefore, failed(MissCause::timeout)},
             {milliseconds{0}, due()},
             {seconds{4}, failed(cause)},
             {kJudged, expire(), {told(miss(cause))}}});
    }
  }

  TEST_CASE("a link that was never heard to fail is a timeout") {
    check({{milliseconds{0}, due()}, {kJudged, expire(), {told(miss(MissCause::timeout))}}});
  }

  TEST_CASE("up after all but no return in time is a timeout, whatever failed before") {
    check({{kBefore, failed(MissCause::connect)},
           {milliseconds{0}, due()},
           {seconds{3}, up()},
           {kJudged, expire(), {resent(miss(MissCause::timeout))}}});
  }

  TEST_CASE("an echo that a full connection did not take is a timeout, whatever failed before") {
    EchoTracker tracker(kLimit);
    tracker.attempt_failed(MissCause::connect);
    tracker.link_up(false);
    tracker.due(1, kSlot, kDue);
    tracker.take_unsent(kDue);
    tracker.not_sent(1);
    CHECK(tracker.expire(kDue + kJudged) == std::vector{told(miss(MissCause::timeout))});
  }

  TEST_CASE("dropped more than 100 ms before the limit is lost, exactly 100 ms is a timeout") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{4900} - kInstant, lost()},
           {kJudged, expire(), {told(miss(MissCause::lost))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{4900}, lost()},
           {kJudged, expire(), {told(miss(MissCause::timeout))}}});
  }

  TEST_CASE("lost stays lost while the link fails to come back, and is a timeout if it does") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {seconds{1}, lost()},
           {seconds{2}, failed(MissCause::connect)},
           {kJudged, expire(), {told(miss(MissCause::lost))}}});
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {seconds{1}, lost()},
           {seconds{2}, up()},
           {kJudged, expire(), {resent(miss(MissCause::timeout))}}});
  }

  TEST_CASE("refused by the broker is denied: the publish, or the subscription") {
    check({{kBefore, up()},
           {milliseconds{0}, due()},
           {milliseconds{40}, acknowledged(135)},
           {kJudged, expire(), {told(miss(MissCause::denied))}}});
    check({{kBefore, up(true)},
           {milliseconds{0}, due()},
           {kJudged, expire(), {told(miss(MissCause::denied))}}});
  }

  TEST_CASE("a publish that is allowed does not hide that the subscription is denied") {
    check({{kBefore, up(true)},
           {milliseconds{0}, due()},
           {milliseconds{40}, acknowledged(16)},
           {kJudged, expire(), {told(miss(MissCause::denied))}}});
  }

  TEST_CASE("reason 127 is no refusal, 128 is one") {
    for (const auto& [reason, cause] : std::vector<std::pair<int, MissCause>>{
             {127, MissCause::timeout}, {128, MissCause::denied}}) {
      check({{kBefore, up()},
             {milliseconds{0}, due()},
             {milliseconds{40}, acknowledged(reason)},
             {kJudged, expire(), {told(miss(cause))}}});
    }
  }

  TEST_CASE("a denial ends with its connection: what is due while the link is down says why") {
    for (const bool subscription : {false, true}) {
      check({{-seconds{2}, up(subscription)},
             {-seconds{1}, subscription ? acknowledged(0) : acknowledged(135)},
             {kBefore, lost()},
             {milliseconds{0}, due()},
             {seconds{1}, failed(MissCause::connect)},
             {kJudged, expire(), {told(miss(MissCause::connect))}}});
    }
  }

  TEST_CASE("a denial ends when an echo comes back or is accepted") {
    check({{kBefore, up()},
           {milliseconds{0}, due(1)},
           {milliseconds{40}, acknowledged(135)},
           {kJudged, expire(), {told(miss(MissCause::denied), 1)}},
           {seconds{6}, due(2)},
           {milliseconds{6040}, acknowledged(0)},
           {seconds{6} + kJudged, expire(), {told(miss(MissCause::timeout), 2)}}});
    check({{kBefore, up(true)},
           {milliseconds{0}, due(1)},
           {milliseconds{50}, back(1), {told(ok(milliseconds{50}), 1)}},
           {seconds{5}, due(2)},
           {seconds{5} + kJudged, expire(), {told(miss(MissCause::timeout), 2)}}});
  }
}

}  // namespace echomesh::agent
