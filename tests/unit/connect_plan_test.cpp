#include "proto/connect_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace echomesh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonoTime kStart{std::chrono::hours{1}};

/// A plan in virtual time, and a diary of what it wanted: "250: attempt 2 at 1".
class Rehearsal {
 public:
  explicit Rehearsal(std::uint64_t seed = 1) : plan(seed) {}

  void tell(const std::function<void(ConnectPlan&, MonoTime)>& event) {
    event(plan, now);
    note();
  }
  /// Wakes the plan whenever it asks for it, up to `at` after the start.
  void run_until(nanoseconds at) {
    while (plan.next_wakeup() && *plan.next_wakeup() <= kStart + at) {
      now = std::max(now, *plan.next_wakeup());
      tell([](ConnectPlan& p, MonoTime t) { p.woke(t); });
      REQUIRE(++wakeups < 10'000);  // a plan that asks for the present again would never end
    }
    now = kStart + at;
  }

  void start() {
    tell([](ConnectPlan& p, MonoTime t) { p.start(t); });
  }
  void resolved(std::size_t addresses) {
    tell([=](ConnectPlan& p, MonoTime t) { p.resolved(addresses, t); });
  }
  void started_with(std::size_t addresses) {
    start();
    resolved(addresses);
  }
  void connected(AttemptId id) {
    tell([=](ConnectPlan& p, MonoTime t) { p.connected(id, t); });
  }
  void up(AttemptId id) {
    tell([=](ConnectPlan& p, MonoTime t) { p.up(id, t); });
  }
  void failed(AttemptId id, AttemptEnd end = AttemptEnd::broken) {
    tell([=](ConnectPlan& p, MonoTime t) { p.failed(id, end, t); });
  }
  void lost() {
    tell([](ConnectPlan& p, MonoTime t) { p.lost(t); });
  }

  /// What was noted since the last call.
  std::vector<std::string> diary() { return std::exchange(diary_, {}); }
  int alive() const { return alive_; }

  ConnectPlan plan;
  MonoTime now = kStart;
  int wakeups = 0;

 private:
  void note() {
    const auto ms = std::chrono::duration_cast<milliseconds>(now - kStart).count();
    for (const auto& action : plan.take_actions()) {
      diary_.push_back(std::to_string(ms) + ": " +
                       std::visit([this](const auto& what) { return words(what); }, action));
    }
  }
  std::string words(const Resolve& /*action*/) { return "resolve"; }
  std::string words(const Attempt& action) {
    ++alive_;
    return "attempt " + std::to_string(action.id) + " at " + std::to_string(action.address);
  }
  std::string words(const Abandon& action) {
    --alive_;
    return (action.is_overdue ? "overdue " : "abandon ") + std::to_string(action.id);
  }
  std::string words(const Unanswered& action) { return "unanswered " + std::to_string(action.id); }

  std::vector<std::string> diary_;
  int alive_ = 0;
};

using Diary = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("connect_plan");

TEST_CASE("nothing is tried before an address is known, then the first is at once") {
  Rehearsal rehearsal;
  rehearsal.start();
  CHECK(rehearsal.diary() == Diary{"0: resolve"});
  CHECK_FALSE(rehearsal.plan.next_wakeup());
  rehearsal.run_until(milliseconds{30});
  rehearsal.resolved(1);
  CHECK(rehearsal.diary() == Diary{"30: attempt 1 at 0"});
}

TEST_CASE("a name that cannot be resolved is asked for again after a second") {
  Rehearsal rehearsal;
  rehearsal.start();
  rehearsal.tell([](ConnectPlan& p, MonoTime t) { p.not_resolved(t); });
  CHECK(rehearsal.diary() == Diary{"0: resolve"});
  rehearsal.run_until(milliseconds{999});
  CHECK(rehearsal.diary().empty());
  rehearsal.run_until(milliseconds{1100});
  CHECK(rehearsal.diary().size() == 1);
}

TEST_CASE("of several addresses the next one joins after 250 ms") {
  Rehearsal rehearsal;
  rehearsal.started_with(3);
  rehearsal.run_until(milliseconds{249});
  CHECK(rehearsal.diary() == Diary{"0: resolve", "0: attempt 1 at 0"});
  rehearsal.run_until(milliseconds{999});
  CHECK(rehearsal.diary() == Diary{"250: attempt 2 at 1", "500: attempt 3 at 2"});
}

TEST_CASE("the first to answer wins, the others are dropped unheard") {
  Rehearsal rehearsal;
  rehearsal.started_with(3);
  rehearsal.run_until(milliseconds{600});
  rehearsal.diary();
  rehearsal.connected(2);
  CHECK(rehearsal.diary() == Diary{"600: abandon 1", "600: abandon 3"});
  rehearsal.connected(1);  // too late
  CHECK(rehearsal.diary().empty());
  rehearsal.up(2);
  CHECK_FALSE(rehearsal.plan.next_wakeup());
}

TEST_CASE("a connect unanswered for 1 s is told once and joined, not replaced") {
  Rehearsal rehearsal;
  rehearsal.started_with(1);
  rehearsal.run_until(milliseconds{999});
  CHECK(rehearsal.diary() == Diary{"0: resolve", "0: attempt 1 at 0"});
  rehearsal.run_until(milliseconds{1100});
  const auto joined = rehearsal.diary();
  REQUIRE(joined.size() == 3);
  CHECK(joined[0] == "1000: unanswered 1");
  CHECK(joined[2].ends_with("attempt 2 at 0"));
  rehearsal.connected(1);  // the old one may still win
  CHECK(rehearsal.diary() == Diary{"1100: abandon 2"});
}

TEST_CASE("unanswered attempts go on for 8 s, and at most 8 at once") {
  for (const std::size_t addresses : {1U, 2U, 16U}) {
    CAPTURE(addresses);
    Rehearsal rehearsal;
    rehearsal.started_with(addresses);
    for (int second = 1; second <= 60; ++second) {
      rehearsal.run_until(seconds{second});
      if (addresses == 1) {
        rehearsal.resolved(addresses);
      }
      CHECK(rehearsal.alive() <= 8);
      CHECK(rehearsal.alive() >= 1);
      if (second == 7 && addresses == 1) {
        CHECK(rehearsal.alive() >= 7);
      }
    }
  }
}

TEST_CASE("an attempt that failed is followed by an untried address at once") {
  Rehearsal rehearsal;
  rehearsal.started_with(2);
  rehearsal.diary();
  rehearsal.run_until(milliseconds{5});
  rehearsal.failed(1);
  rehearsal.run_until(milliseconds{6});
  CHECK(rehearsal.diary() == Diary{"5: attempt 2 at 1"});
}

TEST_CASE("when all addresses failed, the next round begins 1 s after the last start, or 5 s") {
  for (const auto& [end, from, to] :
       {std::tuple{AttemptEnd::broken, milliseconds{1000}, milliseconds{1100}},
        std::tuple{AttemptEnd::refused, milliseconds{5000}, milliseconds{5500}}}) {
    Rehearsal rehearsal;
    rehearsal.started_with(1);
    rehearsal.run_until(milliseconds{300});
    rehearsal.diary();
    rehearsal.failed(1, end);
    rehearsal.run_until(from - milliseconds{1});
    CHECK(rehearsal.diary().empty());
    rehearsal.run_until(to);
    CHECK(rehearsal.diary().size() == 2);  // resolve, attempt
  }
}

TEST_CASE("a winner has 5 s from TCP to SUBACK, and not a nanosecond more") {
  Rehearsal rehearsal;
  rehearsal.started_with(1);
  rehearsal.run_until(milliseconds{100});
  rehearsal.connected(1);
  rehearsal.diary();
  rehearsal.run_until(milliseconds{5100} - nanoseconds{1});
  CHECK(rehearsal.diary().empty());
  rehearsal.run_until(milliseconds{5100});
  const auto after = rehearsal.diary();
  REQUIRE(after.size() >= 2);
  CHECK(after.front() == "5100: overdue 1");
  CHECK(after.back() == "5100: attempt 2 at 0");
}

TEST_CASE("a lost link comes back within 100 ms, beginning with the address that worked") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rehearsal rehearsal(seed);
    rehearsal.started_with(2);
    rehearsal.run_until(milliseconds{250});
    rehearsal.connected(2);
    rehearsal.up(2);
    rehearsal.run_until(seconds{60});
    rehearsal.diary();
    rehearsal.lost();
    rehearsal.run_until(seconds{60} + milliseconds{100});
    const auto after = rehearsal.diary();
    REQUIRE(after.size() == 2);
    CHECK(after[1].ends_with("attempt 3 at 1"));
  }
}

