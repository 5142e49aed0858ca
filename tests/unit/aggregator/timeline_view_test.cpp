#include "aggregator/timeline_view.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

using enum LocationState;

constexpr milliseconds kSlow{1000};
constexpr Slot kEnd{359'049'240};
constexpr std::int64_t kDay = 17'280;
constexpr Slot kFrom = {kEnd.number - kDay + 1};
constexpr std::size_t kRoom = 3'300;

class History : public PathHistory {
 public:
  History() : PathHistory({}) { advance(kEnd); }
  /// By offset from the window's start.
  void tell(std::int64_t offset, const EchoEntry& entry) { join(kFrom + offset, entry, kSlow); }
  void tell(std::int64_t from, std::int64_t to, const EchoEntry& entry) {
    for (auto offset = from; offset < to; ++offset) {
      tell(offset, entry);
    }
  }
};

TimelineRun run(std::int64_t offset, std::int64_t slots, LocationState state,
                std::optional<std::string> cause = std::nullopt) {
  return {offset, slots, state, std::move(cause)};
}

/// The window as words, one a slot: `a`, `s`, `u`, `i timeout`, `u blind`, …
using Words = std::vector<std::string>;

std::string word_of(const EchoEntry& entry) {
  if (const auto* good = std::get_if<Ok>(&entry.outcome)) {
    return good->rtt.value >= kSlow ? "s" : "a";
  }
  if (const auto* missed = std::get_if<Miss>(&entry.outcome)) {
    return "i " + std::string(to_string(missed->cause));
  }
  if (const auto* voided = std::get_if<Void>(&entry.outcome)) {
    return "u " + std::string(to_string(voided->cause));
  }
  return "i timeout";
}

/// The worst comes first; of one state, the cause that outweighs.
std::size_t rank(const std::string& word) {
  static const std::vector<std::string> kOrder = {
      "i denied", "i refused", "i tls",         "i dns",   "i connect", "i lost", "i timeout",
      "s",        "a",         "u unwitnessed", "u blind", "u stalled", "u"};
  return static_cast<std::size_t>(std::find(kOrder.begin(), kOrder.end(), word) - kOrder.begin());
}

