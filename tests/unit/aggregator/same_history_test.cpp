// Same reports, same history: documents depend on the set of reports, never on the order,
// repetition or lateness of their arrival.

#include <map>
#include <string>
#include <vector>

#include "tests/unit/aggregator/aggregator_rig.hpp"

namespace echomesh::aggregator {
namespace {

struct Message {
  std::string location;
  Slot slot;
  std::vector<EchoEntry> entries;
  milliseconds limit;
};

constexpr std::int64_t kSlots = 17'280;

/// A day of a small mesh on which everything goes wrong.
std::vector<Message> bad_day(Dice& dice, Slot end) {
  std::vector<Message> messages;
  for (int i = 0; i < 600; ++i) {
    const auto location = "l" + std::to_string(dice.below(4));
    const auto behind = dice.is_lucky(70) ? dice.below(40) : 997 * dice.below(18);
    auto eu = dice.any_entry();
    auto us = on("us", dice.any_entry());
    for (auto* entry : {&eu, &us}) {
      if (dice.is_lucky(40)) {
        entry->addresses = static_cast<std::uint32_t>(2 + dice.below(3));
        entry->addresses_dead = static_cast<std::uint32_t>(dice.below(2));
      }
    }
    const milliseconds limit = seconds{dice.is_lucky(90) ? 5 : 1 + dice.below(20)};
    messages.push_back({location, end - behind, {eu, us}, limit});
  }
  return messages;
}

/// A flat document without these keys.
std::string without(std::string json, const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    if (const auto at = json.find("\"" + key + "\":"); at != std::string::npos) {
      json.erase(at, json.find_first_of(",}", json.find(':', at)) - at);  // times have no comma
    }
  }
  return json;
}

/// What is retained in the slot after the last message, apart from when it was written and how
/// often.
std::map<std::string, std::string> documents_of(const std::vector<Message>& messages, Slot end) {
  AggregatorRig rig(config_for({"eu", "us"}));
  rig.settle();
  rig.pass(slot_start(end, {}) - rig.utc());
  for (const auto& message : messages) {
    rig.report(message.location, message.slot, message.entries, message.limit);
    rig.pass(microseconds{100});
  }
  rig.pass(slot_start(end + 1, {}) + milliseconds{500} - rig.utc());
  rig.tell(LinkLost{});
  rig.tell(LinkUp{});  // so that all is written anew at one time
  rig.pass(seconds{1});
  std::map<std::string, std::string> documents;
  for (const auto& [topic, payload] : rig.broker) {
    documents[topic] = without(payload, {"ts", "ts_ms", "valid_until_ms", "rev"});
    if (topic.find("/location/") == std::string::npos) {  // a verdict has the time of its arrival
      documents[topic] = without(documents[topic], {"since", "since_ms"});
    }
  }
  documents.erase("echomesh/v1/aggregator/info");  // counts messages
  return documents;
}

TEST_SUITE("same history") {
  TEST_CASE("reports in another order, some of them again, give the same documents") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    Dice dice(seed);
    const Slot end = slot_of(AggregatorRig::kStart, {}) + 10;
    auto messages = bad_day(dice, end);
    const auto expected = documents_of(messages, end);
    CHECK(expected.size() == 8 * 5 + 2 * 2 + 1);  // paths, regions, availability
    CHECK(
        expected.at("echomesh/v1/region/eu/location/l1/timeline").find("\"resolution_slots\":1,") !=
        std::string::npos);  // nothing hides in steps
    for (int again = 0; again < 3; ++again) {
      CAPTURE(again);
      auto disordered = messages;
      for (int i = 0; i < 500; ++i) {
        disordered.push_back(messages[static_cast<std::size_t>(
            dice.below(static_cast<std::int64_t>(messages.size())))]);
      }
      dice.shuffle(disordered);
      const auto found = documents_of(disordered, end);
      REQUIRE(found.size() == expected.size());
      for (const auto& [topic, document] : expected) {
        CAPTURE(topic);
        CHECK(found.at(topic) == document);
      }
    }
  }

  TEST_CASE("another set of reports gives other documents") {
    Dice dice(seed_of_run());
    const Slot end = slot_of(AggregatorRig::kStart, {}) + 10;
    auto messages = bad_day(dice, end);
    const auto expected = documents_of(messages, end);
    messages.push_back({"l1", end - 100, {miss()}, seconds{5}});
    const auto found = documents_of(messages, end);
    CHECK(found.at("echomesh/v1/region/eu/location/l1/timeline") !=
          expected.at("echomesh/v1/region/eu/location/l1/timeline"));
    CHECK(found.at("echomesh/v1/region/us/location/l1/timeline") ==
          expected.at("echomesh/v1/region/us/location/l1/timeline"));
  }

  TEST_CASE("with the longest ids and the worst day every retained document is under 4,096 bytes") {
    auto config = config_for({std::string(32, 'r')});
    config.regions[0].name = std::string(64, '"');  // each is written as two bytes
    config.regions[0].latitude = -89.1234;
    config.regions[0].longitude = -179.1234;
    AggregatorRig rig(config);
    rig.settle();
    for (int place = 0; place < 20; ++place) {
      const auto location = std::string(30, 'l') + std::to_string(10 + place);
      rig.deliver(
          "echomesh/v1/agent/" + location + "/info",
          R"({"name":")" + std::string(64, 'n') + R"(","area":")" + std::string(64, 'a') +
              R"(","latitude":-89.1234,"longitude":-179.1234,"clock_error_ms":-99999.999})");
      const int slots = place < 2 ? static_cast<int>(kSlots) : 4;
      for (int behind = slots; behind >= 0; --behind) {
        auto told = place % 2 == 0 ? ok(nanoseconds{4'999'999'000 - behind * 1000}, false)
                                   : miss(MissCause::connect);
        if (behind % 2 == 0) {
          told = place % 4 == 1 ? miss(MissCause::timeout) : ok(nanoseconds{999'911'000});
        }
        rig.report(location, rig.slot() - behind, {on(std::string(32, 'r'), told)});
      }
    }
    rig.pass(seconds{60});  // the rig checks the size of all that is retained
    CHECK(rig.broker.size() == 20 * 5 + 2 + 2);
  }
}

}  // namespace
}  // namespace echomesh::aggregator
