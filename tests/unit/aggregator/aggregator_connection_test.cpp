// What the aggregator does when its connection comes, goes, or only looks well.

#include <string>
#include <vector>

#include "tests/unit/aggregator/aggregator_rig.hpp"

namespace echomesh::aggregator {
namespace {

constexpr nanoseconds kRtt{48'211'000};
const std::string kAvailability = "aggregator/availability";

std::string region_summary(std::string_view state, UtcTime at, UtcTime since) {
  return R"({"ts_ms":)" + std::to_string(unix_ms(at)) + R"(,"state":")" + std::string(state) +
         R"(","since_ms":)" + std::to_string(unix_ms(since)) + "}";
}

TEST_SUITE("aggregator connection") {
  TEST_CASE("nothing is published before it is there") {
    AggregatorRig rig(config_for({"eu"}));
    rig.pass(seconds{60});
    CHECK(rig.published.empty());
    CHECK(rig.reconnects.empty());
  }

  TEST_CASE("it begins with online, retained for good, info and a heartbeat") {
    AggregatorRig rig(config_for({"eu"}));
    rig.tell(LinkUp{});
    const auto online = rig.on_topic(kAvailability);
    REQUIRE(online.size() == 1);
    CHECK(online[0].what.payload == "online");
    CHECK(online[0].what.retain);
    CHECK(online[0].what.at_least_once);
    CHECK_FALSE(online[0].what.expiry);
    CHECK(rig.on_topic("aggregator/info").size() == 1);
    REQUIRE(rig.on_topic("aggregator/heartbeat").size() == 1);
    CHECK_FALSE(rig.on_topic("aggregator/heartbeat")[0].what.retain);
    CHECK(value_of(rig.on_topic("aggregator/heartbeat")[0].what.payload, "instance") ==
          "\"00000000000000a1\"");
  }

  TEST_CASE("regions wait for what is retained: until the heartbeat is back, or 2 s") {
    for (const bool hears_itself : {true, false}) {
      AggregatorRig rig(config_for({"eu"}));
      rig.hears_itself = hears_itself;
      rig.tell(LinkUp{});
      rig.pass(seconds{2} - nanoseconds{1});
      CHECK((rig.retained("region/eu/state") == "unknown") == hears_itself);
      rig.pass(nanoseconds{1});
      CHECK(rig.retained("region/eu/state") == "unknown");
    }
  }

  TEST_CASE("a region is judged only when limit and two slots have passed since the connect") {
    AggregatorRig rig(config_for({"eu"}));
    rig.tell(LinkUp{});
    for (int i = 0; i < 2; ++i) {
      rig.next_slot();
      rig.report("london", rig.slot(), {ok(kRtt)});
    }
    rig.pass(seconds{15} - nanoseconds{1} - rig.after());
    CHECK(rig.retained("region/eu/state") == "unknown");
    CHECK(rig.retained("region/eu/location/london/state") == "accessible");
    rig.pass(nanoseconds{1});
    CHECK(rig.retained("region/eu/state") == "operational");
  }

  TEST_CASE("a longer limit, once it is heard of, lets regions wait longer") {
    AggregatorRig rig(config_for({"eu"}));
    rig.tell(LinkUp{});
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt)}, seconds{30});
    rig.pass(seconds{40} - nanoseconds{1} - rig.after());
    CHECK(rig.retained("region/eu/state") == "unknown");
    rig.report("london", rig.slot(), {ok(kRtt)}, seconds{30});
    rig.pass(nanoseconds{1});
    CHECK(rig.retained("region/eu/state") == "operational");
  }

  TEST_CASE("a state that an earlier run published under 60 s ago is shown meanwhile") {
    for (const auto& [age, state] : std::vector<std::pair<milliseconds, std::string>>{
             {milliseconds{59'999}, "partial_outage"}, {milliseconds{60'000}, "unknown"}}) {
      AggregatorRig rig(config_for({"eu"}));
      rig.hears_itself = false;
      rig.tell(LinkUp{});
      const auto since = rig.utc() - seconds{500};
      const auto found = region_summary("partial_outage", rig.utc() - age, since);
      rig.deliver("echomesh/v1/region/eu/summary", found, true);
      rig.deliver("echomesh/v1/aggregator/heartbeat", R"({"instance":"00000000000000a1"})");
      CHECK(rig.retained("region/eu/state") == state);
      const bool is_held = state != "unknown";
      CHECK(value_of(rig.retained("region/eu/summary"), "since_ms") ==
            std::to_string(unix_ms(is_held ? since : rig.utc())));
    }
  }

  TEST_CASE("a summary that is not retained, not of a region or no summary is not adopted") {
    AggregatorRig rig(config_for({"eu"}));
    rig.hears_itself = false;
    rig.tell(LinkUp{});
    const auto now = rig.utc();
    rig.deliver("echomesh/v1/region/eu/summary", region_summary("major_outage", now, now), false);
    rig.deliver("echomesh/v1/region/us/summary", region_summary("major_outage", now, now), true);
    rig.deliver("echomesh/v1/region/eu/summary", "{}", true);
    rig.deliver("echomesh/v1/region/eu/summary", region_summary("fine", now, now), true);
    rig.pass(seconds{2});
    CHECK(rig.retained("region/eu/state") == "unknown");
    rig.deliver("echomesh/v1/region/eu/summary", region_summary("major_outage", now, now), true);
    rig.pass(seconds{30});
    CHECK(rig.retained("region/eu/state") == "unknown");
  }

  TEST_CASE("over a short break a region stays as published last, though reports went stale") {
    for (const auto& [away, state] : std::vector<std::pair<seconds, std::string>>{
             {seconds{50}, "operational"}, {seconds{70}, "unknown"}}) {
      CAPTURE(away.count());
      AggregatorRig rig(config_for({"eu"}));
      rig.settle();
      rig.next_slot();
      rig.report("london", rig.slot(), {ok(kRtt)});
      rig.pass(seconds{5});
      rig.tell(LinkLost{});
      rig.pass(away);
      rig.forget();
      rig.tell(LinkUp{});
      rig.pass(nanoseconds{0});
      REQUIRE(rig.on_topic("region/eu/state").size() == 1);
      CHECK(rig.on_topic("region/eu/state")[0].what.payload == state);
      rig.pass(seconds{15});
      CHECK(rig.retained("region/eu/state") == "unknown");
    }
  }

  TEST_CASE("after a reconnect everything goes out again") {
    AggregatorRig rig(config_for({"eu", "us"}));
    rig.settle();
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt), on("us", miss())});
    rig.report("tokyo", rig.slot(), {ok(kRtt)});
    rig.pass(seconds{60});
    const auto before = rig.broker;
    rig.tell(LinkLost{});
    rig.forget();
    rig.pass(seconds{20});
    CHECK(rig.published.empty());
    rig.broker.clear();
    rig.tell(LinkUp{});
    rig.pass(seconds{1});
    CHECK(rig.broker.size() == before.size());
    for (const auto& [topic, payload] : before) {
      CAPTURE(topic);
      CHECK(rig.broker.contains(topic));
    }
  }

  TEST_CASE("a connection that does not bring the heartbeat back for 15 s is given up") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.pass(seconds{100});
    CHECK(rig.reconnects.empty());
    rig.hears_itself = false;
    const auto heard = rig.after() - rig.after() % seconds{5};  // one goes out every 5 s
    rig.pass(seconds{15} - nanoseconds{1} - (rig.after() - heard));
    CHECK(rig.reconnects.empty());
    rig.pass(nanoseconds{1});
    CHECK(rig.reconnects == std::vector{heard + seconds{15}});
    rig.pass(seconds{16});
    CHECK(rig.reconnects.size() == 2);
  }

  TEST_CASE("another instance's heartbeat does not keep the connection alive") {
    AggregatorRig rig(config_for({"eu"}));
    rig.hears_itself = false;
    rig.tell(LinkUp{});
    for (const auto* payload :
         {R"({"instance":"00000000000000a2"})", R"({"instance":7})", "{", "[]"}) {
      rig.pass(seconds{3});
      rig.deliver("echomesh/v1/aggregator/heartbeat", payload);
    }
    rig.pass(seconds{3});
    CHECK(rig.reconnects.size() == 1);
  }

  TEST_CASE("a stale offline is answered with online, also one that was cleared") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    for (const auto* payload : {"offline", ""}) {
      rig.forget();
      rig.deliver("echomesh/v1/aggregator/availability", payload, true);
      REQUIRE(rig.on_topic(kAvailability).size() == 1);
      CHECK(rig.on_topic(kAvailability)[0].what.payload == "online");
    }
    rig.forget();
    rig.deliver("echomesh/v1/aggregator/availability", "online");
    CHECK(rig.published.empty());
    rig.tell(LinkLost{});
    rig.deliver("echomesh/v1/aggregator/availability", "offline");
    CHECK(rig.published.empty());
  }

  TEST_CASE("what the connection would not take goes out again after 5 s, and is counted") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt)});
    rig.pass(seconds{31});
    rig.tell(PublicationRefused{});
    rig.tell(PublicationRefused{});
    rig.broker.clear();
    rig.pass(seconds{6});
    for (const auto* leaf : {"state", "rtt_ms", "summary", "timeline", "rtt_24h"}) {
      CHECK(rig.retained("region/eu/location/london/" + std::string(leaf)) != "nothing");
    }
    rig.pass(seconds{31});
    CHECK(value_of(rig.retained("aggregator/info"), "publications_dropped") == "2");
  }

  TEST_CASE("a publication refused just before the connection is lost keeps nobody busy") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.tell(PublicationRefused{});
    rig.tell(LinkLost{});
    rig.pass(seconds{6});
    rig.hears_itself = false;
    rig.tell(LinkUp{});
    rig.pass(seconds{1});  // the rig demands that a core rests
    CHECK(rig.core().next_wakeup() > MonoTime{seconds{1000}} + rig.after());
  }
}

}  // namespace
}  // namespace echomesh::aggregator
