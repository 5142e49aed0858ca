#include "agent/self_check.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr nanoseconds kInstant{1};
constexpr MonoTime kStart{seconds{1000}};

}  // namespace

TEST_SUITE("self check") {
  TEST_CASE("a gap of 500 ms is none, one nanosecond more is a stall") {
    SelfCheck at_the_bound(kStart);
    CHECK_FALSE(at_the_bound.running(kStart + milliseconds{500}, true));

    SelfCheck past_it(kStart);
    const auto gap = past_it.running(kStart + milliseconds{500} + kInstant, true);
    REQUIRE(gap);
    CHECK(gap->from == kStart);
    CHECK(gap->to == kStart + milliseconds{500} + kInstant);
  }

  TEST_CASE("without an echo in flight no gap is a stall, however long") {
    SelfCheck check(kStart);
    CHECK_FALSE(check.running(kStart + seconds{3600}, false));
    CHECK_FALSE(check.running(kStart + seconds{3600} + milliseconds{100}, true));
  }

  TEST_CASE("each gap is told once, from where the loop last ran") {
    SelfCheck check(kStart);
    CHECK(check.running(kStart + seconds{2}, true));
    CHECK_FALSE(check.running(kStart + seconds{2}, true));
    const auto second = check.running(kStart + seconds{3}, true);
    REQUIRE(second);
    CHECK(second->from == kStart + seconds{2});
  }

  TEST_CASE("a reading that is older than the last one is no gap and moves nothing back") {
    SelfCheck check(kStart);
    check.running(kStart + seconds{2}, true);
    CHECK_FALSE(check.running(kStart + seconds{1}, true));
    CHECK_FALSE(check.running(kStart + milliseconds{2400}, true));
  }

  TEST_CASE("the beat comes 100 ms after the loop last ran") {
    SelfCheck check(kStart);
    CHECK(check.next_beat() == kStart + milliseconds{100});
    check.running(kStart + milliseconds{30}, true);
    CHECK(check.next_beat() == kStart + milliseconds{130});
  }

  TEST_CASE("the worst lag is that of timers and of beats, and no lag is negative") {
    SelfCheck check(kStart);
    check.woke(kStart + milliseconds{20}, kStart);
    CHECK(check.lag_max() == nanoseconds{0});
    check.woke(kStart, kStart + milliseconds{3});
    CHECK(check.lag_max() == milliseconds{3});
    check.woke(kStart + milliseconds{10}, kStart + milliseconds{11});
    CHECK(check.lag_max() == milliseconds{3});
    check.running(kStart + milliseconds{11}, false);
    check.running(kStart + milliseconds{411}, true);
    CHECK(check.lag_max() == milliseconds{300});
  }

  TEST_CASE("a lag is remembered for 30 s at least and for 60 s and a waking at most") {
    SelfCheck check(kStart);
    check.woke(kStart, kStart + milliseconds{250});
    const auto on_time = [&](nanoseconds after) { check.woke(kStart + after, kStart + after); };
    on_time(seconds{29});
    CHECK(check.lag_max() == milliseconds{250});
    on_time(seconds{31});
    CHECK(check.lag_max() == milliseconds{250});
    on_time(seconds{60});
    CHECK(check.lag_max() == milliseconds{250});
    on_time(seconds{62});
    CHECK(check.lag_max() == nanoseconds{0});
  }
}

}  // namespace echomesh::agent
