// Who is ill when nobody answers: tries, answers and what they excuse.

#include "agent/blindness.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr RegionIndex kEu = 0;
constexpr RegionIndex kUs = 1;
constexpr MonoTime kDue{seconds{1000}};
constexpr nanoseconds kInstant{1};

using Asked = std::optional<std::vector<RegionIndex>>;
const Asked kNobody = std::nullopt;
const Asked kWitnesses = std::vector<RegionIndex>{};

bool all_out(RegionIndex /*region*/, MonoTime /*due*/) {
  return true;
}
bool none_out(RegionIndex /*region*/, MonoTime /*due*/) {
  return false;
}
bool eu_out(RegionIndex region, MonoTime /*due*/) {
  return region == kEu;
}

/// An echo is due, nothing is heard of it; `events` come between the tries that begin on time.
struct Silence {
  Blindness blindness;

  explicit Silence(std::size_t regions = 2, bool has_witnesses = true)
      : blindness(seconds{5}, regions, has_witnesses) {
    blindness.due(kDue);
  }
  /// Begins every try up to `second`, each as it is due.
  Silence& ask_until(int second) {
    while (asked_ < second) {
      ++asked_;
      blindness.ask(kDue + seconds{asked_}, all_out);
    }
    return *this;
  }
  std::optional<VoidCause> excuse(RegionIndex region = kEu) {
    ask_until(4);
    return blindness.excuse(region, kDue);
  }
  int asked_ = 0;
};

}  // namespace

TEST_SUITE("blindness: whom it asks") {
  TEST_CASE("the first try begins a fifth of the limit after the echo was due, not before") {
    Blindness blindness(seconds{5}, 2, true);
    blindness.due(kDue);
    CHECK(blindness.next_try() == kDue + seconds{1});
    CHECK(blindness.ask(kDue + seconds{1} - kInstant, all_out) == kNobody);
    CHECK(blindness.ask(kDue + seconds{1}, all_out) == kWitnesses);
    CHECK(blindness.next_try() == kDue + seconds{2});
  }

  TEST_CASE("there are four tries, a fifth of the limit apart") {
    Blindness blindness(milliseconds{1000}, 2, true);
    blindness.due(kDue);
    std::vector<nanoseconds> tries;
    for (milliseconds at{0}; at < seconds{3}; at += milliseconds{10}) {
      if (blindness.ask(kDue + at, all_out)) {
        tries.emplace_back(at);
      }
    }
    CHECK(tries == std::vector<nanoseconds>{milliseconds{200}, milliseconds{400}, milliseconds{600},
                                            milliseconds{800}});
    CHECK(blindness.next_try() == std::nullopt);
  }

  TEST_CASE("nobody is asked while every echo is back, nor later for that slot") {
    Blindness blindness(seconds{5}, 2, true);
    blindness.due(kDue);
    CHECK(blindness.ask(kDue + seconds{1}, none_out) == kNobody);
    CHECK(blindness.ask(kDue + seconds{2}, all_out) == kNobody);
    CHECK(blindness.next_try() == std::nullopt);
  }

  TEST_CASE("without witnesses the other regions are asked, and never the one that is overdue") {
    Blindness blindness(seconds{5}, 3, false);
    blindness.due(kDue);
    CHECK(blindness.ask(kDue + seconds{1}, eu_out) == Asked({1, 2}));
    CHECK(blindness.ask(kDue + seconds{2}, all_out) == Asked({0, 1, 2}));
  }

  TEST_CASE("one region without a witness asks nobody, and a miss is a miss") {
    Silence alone(1, false);
    CHECK_FALSE(alone.blindness.can_ask());
    CHECK(alone.blindness.next_try() == std::nullopt);
    CHECK(alone.excuse() == std::nullopt);
    CHECK(Silence(1, true).excuse() == VoidCause::blind);
  }

  TEST_CASE("where the limit is longer than a slot the tries of both echoes begin on time") {
    Blindness blindness(seconds{10}, 2, true);
    blindness.due(kDue);
    blindness.ask(kDue + seconds{2}, all_out);
    blindness.ask(kDue + seconds{4}, all_out);
    blindness.due(kDue + seconds{5});
    CHECK(blindness.next_try() == kDue + seconds{6});
    blindness.ask(kDue + seconds{6}, all_out);
    CHECK(blindness.next_try() == kDue + seconds{7});
    CHECK(blindness.ask(kDue + seconds{7}, all_out) == kWitnesses);
  }
}