std::string worst(const Words& words, std::int64_t from, std::int64_t to) {
  return *std::min_element(words.begin() + from, words.begin() + to,
                           [](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

LocationState state_of(const std::string& word) {
  return word[0] == 'i' ? inaccessible : word[0] == 's' ? slow : unknown;
}

/// Runs of the window when each slot shows the worst of its step of UTC.
std::vector<TimelineRun> runs_of(const Words& words, std::int64_t step) {
  Words shown;
  for (std::int64_t past = kFrom.number / step * step - kFrom.number; past < kDay;) {
    const auto start = std::max<std::int64_t>(past, 0);
    past = std::min(past + step, kDay);
    shown.insert(shown.end(), static_cast<std::size_t>(past - start), worst(words, start, past));
  }
  std::vector<TimelineRun> runs;
  for (std::int64_t i = 0; i < kDay;) {
    const auto& word = shown[static_cast<std::size_t>(i)];
    auto end = i;
    while (end < kDay && shown[static_cast<std::size_t>(end)] == word) {
      ++end;
    }
    if (word != "a") {
      runs.push_back(run(i, end - i, state_of(word),
                         word.size() > 2 ? std::optional(word.substr(2)) : std::nullopt));
    }
    i = end;
  }
  return runs;
}

std::size_t bytes_of(const std::vector<TimelineRun>& runs) {
  std::size_t bytes = 0;
  for (const auto& item : runs) {
    bytes += std::string("[,,\"\"],").size() + std::to_string(item.offset).size() +
             std::to_string(item.slots).size() + to_string(item.state).size() +
             (item.cause ? item.cause->size() + std::string(",\"\"").size() : 0);
  }
  return bytes;
}

void check_against(const Words& words, const TimelineView& view) {
  CHECK(view.from == kFrom);
  CHECK(view.past_end == kEnd + 1);
  std::int64_t resolution = 0;
  std::vector<TimelineRun> runs;
  for (const std::int64_t step : {1, 12, 60, 360, 1800}) {
    resolution = step;
    runs = runs_of(words, step);
    if (bytes_of(runs) <= kRoom) {
      break;
    }
  }
  CHECK(view.resolution_slots == resolution);
  CHECK(view.runs == runs);
  std::string bar;
  for (std::int64_t i = 0; i < kDay; i += 60) {
    bar += worst(words, i, i + 60)[0];
  }
  CHECK(view.bar == bar);
}

TEST_SUITE("timeline view") {
  TEST_CASE("a day of which nothing is known is one unknown run without a cause") {
    const auto view = timeline_view(History(), kEnd, kRoom);
    CHECK(view.runs == std::vector{run(0, kDay, unknown)});
    CHECK(view.bar == std::string(288, 'u'));
    CHECK(view.resolution_slots == 1);
  }

  TEST_CASE("a day that is all accessible has no runs") {
    History history;
    history.tell(0, kDay, ok(milliseconds{20}));
    const auto view = timeline_view(history, kEnd, kRoom);
    CHECK(view.runs.empty());
    CHECK(view.bar == std::string(288, 'a'));
    CHECK(view.from == kFrom);
    CHECK(view.past_end == kEnd + 1);
  }

  TEST_CASE("touching slots of one state and cause are one run, of another cause they are not") {
    History history;
    history.tell(0, kDay, ok(milliseconds{20}));
    history.tell(10, 13, miss());
    history.tell(13, 15, miss(MissCause::dns));
    history.tell(20, 21, ok(seconds{2}));
    history.tell(22, 23, ok(seconds{2}));
    CHECK(timeline_view(history, kEnd, kRoom).runs ==
          std::vector{run(10, 3, inaccessible, "timeout"), run(13, 2, inaccessible, "dns"),
                      run(20, 1, slow), run(22, 1, slow)});
  }

  TEST_CASE("unknown slots without and with a cause are different runs") {
    History history;
    history.tell(0, kDay - 4, ok(milliseconds{20}));
    history.tell(kDay - 2, nothing(VoidCause::blind));
    CHECK(timeline_view(history, kEnd, kRoom).runs ==
          std::vector{run(kDay - 4, 2, unknown), run(kDay - 2, 1, unknown, "blind"),
                      run(kDay - 1, 1, unknown)});
  }

  TEST_CASE("a run is cut where the window begins and ends") {
    History history;
    history.tell(-5, kDay, miss());
    CHECK(timeline_view(history, kEnd, kRoom).runs ==
          std::vector{run(0, kDay, inaccessible, "timeout")});
    CHECK(timeline_view(history, kEnd - 1, kRoom).runs ==
          std::vector{run(0, kDay, inaccessible, "timeout")});
  }

  TEST_CASE("a letter is the worst of its 60 slots: i over s over a over u") {
    const std::vector<std::pair<std::vector<EchoEntry>, char>> rows = {
        {{}, 'u'},
        {{nothing()}, 'u'},
        {{nothing(), ok(milliseconds{20})}, 'a'},
        {{ok(milliseconds{20}), ok(seconds{2}), nothing()}, 's'},
        {{ok(milliseconds{20}), miss(), ok(seconds{2})}, 'i'},
    };
    for (const auto& [entries, letter] : rows) {
      History history;
      for (std::size_t i = 0; i < entries.size(); ++i) {
        history.tell(i == 0 ? 60 : 119 - static_cast<std::int64_t>(i), entries[i]);
      }
      const auto bar = timeline_view(history, kEnd, kRoom).bar;
      CHECK(bar[1] == letter);
      CHECK(bar[0] == 'u');
      CHECK(bar[2] == 'u');
    }
  }

  TEST_CASE("as many runs as fit are shown slot by slot, one more is coarser") {
    History history;
    history.tell(0, kDay, ok(milliseconds{20}));
    history.tell(108, miss());  // both in the twelve slots of UTC from 107 on
    history.tell(110, miss());
    const auto room =
        bytes_of({run(108, 1, inaccessible, "timeout"), run(110, 1, inaccessible, "timeout")});
    CHECK(timeline_view(history, kEnd, room).resolution_slots == 1);
    const auto coarse = timeline_view(history, kEnd, room - 1);
    CHECK(coarse.resolution_slots == 12);
    CHECK(coarse.runs == std::vector{run(107, 12, inaccessible, "timeout")});
  }

  TEST_CASE("coarse steps are aligned to UTC and clipped to the window") {
    History history;
    history.tell(0, kDay, ok(milliseconds{20}));
    history.tell(0, miss());
    history.tell(kDay - 1, miss());
    history.tell(5'000, miss());
    const auto view = timeline_view(history, kEnd, 0);
    CHECK(view.resolution_slots == 1800);
    REQUIRE(view.runs.size() == 3);
    CHECK(view.runs[0].offset == 0);
    CHECK((view.from + view.runs[0].slots).number % 1800 == 0);
    CHECK((view.from + view.runs[1].offset).number % 1800 == 0);
    CHECK(view.runs[1].slots == 1800);
    CHECK((view.from + view.runs[2].offset).number % 1800 == 0);
    CHECK(view.runs[2].offset + view.runs[2].slots == kDay);
  }

  TEST_CASE("it is what a plain reading of the rules gives") {
    for (std::uint64_t seed = seed_of_run(); seed < seed_of_run() + 8; ++seed) {
      CAPTURE(seed);
      Dice dice(seed);
      History history;
      Words words(static_cast<std::size_t>(kDay), "u");
      const auto calm = std::vector<std::int64_t>{3'000, 400, 100, 40, 10, 3, 2, 1}.at(seed % 8);
      for (std::int64_t i = 0; i < kDay;) {
        const auto told = dice.is_lucky(60) ? ok(milliseconds{20}) : dice.any_entry();
        const auto end = std::min(kDay, i + 1 + dice.below(2 * calm));
        const bool is_silent = dice.is_lucky(10);
        for (; i < end; ++i) {
          if (!is_silent) {
            history.tell(i, told);
            words[static_cast<std::size_t>(i)] = word_of(told);
          }
        }
      }
      check_against(words, timeline_view(history, kEnd, kRoom));
    }
  }

  TEST_CASE("the worst flapping fits into a retained document") {
    for (const std::int64_t period : {2, 12, 24, 60, 120, 360, 720, 1800, 3600}) {
      for (const bool has_causes : {true, false}) {
        CAPTURE(period);
        History history;
        for (std::int64_t i = 0; i < kDay; ++i) {
          const auto bad = has_causes ? (i / period % 2 == 0 ? miss(MissCause::connect)
                                                             : miss(MissCause::timeout))
                                      : ok(seconds{2});
          history.tell(i, i % period < period / 2 || has_causes ? bad : ok(milliseconds{20}));
        }
        const auto view = timeline_view(history, kEnd, kRoom);
        CHECK(bytes_of(view.runs) <= kRoom);
        const std::string id(32, 'x');
        const Timeline document{{UtcTime{}, UtcTime{seconds{1'795'246'200}}},
                                std::numeric_limits<std::int64_t>::max(),
                                region_id(id),
                                location_id(id),
                                {},
                                view.from,
                                view.past_end,
                                view.resolution_slots,
                                view.runs,
                                view.bar};
        CHECK(to_json(document).size() < kMaxRetainedBytes);
      }
    }
  }
}

}  // namespace
}  // namespace echomesh::aggregator
