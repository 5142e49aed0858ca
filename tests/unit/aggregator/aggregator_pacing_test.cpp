// However many paths there are: 200 a second go out, and what is live first.

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/aggregator/aggregator_rig.hpp"

namespace echomesh::aggregator {
namespace {

constexpr nanoseconds kRtt{48'211'000};

/// Days of fewer slots, for the sake of speed.
Config config_of_many() {
  auto config = config_for({"eu"});
  config.mesh.slot.value = seconds{60};
  return config;
}

/// Many places report on eu within one slot, evenly over it.
void report_from(AggregatorRig& rig, int places) {
  const nanoseconds gap = milliseconds{4500} / places;
  for (int i = 0; i < places; ++i) {
    rig.report("l" + std::to_string(10'000 + i), rig.slot(), {ok(kRtt)});
    rig.pass(gap);
  }
}

std::vector<Published> ending_in(const AggregatorRig& rig, std::string_view leaf) {
  std::vector<Published> found;
  std::copy_if(rig.published.begin(), rig.published.end(), std::back_inserter(found),
               [&](const auto& each) {
                 return each.what.topic.ends_with(leaf) &&
                        each.what.topic.find("/location/") != std::string::npos;
               });
  return found;
}

/// The most that were published within one second.
std::size_t busiest_second(const std::vector<Published>& published) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < published.size(); ++last) {
    while (published[last].after - published[first].after >= seconds{1}) {
      ++first;
    }
    most = std::max(most, last + 1 - first);
  }
  return most;
}

TEST_SUITE("aggregator pacing") {
  TEST_CASE("2,000 paths go out again at 200 a second, and a live change is not kept waiting") {
    AggregatorRig rig(config_of_many());
    rig.settle();
    rig.next_slot(nanoseconds{0});
    report_from(rig, 2000);
    rig.tell(LinkLost{});
    rig.pass(seconds{120});  // all is overdue by then
    rig.forget();
    rig.tell(LinkUp{});
    rig.pass(seconds{2});
    rig.report("l11999", rig.slot(), {miss()});
    rig.pass(nanoseconds{0});
    const auto changed = rig.on_topic("region/eu/location/l11999/state");
    REQUIRE(changed.size() == 1);
    CHECK(changed[0].what.payload == "inaccessible");
    rig.pass(seconds{18});
    for (const auto* leaf : {"/state", "/summary", "/timeline"}) {
      CAPTURE(leaf);
      const auto published = ending_in(rig, leaf);
      CHECK(published.size() >= 2000);
      CHECK(busiest_second(published) <= 210);
    }
    rig.pass(seconds{10});
    CHECK(busiest_second(ending_in(rig, "/rtt_24h")) <= 210);
    CHECK(ending_in(rig, "/rtt_24h").size() >= 2000);
  }

  TEST_CASE("the numbers of 2,000 paths go out every 10 s") {
    AggregatorRig rig(config_of_many());
    rig.settle();
    rig.next_slot(nanoseconds{0});
    report_from(rig, 2000);
    rig.pass(seconds{12});
    rig.forget();
    rig.pass(seconds{30});
    CHECK(rig.on_topic("region/eu/location/l10000/rtt_ms").size() == 3);
    CHECK(rig.on_topic("region/eu/location/l11999/summary").size() == 3);
    CHECK(rig.on_topic("region/eu/location/l11999/timeline").size() == 1);
  }
}

}  // namespace
}  // namespace echomesh::aggregator
