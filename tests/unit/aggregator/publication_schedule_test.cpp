#include "aggregator/publication_schedule.hpp"

#include <map>
#include <utility>
#include <vector>

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

using enum Document;

constexpr MonoTime at(std::int64_t ms) {
  return MonoTime{milliseconds{ms}};
}

std::vector<std::pair<PathIndex, Document>> taken(PublicationSchedule& schedule, MonoTime now) {
  std::vector<std::pair<PathIndex, Document>> documents;
  while (const auto due = schedule.take(now)) {
    documents.emplace_back(due->path, due->document);
  }
  return documents;
}

TEST_SUITE("publication schedule") {
  TEST_CASE("a period is stretched so that 200 paths go out a second at the most") {
    CHECK(paced(seconds{5}, 0) == seconds{5});
    CHECK(paced(seconds{5}, 1000) == seconds{5});
    CHECK(paced(seconds{5}, 1001) == seconds{6});
    CHECK(paced(seconds{30}, 6000) == seconds{30});
    CHECK(paced(seconds{30}, 500'000) == seconds{2500});
  }

  TEST_CASE("nothing is due until it is asked for, and once") {
    PublicationSchedule schedule;
    CHECK_FALSE(schedule.next());
    CHECK_FALSE(schedule.take(at(1'000'000)));
    schedule.request(3, state, at(10));
    CHECK(schedule.next() == at(10));
    CHECK_FALSE(schedule.take(at(9)));
    CHECK(taken(schedule, at(10)) == std::vector{std::pair{PathIndex{3}, state}});
    CHECK_FALSE(schedule.next());
  }

  TEST_CASE("a request brings forward, and does not put off") {
    PublicationSchedule schedule;
    schedule.request(0, numbers, at(50));
    schedule.request(0, numbers, at(20));
    schedule.request(0, numbers, at(80));
    CHECK(schedule.next() == at(20));
    CHECK(taken(schedule, at(100)).size() == 1);
  }

  TEST_CASE("setting moves in both directions") {
    PublicationSchedule schedule;
    schedule.set(0, numbers, at(50));
    schedule.set(0, numbers, at(80));
    CHECK(schedule.next() == at(80));
    schedule.set(0, numbers, at(50));
    CHECK(schedule.next() == at(50));
    CHECK(taken(schedule, at(100)).size() == 1);
  }

  TEST_CASE("documents and paths are due apart, the earliest first") {
    PublicationSchedule schedule;
    schedule.request(1, timeline, at(30));
    schedule.request(0, numbers, at(20));
    schedule.request(0, history, at(10));
    schedule.request(1, numbers, at(40));
    CHECK(taken(schedule, at(30)) == std::vector{std::pair{PathIndex{0}, history},
                                                 std::pair{PathIndex{0}, numbers},
                                                 std::pair{PathIndex{1}, timeline}});
    CHECK(schedule.next() == at(40));
  }

  TEST_CASE("after a clear nothing is due, and may be asked for again") {
    PublicationSchedule schedule;
    schedule.request(0, numbers, at(10));
    schedule.clear();
    CHECK_FALSE(schedule.next());
    CHECK(taken(schedule, at(100)).empty());
    schedule.request(0, numbers, at(10));
    CHECK(taken(schedule, at(100)).size() == 1);
  }

  TEST_CASE("a schedule is due as a table of due times is") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    Dice dice(seed);
    PublicationSchedule schedule;
    std::map<std::pair<PathIndex, Document>, MonoTime> model;
    for (std::int64_t now = 0; now < 5'000; ++now) {
      const std::pair key{static_cast<PathIndex>(dice.below(20)),
                          static_cast<Document>(dice.below(kDocuments))};
      const MonoTime due = at(now + dice.below(100));
      if (dice.is_lucky(50)) {
        schedule.request(key.first, key.second, due);
        const auto [known, is_new] = model.emplace(key, due);
        known->second = std::min(known->second, due);
      } else {
        schedule.set(key.first, key.second, due);
        model[key] = due;
      }
      std::vector<std::pair<PathIndex, Document>> expected;
      std::erase_if(model, [&](const auto& planned) {
        const bool is_due = planned.second <= at(now);
        if (is_due) {
          expected.push_back(planned.first);
        }
        return is_due;
      });
      auto found = taken(schedule, at(now));
      std::sort(found.begin(), found.end());
      REQUIRE(found == expected);
    }
  }
}

}  // namespace
}  // namespace echomesh::aggregator