TEST_CASE("a link that is lost at once each time is not tried more than once a second") {
  Rehearsal rehearsal;
  rehearsal.started_with(1);
  for (AttemptId id = 1; id <= 10; ++id) {
    rehearsal.connected(id);
    rehearsal.up(id);
    const MonoTime lost_at = rehearsal.now;
    rehearsal.lost();
    rehearsal.run_until(rehearsal.now - kStart + milliseconds{1100});
    CHECK(rehearsal.plan.next_wakeup().value() - lost_at > seconds{1});
  }
}

TEST_CASE("a name that has fewer addresses than before forgets the others' numbers") {
  Rehearsal rehearsal;
  rehearsal.started_with(2);
  rehearsal.run_until(milliseconds{1100});  // the second round has asked again
  rehearsal.diary();
  rehearsal.resolved(1);
  rehearsal.connected(2);  // an attempt at what was number 1
  rehearsal.up(2);
  rehearsal.run_until(seconds{60});
  rehearsal.lost();
  rehearsal.run_until(seconds{63});
  for (const auto& line : rehearsal.diary()) {
    CHECK_FALSE(line.ends_with("at 1"));
  }
}

TEST_CASE("what comes from an attempt that is over changes nothing") {
  Rehearsal rehearsal;
  rehearsal.started_with(1);
  rehearsal.connected(1);
  rehearsal.up(1);
  rehearsal.diary();
  rehearsal.failed(7);
  rehearsal.connected(7);
  rehearsal.up(7);
  CHECK(rehearsal.diary().empty());
  CHECK_FALSE(rehearsal.plan.next_wakeup());
}

TEST_SUITE_END();

}  // namespace echomesh
