#include "aggregator/slot_cell.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

constexpr milliseconds kSlow{1000};

SlotCell cell(const EchoEntry& entry) {
  return SlotCell::of(entry, kSlow);
}

struct Knowledge {
  EchoEntry entry;
  LocationState state;
  std::string cause;
};

/// Each outweighs all before it.
std::vector<Knowledge> ascending() {
  using enum LocationState;
  return {{late(), inaccessible, "timeout"},
          {nothing(VoidCause::stalled), unknown, "stalled"},
          {nothing(VoidCause::blind), unknown, "blind"},
          {nothing(VoidCause::unwitnessed), unknown, "unwitnessed"},
          {ok(milliseconds{20}), accessible, ""},
          {miss(MissCause::timeout), inaccessible, "timeout"},
          {miss(MissCause::lost), inaccessible, "lost"},
          {miss(MissCause::connect), inaccessible, "connect"},
          {miss(MissCause::dns), inaccessible, "dns"},
          {miss(MissCause::tls), inaccessible, "tls"},
          {miss(MissCause::refused), inaccessible, "refused"},
          {miss(MissCause::denied), inaccessible, "denied"}};
}

double error_of_level(nanoseconds rtt) {
  const auto exact = static_cast<double>(rtt.count());
  return std::abs(static_cast<double>(RttLevel::of(Rtt{rtt}).value().count()) - exact) / exact;
}

TEST_SUITE("slot cell") {
  TEST_CASE("nothing known is unknown without a cause") {
    const SlotCell cell;
    CHECK_FALSE(cell.is_known());
    CHECK_FALSE(cell.is_ok());
    CHECK_FALSE(cell.is_miss());
    CHECK(cell.state() == LocationState::unknown);
    CHECK(cell.cause().empty());
    CHECK(cell.rtt().number() == 0);
  }

  TEST_CASE("of two outcomes the one that tells more stays, whichever came first") {
    const auto rows = ascending();
    for (std::size_t more = 0; more < rows.size(); ++more) {
      for (std::size_t less = 0; less <= more; ++less) {
        CAPTURE(more);
        CAPTURE(less);
        for (const auto& joined : {cell(rows[more].entry).join(cell(rows[less].entry)),
                                   cell(rows[less].entry).join(cell(rows[more].entry))}) {
          CHECK(joined.is_known());
          CHECK(joined.state() == rows[more].state);
          CHECK(joined.cause() == rows[more].cause);
        }
      }
    }
  }

  TEST_CASE("only void outcomes have a void cause, and neither ok nor miss") {
    for (const auto& row : ascending()) {
      const auto known = cell(row.entry);
      const auto* expected = std::get_if<Void>(&row.entry.outcome);
      CAPTURE(row.cause);
      CHECK(known.void_cause() == (expected ? std::optional(expected->cause) : std::nullopt));
      CHECK(known.is_ok() == std::holds_alternative<Ok>(row.entry.outcome));
      CHECK(known.is_miss() == (row.state == LocationState::inaccessible));
    }
  }

  TEST_CASE("an RTT at the limit for slow is slow, one nanosecond below it is not") {
    CHECK(cell(ok(kSlow)).state() == LocationState::slow);
    CHECK(cell(ok(kSlow - nanoseconds{1})).state() == LocationState::accessible);
  }

  TEST_CASE("of two RTTs the larger one stays, and with it slow") {
    const auto fast = cell(ok(milliseconds{20}));
    const auto slow = cell(ok(milliseconds{1200}));
    for (const auto& joined : {fast.join(slow), slow.join(fast)}) {
      CHECK(joined.rtt().number() == slow.rtt().number());
      CHECK(joined.state() == LocationState::slow);
    }
  }

  TEST_CASE("an RTT counts only where nothing speaks of a resent echo or a miss") {
    const auto fresh = cell(ok(milliseconds{20}));
    CHECK(fresh.rtt().number() > 0);
    CHECK(cell(ok(milliseconds{20}, true)).rtt().number() == 0);
    CHECK(cell(ok(milliseconds{20}, true)).is_ok());
    CHECK(fresh.join(cell(ok(milliseconds{20}, true))).rtt().number() == 0);
    CHECK(fresh.join(cell(miss())).rtt().number() == 0);
    CHECK(fresh.join(cell(nothing())).rtt().number() == fresh.rtt().number());
  }

  TEST_CASE("a resent echo may be slow") {
    CHECK(cell(ok(milliseconds{1500}, true)).state() == LocationState::slow);
  }

  TEST_CASE("resent stays once it was said") {
    CHECK_FALSE(cell(miss()).is_resent());
    CHECK(cell(miss()).join(cell(entry(Late{Rtt{seconds{6}}}, true))).is_resent());
    CHECK(cell(ok(milliseconds{20}, true)).join(cell(miss())).is_resent());
  }

  TEST_CASE("the join is commutative, associative and idempotent") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    Dice dice(seed);
    for (int round = 0; round < 20'000; ++round) {
      const auto a = cell(dice.any_entry());
      const auto b = cell(dice.any_entry());
      const auto c = cell(dice.any_entry());
      REQUIRE(a.join(b) == b.join(a));
      REQUIRE(a.join(b).join(c) == a.join(b.join(c)));
      REQUIRE(a.join(a) == a);
      REQUIRE(a.join(b).join(b) == a.join(b));
      REQUIRE(SlotCell{}.join(a) == a);
    }
  }

  TEST_CASE("an RTT between 50 us and 60 s is kept with an error under 1 %") {
    double worst = 0;
    for (double ns = 50e3; ns <= 60e9; ns *= 1.0007) {
      worst = std::max(worst, error_of_level(nanoseconds{std::llround(ns)}));
    }
    CHECK(worst < 0.01);
    CHECK(worst > 0.001);  // the sweep did look between the levels
  }

  TEST_CASE("levels rise with the RTT and end where the scale ends") {
    std::uint16_t last = 0;
    for (double ns = 50e3; ns <= 60e9; ns *= 1.02) {
      const auto level = RttLevel::of(Rtt{nanoseconds{std::llround(ns)}}).number();
      CHECK(level > last);
      last = level;
    }
    CHECK(RttLevel::of(Rtt{nanoseconds{0}}).number() == 1);
    CHECK(RttLevel::of(Rtt{microseconds{50}}).number() == 1);
    CHECK(RttLevel::of(Rtt{seconds{60}}).number() == RttLevel::kLevels - 1);
    CHECK(RttLevel::of(Rtt{seconds{900}}).number() == RttLevel::kLevels - 1);
  }
}

}  // namespace
}  // namespace echomesh::aggregator
