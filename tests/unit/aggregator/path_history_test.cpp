#include "aggregator/path_history.hpp"

#include <map>
#include <vector>

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

constexpr milliseconds kSlow{1000};
constexpr Slot kNow{359'049'240};
constexpr std::int64_t kBehind = 3;    // max_behind of a limit of one slot
constexpr std::int64_t kDay = 17'280;  // slots of 5 s

class History : public PathHistory {
 public:
  explicit History(SlotWidth width = {}) : PathHistory(width) { advance(kNow); }
  bool tell(Slot slot, const EchoEntry& entry) { return join(slot, entry, kSlow); }
};

TEST_SUITE("path history") {
  TEST_CASE("a new history knows nothing") {
    const History history;
    CHECK(history.now(kNow, kBehind) == PathNow{});
    CHECK_FALSE(history.latest());
    CHECK_FALSE(history.since(kNow, kBehind));
    CHECK_FALSE(history.at(kNow).is_known());
    CHECK(history.window_slots() == kDay);
  }

  TEST_CASE("a join says whether it changed what is known") {
    History history;
    CHECK(history.tell(kNow, ok(milliseconds{20})));
    CHECK_FALSE(history.tell(kNow, ok(milliseconds{20})));
    CHECK_FALSE(history.tell(kNow, nothing()));
    CHECK(history.tell(kNow, miss()));
  }

  TEST_CASE("24 h are kept whole, also when the window ends before the newest slot") {
    for (const int width : {1, 2, 3, 4, 5, 10, 60}) {
      CAPTURE(width);
      History history{SlotWidth{seconds{width}}};
      const Slot oldest = history.window_end(kNow, 63) - (history.window_slots() - 1);
      CHECK(history.tell(oldest, miss()));
      CHECK(history.tell(kNow + kFutureSlots, ok(milliseconds{1})));
      CHECK(history.at(oldest).is_miss());
    }
  }

  TEST_CASE("the 24 h of whole 300 s buckets before the current one are kept") {
    for (const int width : {1, 2, 3, 4, 5, 60}) {
      CAPTURE(width);
      History history{SlotWidth{seconds{width}}};
      const Slot first = kNow - (history.window_slots() + 300 / width - 1);
      CHECK(history.tell(first, miss()));
      history.advance(kNow + kFutureSlots);
      CHECK(history.at(first).is_miss());
    }
  }

  TEST_CASE("the oldest slot of the ring is kept, the one before it is not") {
    History history;
    const Slot oldest = history.oldest_kept();
    CHECK(history.tell(oldest, miss()));
    CHECK_FALSE(history.tell(oldest - 1, miss()));
    CHECK(history.at(oldest).is_miss());
    CHECK_FALSE(history.at(oldest - 1).is_known());
    history.advance(kNow + 1);
    CHECK_FALSE(history.at(oldest).is_known());
    CHECK_FALSE(history.at(kNow + 1).is_known());  // its cell was used again
    CHECK_FALSE(history.latest());
  }

  TEST_CASE("time goes forward only, however far") {
    History history;
    history.tell(kNow, miss());
    history.advance(kNow - 5);
    CHECK(history.at(kNow).is_miss());
    history.advance(kNow + 10 * kDay);
    CHECK_FALSE(history.at(kNow).is_known());
    CHECK_FALSE(history.at(kNow + 10 * kDay).is_known());
    CHECK_FALSE(history.exact_rtt(kNow + 10 * kDay));
  }

  TEST_CASE("an exact RTT is kept for the last hour, the larger of two, in either order") {
    History history;
    const Slot hour_ago = kNow - (kDay / 24 - 1);
    for (const auto& [slot, first, second] :
         {std::tuple{kNow, 20'001, 31'007}, std::tuple{hour_ago, 31'007, 20'001}}) {
      history.tell(slot, ok(microseconds{first}));
      history.tell(slot, ok(microseconds{second}));
      CHECK(history.exact_rtt(slot) == microseconds{31'007});
    }
    history.tell(kNow - 5 * kDay / 24, ok(milliseconds{9}));
    CHECK_FALSE(history.exact_rtt(kNow - 5 * kDay / 24));
    CHECK(history.at(kNow - 5 * kDay / 24).rtt().number() > 0);
  }

  TEST_CASE("an exact RTT is not that of a slot long ago") {
    History history;
    for (std::int64_t i = 0; i < 2'000; ++i) {
      history.tell(kNow + i, ok(milliseconds{i < 1'000 ? 500 : 20}));
    }
    for (std::int64_t i = 2'000 - kDay / 24; i < 2'000; ++i) {
      REQUIRE(history.exact_rtt(kNow + i) == milliseconds{20});
    }
  }

  TEST_CASE("there is no exact RTT of a miss, a void or a resent echo") {
    History history;
    for (const auto& spoiler : {miss(), ok(milliseconds{10}, true)}) {
      const Slot slot = kNow - (std::holds_alternative<Miss>(spoiler.outcome) ? 1 : 2);
      history.tell(slot, ok(milliseconds{20}));
      CHECK(history.exact_rtt(slot) == milliseconds{20});
      history.tell(slot, spoiler);
      CHECK_FALSE(history.exact_rtt(slot));
    }
    history.tell(kNow, nothing());
    CHECK_FALSE(history.exact_rtt(kNow));
    CHECK_FALSE(history.exact_rtt(kNow + 1));
  }

  TEST_CASE("the window ends with the later of the latest outcome and the settled slot") {
    History history;
    CHECK(history.window_end(kNow, 4) == kNow - 4);
    history.tell(kNow - 5, miss());
    CHECK(history.window_end(kNow, 4) == kNow - 4);
    history.tell(kNow - 3, nothing());
    CHECK(history.window_end(kNow, 4) == kNow - 3);
    history.tell(kNow + 1, miss());
    CHECK(history.window_end(kNow, 4) == kNow + 1);
    CHECK(history.latest() == kNow + 1);
  }

  TEST_CASE("an outcome 3 slots behind speaks of now, one 4 behind does not") {
    History history;
    history.tell(kNow, ok(milliseconds{20}));
    const PathNow shown{LocationState::accessible, "", kNow, std::nullopt, milliseconds{20}};
    CHECK(history.now(kNow, kBehind) == shown);
    CHECK(history.now(kNow + 3, kBehind) == shown);
    CHECK(history.now(kNow + 4, kBehind) == PathNow{});
    CHECK(history.now(kNow + 4, kBehind + 1) == shown);
  }

  TEST_CASE("now is the latest outcome, not later than the current slot") {
    History history;
    history.tell(kNow - 2, miss(MissCause::lost));
    history.tell(kNow + 1, ok(milliseconds{20}));
    CHECK(history.now(kNow, kBehind).state == LocationState::inaccessible);
    CHECK(history.now(kNow, kBehind).cause == "lost");
    CHECK(history.now(kNow + 1, kBehind).state == LocationState::accessible);
  }

  TEST_CASE("a void outcome makes now unknown, and says why") {
    History history;
    history.tell(kNow - 1, ok(milliseconds{20}));
    history.tell(kNow, nothing(VoidCause::unwitnessed));
    const auto now = history.now(kNow, kBehind);
    CHECK(now.state == LocationState::unknown);
    CHECK(now.cause == "unwitnessed");
    CHECK(now.voided == VoidCause::unwitnessed);
    CHECK_FALSE(now.rtt);
  }

  TEST_CASE("a state is as old as its first slot, across gaps that it spans") {
    struct Row {
      const char* what;
      std::vector<std::pair<int, EchoEntry>> told;  // slots relative to now
      std::optional<int> since;
    };
    const auto good = ok(milliseconds{20});
    const std::vector<Row> rows = {
        {"one slot", {{0, good}}, 0},
        {"a row of slots", {{-2, good}, {-1, good}, {0, good}}, -2},
        {"another state before", {{-3, miss()}, {-2, good}, {-1, good}}, -2},
        {"another cause is no other state", {{-1, miss()}, {0, miss(MissCause::dns)}}, -1},
        {"slow is not accessible", {{-1, ok(seconds{2})}, {0, good}}, 0},
        {"a gap of 3 is spanned", {{-4, good}, {0, good}}, -4},
        {"a gap of 4 is not", {{-5, good}, {0, good}}, 0},
        {"gaps in a row", {{-8, good}, {-4, good}, {0, good}}, -8},
        {"voids in a row", {{-1, nothing()}, {0, nothing(VoidCause::blind)}}, -1},
        {"silence since an outcome", {{-9, good}, {-8, good}}, -7},
        {"silence since a void", {{-9, good}, {-8, nothing()}}, -8},
        {"the future does not count", {{1, good}}, std::nullopt},
        {"silence, and a future slot", {{-8, good}, {1, good}}, -7},
    };
    for (const auto& row : rows) {
      CAPTURE(row.what);
      History history;
      for (const auto& [offset, entry] : row.told) {
        history.tell(kNow + offset, entry);
      }
      const auto expected =
          row.since ? std::optional<Slot>(kNow + *row.since) : std::optional<Slot>();
      CHECK(history.since(kNow, kBehind) == expected);
    }
  }

  TEST_CASE("a state that lasts longer than the ring is as old as the ring") {
    History history;
    for (Slot slot = kNow; slot <= kNow + kDay + 500; slot = slot + 1) {
      history.tell(slot, miss());
    }
    CHECK(history.since(kNow + kDay + 500, kBehind) == history.oldest_kept());
  }

  TEST_CASE("a ring holds what a map of joined slots holds") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    Dice dice(seed);
    History history;
    std::map<Slot, SlotCell> model;
    Slot current = kNow;
    for (int round = 0; round < 20'000; ++round) {
      current = current + (dice.is_lucky(5) ? dice.below(400) : dice.below(2));
      history.advance(current);
      const Slot slot = current + kFutureSlots - dice.below(dice.is_lucky(50) ? 10 : kDay);
      const auto told = dice.any_entry();
      const auto before = model[slot];
      model[slot] = before.join(SlotCell::of(told, kSlow));
      REQUIRE(history.tell(slot, told) == (model[slot] != before));
    }
    for (Slot slot = current - (kDay - 1); slot <= current + kFutureSlots; slot = slot + 1) {
      REQUIRE(history.at(slot) == model[slot]);
    }
  }
}

}  // namespace
}  // namespace echomesh::aggregator