TEST_SUITE("blindness: what silence excuses") {
  TEST_CASE("nobody answered: blind with witnesses, unwitnessed without") {
    CHECK(Silence().excuse() == VoidCause::blind);
    CHECK(Silence(2, false).excuse() == VoidCause::unwitnessed);
  }

  TEST_CASE("two tries in succession without an answer are enough, wherever they stand") {
    Silence heard_late;  // tries 1 and 2 are silent, 3 and 4 are answered
    heard_late.ask_until(3).blindness.witness_heard(kDue + milliseconds{3100});
    heard_late.ask_until(4).blindness.witness_heard(kDue + milliseconds{4100});
    CHECK(heard_late.excuse() == VoidCause::blind);
    Silence heard_early;
    heard_early.ask_until(1).blindness.witness_heard(kDue + milliseconds{1100});
    heard_early.ask_until(2).blindness.witness_heard(kDue + milliseconds{2100});
    CHECK(heard_early.excuse() == VoidCause::blind);
  }

  TEST_CASE("two silent tries with an answered one between excuse nothing") {
    Silence silence;
    silence.ask_until(1).blindness.witness_heard(kDue + milliseconds{1100});
    silence.ask_until(3).blindness.witness_heard(kDue + milliseconds{3100});
    CHECK(silence.excuse() == std::nullopt);
  }

  TEST_CASE("an answer counts for a try to its last instant and not one later") {
    const auto excuse_when_heard_at = [](nanoseconds at) {
      Silence silence;  // all but the second try are silent
      silence.ask_until(2).blindness.witness_heard(kDue + at);
      silence.ask_until(4).blindness.witness_heard(kDue + milliseconds{4500});
      return silence.excuse();
    };
    CHECK(excuse_when_heard_at(seconds{3}) == std::nullopt);
    CHECK(excuse_when_heard_at(seconds{3} + kInstant) == VoidCause::blind);
  }

  TEST_CASE("what another region says counts for this one, with witnesses or without") {
    for (const bool has_witnesses : {true, false}) {
      Silence silence(2, has_witnesses);
      for (int second = 1; second <= 4; ++second) {
        silence.ask_until(second).blindness.region_heard(
            kUs, kDue + milliseconds{100} + seconds{second});
      }
      CHECK(silence.excuse(kEu) == std::nullopt);
    }
  }

  TEST_CASE("the watched region's own word since the echo was due makes it a miss") {
    const auto excuse_when_heard_at = [](MonoTime at) {
      Silence silence;
      silence.blindness.region_heard(kEu, at);
      return silence.excuse(kEu);
    };
    CHECK(excuse_when_heard_at(kDue - kInstant) == VoidCause::blind);
    CHECK(excuse_when_heard_at(kDue) == std::nullopt);
  }

  TEST_CASE("a region's word speaks for the others and not in its own place") {
    Silence silence(2, false);
    silence.ask_until(1).blindness.region_heard(kUs, kDue + milliseconds{1500});
    silence.ask_until(3).blindness.region_heard(kUs, kDue + milliseconds{3500});
    CHECK(silence.excuse(kEu) == std::nullopt);
    Silence later(3, false);
    later.ask_until(1).blindness.region_heard(kEu, kDue + milliseconds{1500});
    later.blindness.region_heard(kUs, kDue + milliseconds{1600});
    later.ask_until(3).blindness.region_heard(kUs, kDue + milliseconds{3500});
    CHECK(later.excuse(2) == std::nullopt);
  }

  TEST_CASE("a try that the loop began too late for half of it tells nothing") {
    const auto excuse_when_begun_at = [](nanoseconds second_try) {
      Blindness blindness(seconds{5}, 2, true);
      blindness.due(kDue);
      blindness.ask(kDue + seconds{1}, all_out);
      blindness.ask(kDue + second_try, all_out);
      blindness.ask(kDue + seconds{3}, all_out);
      blindness.witness_heard(kDue + milliseconds{3500});
      blindness.ask(kDue + seconds{4}, all_out);
      blindness.witness_heard(kDue + milliseconds{4500});
      return blindness.excuse(kEu, kDue);
    };
    CHECK(excuse_when_begun_at(milliseconds{2500}) == VoidCause::blind);
    CHECK(excuse_when_begun_at(milliseconds{2500} + kInstant) == std::nullopt);
  }

  TEST_CASE("a try that a stall interrupted tells nothing, those around it stand side by side") {
    const auto excuse_with = [](bool third_is_answered) {
      Silence silence;
      silence.ask_until(2).blindness.stalled(
          {kDue + milliseconds{2100}, kDue + milliseconds{2700}});
      silence.ask_until(3);
      if (third_is_answered) {
        silence.blindness.witness_heard(kDue + milliseconds{3100});
        silence.ask_until(4).blindness.witness_heard(kDue + milliseconds{4100});
      }
      return silence.excuse();
    };
    CHECK(excuse_with(false) == VoidCause::blind);
    CHECK(excuse_with(true) == std::nullopt);
  }

  TEST_CASE("each slot is excused by its own tries") {
    Silence silence;
    silence.ask_until(4);
    silence.blindness.due(kDue + seconds{5});
    for (int second = 6; second <= 9; ++second) {
      silence.blindness.ask(kDue + seconds{second}, all_out);
      silence.blindness.witness_heard(kDue + seconds{second} + milliseconds{50});
    }
    CHECK(silence.blindness.excuse(kEu, kDue) == VoidCause::blind);
    CHECK(silence.blindness.excuse(kEu, kDue + seconds{5}) == std::nullopt);
  }

  TEST_CASE("ticks long judged are forgotten") {
    Silence silence;
    silence.ask_until(4);
    silence.blindness.due(kDue + seconds{10} + kInstant);
    CHECK(silence.blindness.excuse(kEu, kDue) == std::nullopt);
  }
}

}  // namespace echomesh::agent
