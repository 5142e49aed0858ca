#include "aggregator/aggregator_core.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/aggregator/aggregator_rig.hpp"

namespace echomesh::aggregator {
namespace {

constexpr nanoseconds kRtt{48'211'000};
const std::string kPath = "region/eu/location/london/";

/// London sees eu, slot by slot, 100 ms into each.
void report_slots(AggregatorRig& rig, int slots, const EchoEntry& entry) {
  for (int i = 0; i < slots; ++i) {
    rig.next_slot();
    rig.report("london", rig.slot(), {entry});
    rig.pass(nanoseconds{0});
  }
}

std::vector<nanoseconds> gaps_of(const std::vector<Published>& published) {
  std::vector<nanoseconds> gaps;
  for (std::size_t i = 1; i < published.size(); ++i) {
    gaps.push_back(published[i].after - published[i - 1].after);
  }
  return gaps;
}

TEST_SUITE("aggregator core") {
  TEST_CASE("a first report makes every topic of its path and of its region appear at once") {
    AggregatorRig rig(config_for({"eu", "us"}));
    rig.settle();
    rig.next_slot();
    rig.forget();
    rig.report("london", rig.slot(), {ok(kRtt)});
    const auto reported = rig.after();
    rig.pass(nanoseconds{0});
    struct Row {
      std::string topic;
      std::string payload;  // of plain ones
      std::optional<seconds> expiry;
    };
    const std::vector<Row> rows = {{kPath + "state", "accessible", seconds{90}},
                                   {kPath + "rtt_ms", "48.211", seconds{90}},
                                   {kPath + "summary", "", seconds{90}},
                                   {kPath + "timeline", "", seconds{90}},
                                   {kPath + "rtt_24h", "", seconds{900}},
                                   {"region/eu/state", "operational", seconds{90}},
                                   {"region/eu/summary", "", seconds{90}}};
    for (const auto& row : rows) {
      CAPTURE(row.topic);
      const auto found = rig.on_topic(row.topic);
      REQUIRE(found.size() == 1);
      CHECK(found[0].after == reported);
      CHECK(found[0].what.at_least_once);
      CHECK(found[0].what.retain);
      CHECK(found[0].what.expiry == row.expiry);
      if (row.payload.empty()) {
        CHECK(value_of(found[0].what.payload, "valid_until_ms") ==
              std::to_string(unix_ms(rig.utc() + *row.expiry)));
        CHECK(value_of(found[0].what.payload, "region") == "\"eu\"");
      } else {
        CHECK(found[0].what.payload == row.payload);
      }
    }
    const auto summary = rig.retained(kPath + "summary");
    CHECK(value_of(summary, "state") == "\"accessible\"");
    CHECK(value_of(summary, "cause") == "null");
    CHECK(value_of(summary, "since_ms") == std::to_string(unix_ms(slot_start(rig.slot(), {}))));
    CHECK(value_of(rig.retained("region/eu/summary"), "scope") ==
          "\"the only judging location reaches eu\"");
    CHECK(rig.retained("region/us/state") == "unknown");
  }

  TEST_CASE("live tells every slot what each place sees, unretained, at most once") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt)});
    rig.report("tokyo", rig.slot(), {miss()});
    const Slot ended = rig.slot();
    rig.forget();
    rig.next_slot();
    const auto live = rig.on_topic("region/eu/live");
    REQUIRE(live.size() == 1);
    CHECK_FALSE(live[0].what.retain);
    CHECK_FALSE(live[0].what.at_least_once);
    CHECK_FALSE(live[0].what.expiry);
    CHECK(live[0].what.payload.find(
              "\"slot\":" + std::to_string(ended.number) +
              R"(,"locations":{"london":["accessible",48.211],"tokyo":["inaccessible",null]},)"
              R"("omitted":0})") != std::string::npos);
    rig.pass(seconds{25});
    CHECK(rig.on_topic("region/eu/live").size() == 6);
  }

  TEST_CASE("100 places are told in live, of 101 only those not accessible, the first 100") {
    for (const int places : {100, 101}) {
      CAPTURE(places);
      auto config = config_for({"eu", "us"});
      config.mesh.slot.value = seconds{60};  // days of fewer slots, for the sake of speed
      AggregatorRig rig(config);
      rig.settle();
      rig.next_slot();
      for (int i = 0; i < places; ++i) {
        rig.report("l" + std::to_string(1000 + i), rig.slot(),
                   {on("eu", i == 7 ? miss() : ok(kRtt)), on("us", miss())});
      }
      rig.next_slot();
      const auto eu = rig.on_topic("region/eu/live").back().what.payload;
      const auto us = rig.on_topic("region/us/live").back().what.payload;
      CHECK((eu.find("accessible\",48.211") != std::string::npos) == (places == 100));
      CHECK(eu.find("\"l1007\":[\"inaccessible\"") != std::string::npos);
      CHECK(value_of(eu, "omitted") == (places == 100 ? "0" : "100"));
      CHECK(value_of(us, "omitted") == (places == 100 ? "0" : "1"));
      CHECK(us.find("l1099") != std::string::npos);
      CHECK(us.find("l1100") == std::string::npos);
    }
  }

  TEST_CASE("a change of state is told at once, the timeline within 5 s, with rev one higher") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    report_slots(rig, 10, ok(kRtt));
    rig.next_slot(milliseconds{100});
    rig.report("london", rig.slot(), {ok(kRtt)});
    rig.pass(milliseconds{900});
    const auto rev = value_of(rig.retained(kPath + "timeline"), "rev");
    rig.forget();
    rig.report("london", rig.slot(), {miss(MissCause::lost)});
    rig.pass(nanoseconds{0});
    for (const auto& [topic, word] : std::vector<std::pair<std::string, std::string>>{
             {kPath + "state", "inaccessible"}, {"region/eu/state", "major_outage"}}) {
      REQUIRE(rig.on_topic(topic).size() == 1);
      CHECK(rig.on_topic(topic)[0].after == rig.after());
      CHECK(rig.on_topic(topic)[0].what.payload == word);
    }
    CHECK(rig.retained(kPath + "rtt_ms") == "null");
    CHECK(value_of(rig.retained(kPath + "summary"), "cause") == "\"lost\"");
    CHECK(value_of(rig.retained("region/eu/summary"), "inaccessible") == "1");
    CHECK(rev == "1");
    rig.pass(seconds{5});
    REQUIRE_FALSE(rig.on_topic(kPath + "timeline").empty());
    CHECK(rig.retained(kPath + "timeline").find(",1,\"inaccessible\",\"lost\"]") !=
          std::string::npos);
  }

  TEST_CASE("a late report of a slot shown before is shown within 5 s with rev one higher") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    report_slots(rig, 20, ok(kRtt));
    rig.pass(seconds{1});
    const Slot old = rig.slot() - 15;
    rig.pass(seconds{30});
    CHECK(value_of(rig.retained(kPath + "timeline"), "rev") == "1");
    for (int again = 0; again < 2; ++again) {  // a repetition changes nothing
      rig.report("london", old, {miss()});
      rig.pass(seconds{5});
      CHECK(value_of(rig.retained(kPath + "timeline"), "rev") == "2");
      CHECK(rig.retained(kPath + "timeline").find("\"inaccessible\",\"timeout\"]") !=
            std::string::npos);
    }
    rig.report("london", old, {miss(MissCause::denied)});
    rig.pass(seconds{5});
    CHECK(value_of(rig.retained(kPath + "timeline"), "rev") == "3");
  }

  TEST_CASE("numbers go out every 5 s, documents every 30 s, rtt_24h once a bucket of 300 s") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt)});
    rig.pass(seconds{30});  // it is unknown by now, and stays so
    rig.forget();
    rig.pass(seconds{1800});
    struct Row {
      std::string topic;
      seconds period;
    };
    for (const auto& row : std::vector<Row>{{kPath + "rtt_ms", seconds{5}},
                                            {kPath + "summary", seconds{5}},
                                            {kPath + "state", seconds{30}},
                                            {kPath + "timeline", seconds{30}},
                                            {kPath + "rtt_24h", seconds{300}},
                                            {"region/eu/state", seconds{30}},
                                            {"region/eu/summary", seconds{5}},
                                            {"aggregator/info", seconds{30}},
                                            {"aggregator/heartbeat", seconds{5}}}) {
      CAPTURE(row.topic);
      const auto gaps = gaps_of(rig.on_topic(row.topic));
      CHECK(gaps.size() + 1 == static_cast<std::size_t>(seconds{1800} / row.period));
      CHECK(std::all_of(gaps.begin(), gaps.end(), [&](auto gap) { return gap == row.period; }));
    }
  }

  TEST_CASE("a path is unknown once its latest outcome is more than 3 slots behind") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt)});
    for (int i = 0; i < 3; ++i) {
      rig.next_slot();
      CHECK(rig.retained(kPath + "state") == "accessible");
      CHECK(rig.retained("region/eu/state") == "operational");
    }
    rig.next_slot();
    CHECK(rig.retained(kPath + "state") == "unknown");
    CHECK(rig.retained(kPath + "rtt_ms") == "null");
    CHECK(rig.retained("region/eu/state") == "unknown");
  }

  TEST_CASE("places that grow stale together never show a verdict of half of them") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.next_slot();
    for (const auto* place : {"a", "b", "c"}) {
      rig.report(place, rig.slot(), {ok(kRtt)});
    }
    for (const auto* place : {"x", "y"}) {
      rig.report(place, rig.slot(), {miss()});
    }
    CHECK(rig.retained("region/eu/state") == "partial_outage");
    rig.forget();
    rig.pass(seconds{30});
    CHECK(rig.retained("region/eu/state") == "unknown");
    for (const auto& each : rig.on_topic("region/eu/state")) {
      CHECK((each.what.payload == "partial_outage" || each.what.payload == "unknown"));
    }
  }

  TEST_CASE("a limit of 12 s gives an outcome two slots more") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.next_slot();
    for (const int limit : {5, 12, 5}) {  // of one slot's reports the longest limit counts
      rig.report("london", rig.slot(), {ok(kRtt)}, seconds{limit});
    }
    for (int i = 0; i < 5; ++i) {
      rig.next_slot();
    }
    CHECK(rig.retained(kPath + "state") == "accessible");
    rig.next_slot();
    CHECK(rig.retained(kPath + "state") == "unknown");
  }

  TEST_CASE("a void outcome counts as unknown and does not judge") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    report_slots(rig, 2, ok(kRtt));
    rig.next_slot();
    rig.report("london", rig.slot(), {nothing(VoidCause::blind)});
    rig.pass(nanoseconds{0});
    CHECK(rig.retained(kPath + "state") == "unknown");
    CHECK(value_of(rig.retained(kPath + "summary"), "cause") == "\"blind\"");
    CHECK(rig.retained("region/eu/state") == "unknown");
    const auto summary = rig.retained("region/eu/summary");
    CHECK(value_of(summary, "unknown") == "1");
    CHECK(value_of(summary, "blind") == "1");
    CHECK(value_of(summary, "judging") == "0");
  }

  TEST_CASE("entries for unknown regions are skipped and counted, the others count") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.next_slot();
    rig.forget();
    for (int i = 0; i < 3; ++i) {
      rig.report("london", rig.slot(), {on("xx", ok(kRtt)), ok(kRtt), on("yy", miss())});
    }
    CHECK(rig.core().refused().of(Refusal::region) == 6);
    CHECK(rig.warnings.size() == 1);  // once a minute, however many
    rig.pass(seconds{31});
    CHECK(rig.retained(kPath + "rtt_ms") != "nothing");
    CHECK(rig.retained("aggregator/info").find("\"region\":6") != std::string::npos);
    CHECK(value_of(rig.retained("aggregator/info"), "reports") == "3");
    CHECK(rig.retained("region/xx/state") == "nothing");
  }

  TEST_CASE("what is refused is counted by its reason and changes nothing") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.deliver("echomesh-report/v1/london", "{");
    rig.report("london", rig.slot() + 3, {ok(kRtt)});
    rig.pass(seconds{31});
    CHECK(rig.core().refused().of(Refusal::json) == 1);
    CHECK(rig.core().refused().of(Refusal::slot) == 1);
    CHECK(rig.retained(kPath + "state") == "nothing");
    CHECK(value_of(rig.retained("aggregator/info"), "reports") == "0");
  }

  TEST_CASE("the place of an agent's info stands in its summaries, nonsense does not") {
    AggregatorRig rig(config_for({"eu"}));
    rig.settle();
    rig.deliver("echomesh/v1/agent/london/info",
                R"({"name":"London","area":"Europe","latitude":51.5,"clock_error_ms":-3.5})", true);
    rig.deliver("echomesh/v1/agent/london/info", R"({"name":7})");
    rig.deliver("echomesh/v1/agent/london/info", "");
    rig.next_slot();
    rig.report("london", rig.slot(), {ok(kRtt)});
    rig.pass(nanoseconds{0});
    const auto summary = rig.retained(kPath + "summary");
    CHECK(value_of(summary, "name") == "\"London\"");
    CHECK(value_of(summary, "latitude") == "51.5");
    CHECK(value_of(summary, "longitude") == "null");
    CHECK(value_of(summary, "clock_error_ms") == "-3.5");
  }
}

}  // namespace
}  // namespace echomesh::aggregator
