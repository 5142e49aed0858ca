#include "aggregator/path_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "aggregator/path_history.hpp"
#include "aggregator/rtt_buckets.hpp"
#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

constexpr milliseconds kSlow{1000};
constexpr Slot kEnd{359'049'240};
constexpr std::int64_t kDay = 17'280;
constexpr std::int64_t kHour = 720;

class History : public PathHistory {
 public:
  explicit History(SlotWidth width = {}) : PathHistory(width) { advance(kEnd); }
  void tell(std::int64_t behind, const EchoEntry& entry) { join(kEnd - behind, entry, kSlow); }
};

/// One slot as a plain reading of the rules has it.
struct Plain {
  bool ok = false;
  bool miss = false;
  bool late = false;
  bool voided = false;
  bool resent = false;
  nanoseconds rtt{0};

  bool is_miss() const { return miss || (late && !ok && !voided); }
  bool is_ok() const { return ok && !miss; }
  bool has_rtt() const { return is_ok() && !resent; }

  void tell(const EchoEntry& entry) {
    resent = resent || entry.resent;
    miss = miss || std::holds_alternative<Miss>(entry.outcome);
    late = late || std::holds_alternative<Late>(entry.outcome);
    voided = voided || std::holds_alternative<Void>(entry.outcome);
    if (const auto* good = std::get_if<Ok>(&entry.outcome)) {
      ok = true;
      rtt = std::max(rtt, good->rtt.value);
    }
  }
};

/// By behind: 0 is the last slot.
using Model = std::map<std::int64_t, Plain>;

std::vector<nanoseconds> rtts_of(const Model& model, std::int64_t slots) {
  std::vector<nanoseconds> rtts;
  for (const auto& [behind, plain] : model) {
    if (behind < slots && plain.has_rtt()) {
      rtts.push_back(plain.rtt);
    }
  }
  std::sort(rtts.begin(), rtts.end());
  return rtts;
}

/// The smallest value that at least `percent` of all do not exceed.
std::optional<nanoseconds> ranked(const std::vector<nanoseconds>& sorted, double percent) {
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (static_cast<double>(i + 1) * 100 >= percent * static_cast<double>(sorted.size())) {
      return sorted[i];
    }
  }
  return std::nullopt;
}

bool is_near(std::optional<nanoseconds> found, std::optional<nanoseconds> exact) {
  if (!found || !exact) {
    return found == exact;
  }
  return std::abs(static_cast<double>((*found - *exact).count())) <=
         0.01 * static_cast<double>(exact->count());
}

/// Everything but rtt_usual and elevated, which stand on rounded values.
void check_against(const Model& model, const PathStatistics& found) {
  PathStatistics expected;
  const auto hour = rtts_of(model, kHour);
  expected.rtt_p50_1h = ranked(hour, 50);
  expected.rtt_p95_1h = ranked(hour, 95);
  expected.rtt_max_1h = hour.empty() ? std::nullopt : std::optional(hour.back());
  nanoseconds sum{0};
  std::int64_t pairs = 0;
  for (const auto& [behind, plain] : model) {
    const auto before = model.find(behind + 1);
    if (behind + 1 < kHour && plain.has_rtt() && before != model.end() &&
        before->second.has_rtt()) {
      sum += std::chrono::abs(plain.rtt - before->second.rtt);
      ++pairs;
    }
    expected.loss_1h.part += behind < kHour && plain.is_miss() ? 1 : 0;
    expected.loss_1h.whole += behind < kHour && (plain.is_miss() || plain.is_ok()) ? 1 : 0;
    if (behind < kDay) {
      expected.accessible_24h.part += plain.is_ok() ? 1 : 0;
      expected.accessible_24h.whole += plain.is_ok() || plain.is_miss() ? 1 : 0;
      expected.resent_24h += plain.resent ? 1 : 0;
    }
  }
  expected.jitter_1h = pairs > 0 ? std::optional(sum / pairs) : std::nullopt;
  expected.coverage_24h = {expected.accessible_24h.whole, kDay};

  CHECK(found.rtt_p50_1h == expected.rtt_p50_1h);
  CHECK(found.rtt_p95_1h == expected.rtt_p95_1h);
  CHECK(found.rtt_max_1h == expected.rtt_max_1h);
  CHECK(found.jitter_1h == expected.jitter_1h);
  CHECK(found.loss_1h == expected.loss_1h);
  CHECK(found.accessible_24h == expected.accessible_24h);
  CHECK(found.coverage_24h == expected.coverage_24h);
  CHECK(found.resent_24h == expected.resent_24h);
  CHECK(is_near(found.rtt_usual, ranked(rtts_of(model, kDay), 50)));
}

/// The first slot of the bucket of 300 s that a slot is in.
Slot bucket_begin(Slot slot) {
  return {slot.number / 60 * 60};
}

PathStatistics statistics_of(PathHistory& history, Slot end) {
  return history.statistics(end);
}

