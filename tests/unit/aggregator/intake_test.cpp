#include "aggregator/intake.hpp"

#include <string>
#include <vector>

#include "aggregator/path_history.hpp"
#include "proto/json_reader.hpp"
#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

constexpr Slot kNow{359'049'240};
constexpr std::int64_t kMaxAge = 34'560;  // 48 h in slots of 5 s

Report report(Slot slot = kNow) {
  Report report;
  report.slot = slot;
  report.echoes = {ok(milliseconds{20})};
  return report;
}

class Door {
 public:
  explicit Door(SlotWidth width = {}) : intake_(Topics{}, width) {}

  std::variant<Admitted, Refused> admit(const std::string& payload,
                                        std::string_view topic = "echomesh-report/v1/london",
                                        bool retained = false) const {
    return intake_.admit(topic, payload, retained, kNow);
  }
  std::string refusal(const std::string& payload,
                      std::string_view topic = "echomesh-report/v1/london",
                      bool retained = false) const {
    const auto outcome = admit(payload, topic, retained);
    const auto* refused = std::get_if<Refused>(&outcome);
    if (refused != nullptr) {
      CHECK_FALSE(refused->detail.empty());
    }
    return refused == nullptr ? "" : std::string(to_string(refused->reason));
  }

 private:
  Intake intake_;
};

TEST_SUITE("intake") {
  TEST_CASE("a report of the contract is admitted as the location that its topic names") {
    const auto outcome = Door().admit(to_json(report()));
    const auto* admitted = std::get_if<Admitted>(&outcome);
    REQUIRE(admitted != nullptr);
    CHECK(admitted->location == location_id("london"));
    CHECK(admitted->report == report());
  }

  TEST_CASE("a report by the agent's own clock is admitted") {
    auto own = report();
    own.clock = SlotClock::own;
    CHECK(Door().refusal(to_json(own)).empty());
    own.clock = SlotClock::checked;
    CHECK(Door().refusal(to_json(own)).empty());
  }

  TEST_CASE("slots from 48 h behind to 2 ahead are admitted, those beside them are not") {
    for (const auto& [offset, refusal] :
         std::vector<std::pair<std::int64_t, std::string>>{{kFutureSlots, ""},
                                                           {kFutureSlots + 1, "slot"},
                                                           {-kMaxAge, ""},
                                                           {-kMaxAge - 1, "slot"},
                                                           {-kNow.number, "slot"}}) {
      CAPTURE(offset);
      CHECK(Door().refusal(to_json(report(kNow + offset))) == refusal);
    }
    for (const auto number :
         {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
      CHECK(Door().refusal(to_json(report(Slot{number}))) == "slot");
    }
  }

  TEST_CASE("48 h are fewer slots where slots are wider") {
    const Door door(SlotWidth{seconds{60}});
    auto wide = report(kNow - 2'880);
    wide.slot_width = seconds{60};
    CHECK(door.refusal(to_json(wide)).empty());
    wide.slot = kNow - 2'881;
    CHECK(door.refusal(to_json(wide)) == "slot");
  }

  TEST_CASE("each refusal has its reason") {
    const auto good = to_json(report());
    auto wide = report();
    wide.slot_width = seconds{10};
    auto crowded = report();
    crowded.echoes.assign(kMaxEchoesPerReport + 1, ok(milliseconds{1}));
    const std::string blanks(kMaxJsonBytes - good.size(), ' ');
    struct Row {
      const char* what;
      std::string payload;
      std::string_view topic;
      bool retained;
      std::string refusal;
    };
    const std::vector<Row> rows = {
        {"a good one", good, "echomesh-report/v1/london", false, ""},
        {"upper case", good, "echomesh-report/v1/London", false, "location"},
        {"no location", good, "echomesh-report/v1/", false, "location"},
        {"33 letters", good, "echomesh-report/v1/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false,
         "location"},
        {"a level more", good, "echomesh-report/v1/london/x", false, "location"},
        {"another root", good, "other-report/v1/london", false, "location"},
        {"retained", good, "echomesh-report/v1/london", true, "retained"},
        {"as large as can be", good + blanks, "echomesh-report/v1/london", false, ""},
        {"a byte larger", good + blanks + " ", "echomesh-report/v1/london", false, "size"},
        {"no JSON", "hello", "echomesh-report/v1/london", false, "json"},
        {"empty", "", "echomesh-report/v1/london", false, "json"},
        {"no report", "{}", "echomesh-report/v1/london", false, "json"},
        {"cut", good.substr(0, good.size() - 1), "echomesh-report/v1/london", false, "json"},
        {"257 echoes", to_json(crowded), "echomesh-report/v1/london", false, "json"},
        {"other slots", to_json(wide), "echomesh-report/v1/london", false, "slot_ms"},
    };
    for (const auto& row : rows) {
      CAPTURE(row.what);
      CHECK(Door().refusal(row.payload, row.topic, row.retained) == row.refusal);
    }
  }
}

}  // namespace
}  // namespace echomesh::aggregator
