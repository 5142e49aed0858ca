#include "aggregator/scope.hpp"

#include <string>
#include <vector>

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

std::vector<LocationId> places(std::initializer_list<std::string_view> names) {
  std::vector<LocationId> ids;
  for (const auto name : names) {
    ids.push_back(location_id(name));
  }
  return ids;
}

TEST_SUITE("scope") {
  TEST_CASE("one sentence says which places see what") {
    struct Row {
      Views views;
      std::string sentence;
    };
    const auto seven = places({"a", "b", "c", "d", "e", "f", "g"});
    const std::vector<Row> rows = {
        {{}, "no location has reported on eu"},
        {{{}, {}, {}, places({"tokyo"})}, "no location can tell how eu is; unknown from tokyo"},
        {{places({"a"}), {}, {}, {}}, "the only judging location reaches eu"},
        {{seven, {}, {}, {}}, "all 7 judging locations reach eu"},
        {{seven, {}, places({"london"}), {}}, "1 of 8 locations cannot reach eu: london"},
        {{{}, {}, seven, {}}, "7 of 7 locations cannot reach eu"},
        {{{}, {}, places({"a"}), {}}, "1 of 1 location cannot reach eu"},
        {{places({"z"}), {}, seven, {}},
         "7 of 8 locations cannot reach eu: a, b, c, d, e and 2 more"},
        {{places({"z"}), {}, places({"a", "b", "c", "d", "e"}), {}},
         "5 of 6 locations cannot reach eu: a, b, c, d, e"},
        {{seven, places({"sg"}), {}, {}}, "1 of 8 locations finds eu slow: sg"},
        {{seven, places({"sg", "us"}), {}, {}}, "2 of 9 locations find eu slow: sg, us"},
        {{{}, seven, {}, {}}, "7 of 7 locations find eu slow"},
        {{seven, places({"sg"}), places({"us"}), places({"tokyo"})},
         "1 of 9 locations cannot reach eu: us; 1 of 9 locations finds eu slow: sg; unknown from "
         "tokyo"},
    };
    for (const auto& row : rows) {
      CHECK(scope_sentence(region_id("eu"), row.views) == row.sentence);
    }
  }

  TEST_CASE("a thousand places make a short sentence") {
    Views views;
    for (int i = 0; i < 1000; ++i) {
      const auto id = location_id(std::string(28, 'x') + std::to_string(1000 + i));
      views.accessible.push_back(id);
      views.slow.push_back(id);
      views.inaccessible.push_back(id);
      views.unknown.push_back(id);
    }
    CHECK(scope_sentence(region_id(std::string(32, 'r')), views).size() < 1000);
  }
}

}  // namespace
}  // namespace echomesh::aggregator
