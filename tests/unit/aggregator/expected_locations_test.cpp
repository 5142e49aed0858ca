// Who is shown and who votes: expected locations, groups, and the region of the broker itself.

#include <string>

#include "tests/unit/aggregator/aggregator_rig.hpp"

namespace echomesh::aggregator {
namespace {

constexpr nanoseconds kRtt{48'211'000};

TEST_SUITE("expected locations") {
  TEST_CASE("the region of the broker itself is shown only once it was reported on") {
    auto config = config_for({"us", "eu"});
    config.region_of_broker = region_id("us");
    AggregatorRig rig(config);
    rig.settle();
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt)});
    rig.pass(seconds{60});
    CHECK(rig.retained("region/us/state") == "nothing");
    CHECK(rig.retained("region/us/summary") == "nothing");
    CHECK(rig.on_topic("region/us/live").empty());
    CHECK(value_of(rig.retained("region/eu/summary"), "self_reported") == "false");
    rig.next_slot();
    rig.report("london", rig.slot(), {on("us", ok(kRtt))});
    rig.pass(nanoseconds{0});
    CHECK(rig.retained("region/us/state") == "operational");
    CHECK(value_of(rig.retained("region/us/summary"), "self_reported") == "true");
  }

  TEST_CASE("an expected location never heard of is shown, unknown, but not of the own region") {
    auto config = config_for({"us", "eu"});
    config.region_of_broker = region_id("us");
    config.locations = {{location_id("london")}, {location_id("tokyo")}};
    AggregatorRig rig(config);
    rig.settle();
    CHECK(rig.retained("region/eu/location/tokyo/state") == "unknown");
    CHECK(value_of(rig.retained("region/eu/location/tokyo/summary"), "cause") ==
          "\"never_reported\"");
    CHECK(value_of(rig.retained("region/eu/location/tokyo/summary"), "since_ms") == "null");
    CHECK(value_of(rig.retained("region/eu/summary"), "locations") == "2");
    CHECK(value_of(rig.retained("region/eu/summary"), "unknown") == "2");
    CHECK(rig.retained("region/us/location/tokyo/state") == "nothing");
    CHECK(rig.retained("region/us/state") == "nothing");
    rig.next_slot();
    rig.report("tokyo", rig.slot(), {nothing()});
    rig.pass(seconds{30});
    CHECK(value_of(rig.retained("region/eu/location/tokyo/summary"), "cause") == "null");
    CHECK(value_of(rig.retained("region/eu/location/london/summary"), "cause") ==
          "\"never_reported\"");
  }

  TEST_CASE("where locations are expected, only they vote, with their own limit for slow") {
    auto config = config_for({"eu"});
    config.locations = {{location_id("a")}, {location_id("b"), milliseconds{40}}};
    config.verdict.expected_votes = 2;
    config.verdict.min_judging = 2;
    AggregatorRig rig(config);
    rig.settle();
    rig.next_slot();
    rig.report("a", rig.slot(), {ok(kRtt)});
    for (const auto* stranger : {"x", "y", "z"}) {
      rig.report(stranger, rig.slot(), {miss()});
    }
    rig.pass(nanoseconds{0});
    CHECK(rig.retained("region/eu/state") == "unknown");
    rig.report("b", rig.slot(), {ok(kRtt)});
    rig.pass(nanoseconds{0});
    CHECK(rig.retained("region/eu/state") == "operational");
    CHECK(rig.retained("region/eu/location/a/state") == "accessible");
    CHECK(rig.retained("region/eu/location/b/state") == "slow");
    CHECK(rig.retained("region/eu/location/x/state") == "inaccessible");
  }

  TEST_CASE("members of a group vote together") {
    auto config = config_for({"eu"});
    config.groups = {"cloud"};
    config.locations = {{location_id("a"), std::nullopt, 0},
                        {location_id("b"), std::nullopt, 0},
                        {location_id("c")}};
    config.verdict.expected_votes = 2;
    config.verdict.min_judging = 2;
    AggregatorRig rig(config);
    rig.settle();
    rig.next_slot();
    rig.report("a", rig.slot(), {miss()});
    rig.report("b", rig.slot(), {ok(kRtt)});
    rig.report("c", rig.slot(), {ok(kRtt)});
    rig.pass(nanoseconds{0});
    CHECK(rig.retained("region/eu/state") == "operational");
    rig.report("b", rig.slot(), {miss()});
    rig.pass(nanoseconds{0});
    CHECK(rig.retained("region/eu/state") == "major_outage");
  }
}

}  // namespace
}  // namespace echomesh::aggregator
