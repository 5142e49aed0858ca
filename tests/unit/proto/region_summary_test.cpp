#include "proto/region_summary.hpp"

#include <doctest/doctest.h>

#include <string>

namespace echomesh {

TEST_SUITE("region summary") {
  TEST_CASE("a summary that was published is glanced at when it is found retained") {
    RegionSummary summary{{}, RegionId::parse("eu").value(), "Europe", {}, {}};
    summary.stamp.at = utc_from_unix_ms(1'795'255'400'123);
    summary.state = RegionState::partial_outage;
    summary.since = utc_from_unix_ms(1'795'255'125'000);
    const auto glance = parse_region_glance(to_json(summary));
    REQUIRE(glance.ok());
    CHECK(glance->at == summary.stamp.at);
    CHECK(glance->state == RegionState::partial_outage);
    CHECK(glance->since == summary.since);
  }

  TEST_CASE("a state whose beginning is not known, or out of range, has none") {
    for (const std::string since : {"null", "-1", "9223372036854775807", "\"1\"", "1.5"}) {
      const auto glance =
          parse_region_glance(R"({"ts_ms":1,"state":"operational","since_ms":)" + since + "}");
      REQUIRE_MESSAGE(glance.ok(), since);
      CHECK_FALSE(glance->since);
    }
    CHECK_FALSE(parse_region_glance(R"({"ts_ms":1,"state":"unknown"})")->since);
  }

  TEST_CASE("what is no summary is refused") {
    for (const std::string payload :
         {"", "operational", "null", "[]", "{}", R"({"ts_ms":1})", R"({"state":"operational"})",
          R"({"ts_ms":1,"state":"accessible"})", R"({"ts_ms":1,"state":0})",
          R"({"ts_ms":"1","state":"operational"})", R"({"ts_ms":-1,"state":"operational"})",
          R"({"ts_ms":9223372036854775807,"state":"operational"})"}) {
      CHECK_MESSAGE(!parse_region_glance(payload).ok(), payload);
    }
  }
}

}  // namespace echomesh
