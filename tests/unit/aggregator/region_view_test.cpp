#include "aggregator/region_view.hpp"

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

using enum RegionState;

constexpr UtcTime kNow{seconds{1'795'246'200}};

RegionView view() {
  return {KnownRegion{region_id("eu"), "Europe", 50.1, 8.7}, 0};
}

RegionSummary publish(RegionView& view, UtcTime now) {
  return view.summary({}, 0, false, {now, now + seconds{90}});
}

TEST_SUITE("region view") {
  TEST_CASE("it is held from the start: nothing heard is not judged") {
    auto region = view();
    region.ballot().change(kNoGroup, Vote::none, Vote::inaccessible);
    CHECK_FALSE(region.refresh({}, kNow));
    CHECK(region.state() == unknown);
    region.release();
    CHECK(region.refresh({}, kNow));
    CHECK(region.state() == major_outage);
  }

  TEST_CASE("what was published under 60 s ago is held on to, at 60 s it is unknown") {
    for (const auto& [age, expected] : {std::pair{seconds{60} - nanoseconds{1}, partial_outage},
                                        std::pair{nanoseconds{seconds{60}}, unknown}}) {
      CAPTURE(age.count());
      auto region = view();
      region.found_retained({kNow - age, partial_outage, kNow - seconds{500}});
      region.hold(kNow);
      CHECK(region.state() == expected);
      const auto since = publish(region, kNow).since;
      CHECK(since == (expected == unknown ? kNow : kNow - seconds{500}));
    }
  }

  TEST_CASE("what claims to be of the far future is not believed") {
    auto region = view();
    region.found_retained({kNow + seconds{61}, partial_outage, std::nullopt});
    region.hold(kNow);
    CHECK(region.state() == unknown);
  }

  TEST_CASE("what this run published itself outweighs what is found") {
    auto region = view();
    region.release();
    region.ballot().change(kNoGroup, Vote::none, Vote::accessible);
    region.refresh({}, kNow);
    publish(region, kNow);
    region.found_retained({kNow, major_outage, kNow});
    CHECK(region.state() == operational);
  }

  TEST_CASE("while the connection is down the state stays as published last") {
    auto region = view();
    region.release();
    region.ballot().change(kNoGroup, Vote::none, Vote::accessible);
    region.refresh({}, kNow);
    publish(region, kNow);
    region.freeze();
    region.ballot().change(kNoGroup, Vote::accessible, Vote::none);
    CHECK_FALSE(region.refresh({}, kNow + seconds{20}));
    region.hold(kNow + seconds{30});
    CHECK(region.state() == operational);
    region.hold(kNow + seconds{60});
    CHECK(region.state() == unknown);
  }

  TEST_CASE("only another state is a change, and it begins then") {
    auto region = view();
    region.release();
    region.ballot().change(kNoGroup, Vote::none, Vote::accessible);
    CHECK(region.refresh({}, kNow));
    CHECK_FALSE(region.refresh({}, kNow + seconds{5}));
    CHECK(publish(region, kNow + seconds{6}).since == kNow);
    region.ballot().change(kNoGroup, Vote::accessible, Vote::inaccessible);
    CHECK(region.refresh({}, kNow + seconds{7}));
    CHECK(publish(region, kNow + seconds{8}).since == kNow + seconds{7});
  }

  TEST_CASE("its summary counts the places by what they see") {
    auto region = view();
    const auto ids = [](int count) {
      return std::vector<LocationId>(static_cast<std::size_t>(count), location_id("x"));
    };
    const auto summary = region.summary({ids(1), ids(2), ids(3), ids(4)}, 2, true, {kNow, {}});
    CHECK(summary.region == region_id("eu"));
    CHECK(summary.name == "Europe");
    CHECK(summary.accessible == 1);
    CHECK(summary.slow == 2);
    CHECK(summary.inaccessible == 3);
    CHECK(summary.unknown == 4);
    CHECK(summary.judging == 6);
    CHECK(summary.locations == 10);
    CHECK(summary.blind == 2);
    CHECK(summary.self_reported);
    CHECK(summary.scope.find("3 of 6 locations cannot reach eu") == 0);
  }
}

}  // namespace
}  // namespace echomesh::aggregator