TEST_SUITE("path statistics") {
  TEST_CASE("of nothing there are no figures, and the day is not covered") {
    PathStatistics none;
    none.coverage_24h = {0, kDay};
    History history;
    CHECK(statistics_of(history, kEnd) == none);
  }

  TEST_CASE("they are those of a plain reading of the rules") {
    for (std::uint64_t seed = seed_of_run(); seed < seed_of_run() + 6; ++seed) {
      CAPTURE(seed);
      Dice dice(seed);
      History history;
      Model model;
      const auto known = 20 + 16 * dice.below(6);
      for (std::int64_t behind = kDay + 20; behind >= 0; --behind) {
        for (int again = 0; again < 2 && dice.is_lucky(again == 0 ? known : 10); ++again) {
          const auto told =
              dice.is_lucky(70) ? ok(microseconds{15'000 + dice.below(90'000)}) : dice.any_entry();
          history.tell(behind, told);
          model[behind].tell(told);
        }
      }
      check_against(model, statistics_of(history, kEnd));
    }
  }

  TEST_CASE("percentiles are by nearest rank: of 20 RTTs the 10th and the 19th") {
    History history;
    for (std::int64_t i = 1; i <= 20; ++i) {
      history.tell(3 * i, ok(milliseconds{10 * ((8 * i) % 21)}));  // 1 to 20 in disorder
    }
    const auto statistics = statistics_of(history, kEnd);
    CHECK(statistics.rtt_p50_1h == milliseconds{100});
    CHECK(statistics.rtt_p95_1h == milliseconds{190});
    CHECK(statistics.rtt_max_1h == milliseconds{200});
    CHECK_FALSE(statistics.jitter_1h);  // no two are neighbours
    history.tell(2, ok(milliseconds{500}));
    CHECK(statistics_of(history, kEnd).rtt_p95_1h == milliseconds{200});
    CHECK(statistics_of(history, kEnd).rtt_p50_1h == milliseconds{110});
  }

  TEST_CASE("jitter is between neighbours only") {
    History history;
    history.tell(5, ok(milliseconds{900}));
    history.tell(3, ok(milliseconds{10}));
    history.tell(2, ok(milliseconds{16}));
    history.tell(1, ok(milliseconds{12}));
    CHECK(statistics_of(history, kEnd).jitter_1h == milliseconds{5});
  }

  TEST_CASE("the hour is 720 slots, the day 17,280, to the slot") {
    History history;
    history.tell(kHour - 1, miss());
    history.tell(kDay - 1, miss());
    CHECK(statistics_of(history, kEnd).loss_1h == Share{1, 1});
    CHECK(statistics_of(history, kEnd).accessible_24h == Share{0, 2});
    CHECK(statistics_of(history, kEnd + 1).loss_1h == Share{0, 0});
    CHECK(statistics_of(history, kEnd + 1).accessible_24h == Share{0, 1});
  }

  TEST_CASE("void slots are neither loss nor coverage") {
    History history;
    history.tell(0, nothing());
    history.tell(1, miss());
    history.tell(2, ok(milliseconds{20}));
    const auto statistics = statistics_of(history, kEnd);
    CHECK(statistics.loss_1h == Share{1, 2});
    CHECK(statistics.coverage_24h == Share{2, kDay});
  }

  TEST_CASE("a resent echo is accessible, is counted, and enters no RTT figure") {
    History history;
    history.tell(0, ok(milliseconds{3000}, true));
    const auto statistics = statistics_of(history, kEnd);
    CHECK(statistics.accessible_24h == Share{1, 1});
    CHECK(statistics.resent_24h == 1);
    CHECK_FALSE(statistics.rtt_p50_1h);
    CHECK_FALSE(statistics.rtt_max_1h);
    CHECK_FALSE(statistics.rtt_usual);
    const auto buckets = RttBucketReader(60, 1).read(history, bucket_begin(kEnd));
    CHECK_FALSE(buckets.p50.at(0));
  }

  TEST_CASE("elevated is a last minute well above both twice the usual and 30 ms more") {
    struct Row {
      milliseconds usual;
      milliseconds minute;
      int slots;
      bool elevated;
    };
    // The usual is kept within 0.7 %, hence 2 % beside each boundary.
    const std::vector<Row> rows = {{milliseconds{100}, milliseconds{204}, 12, true},
                                   {milliseconds{100}, milliseconds{196}, 12, false},
                                   {milliseconds{10}, milliseconds{41}, 12, true},
                                   {milliseconds{10}, milliseconds{39}, 12, false},
                                   {milliseconds{100}, milliseconds{900}, 7, true},
                                   {milliseconds{100}, milliseconds{900}, 6, false}};
    for (const auto& row : rows) {
      CAPTURE(row.minute.count());
      History history;
      for (std::int64_t behind = 200; behind >= 0; --behind) {
        history.tell(behind, ok(behind < row.slots ? row.minute : row.usual));
      }
      CHECK(statistics_of(history, kEnd).elevated == row.elevated);
    }
  }

  TEST_CASE("nothing in the last minute is not elevated") {
    History history;
    for (std::int64_t behind = 100; behind >= 12; --behind) {
      history.tell(behind, ok(behind < 24 ? seconds{2} : milliseconds{10}));
    }
    CHECK_FALSE(statistics_of(history, kEnd).elevated);
    CHECK(statistics_of(history, kEnd - 12).elevated);
  }

  TEST_CASE("buckets have the percentiles of their own slots, and none where nothing is") {
    History history;
    const Slot from = bucket_begin(kEnd) - 287 * 60;
    for (std::int64_t i = 0; i < 60; ++i) {
      history.join(from + i, ok(milliseconds{159 - i}), kSlow);
      history.join(from + 286 * 60 + i, ok(milliseconds{69 - i}), kSlow);
    }
    history.join(from + 287 * 60, miss(), kSlow);
    const auto buckets = RttBucketReader(60, 288).read(history, from);
    REQUIRE(buckets.p50.size() == 288);
    REQUIRE(buckets.p95.size() == 288);
    CHECK(is_near(buckets.p50.front(), milliseconds{129}));
    CHECK(is_near(buckets.p95.front(), milliseconds{156}));
    CHECK(buckets.p50.at(286) == milliseconds{39});
    CHECK(buckets.p95.at(286) == milliseconds{66});
    for (const std::size_t empty : {std::size_t{1}, std::size_t{285}, std::size_t{287}}) {
      CHECK_FALSE(buckets.p50.at(empty));
      CHECK_FALSE(buckets.p95.at(empty));
    }
  }
}

}  // namespace
}  // namespace echomesh::aggregator
