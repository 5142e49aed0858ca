#include "proto/agent_info.hpp"

#include <doctest/doctest.h>

#include <string>

namespace echomesh {

TEST_SUITE("agent info") {
  TEST_CASE("a glance takes the place and the clock error") {
    const auto glance = parse_agent_glance(
        R"({"location":"us-west","name":"USA West","area":"Americas","latitude":37.4,)"
        R"("longitude":-122,"clock_error_ms":-3.5,"new":[]})");
    REQUIRE(glance.ok());
    CHECK(glance->place == Place{"USA West", "Americas", 37.4, -122.0});
    CHECK(glance->clock_error == nanoseconds{-3'500'000});
  }

  TEST_CASE("what is null or absent stays empty") {
    for (const std::string payload :
         {"{}",
          R"({"name":null,"area":null,"latitude":null,"longitude":null,"clock_error_ms":null})"}) {
      const auto glance = parse_agent_glance(payload);
      REQUIRE(glance.ok());
      CHECK(glance->place == Place{});
      CHECK_FALSE(glance->clock_error);
    }
  }

  TEST_CASE("the info that an agent writes is glanced at by an aggregator") {
    AgentInfo info{{},
                   LocationId::parse("tokyo").value(),
                   {"\"T\xC5\x8Dky\xC5\x8D\"", "Asia", -90.0, 180.0},
                   "0.1",
                   {},
                   {},
                   {},
                   {},
                   0,
                   0,
                   nanoseconds{0},
                   0,
                   0,
                   nanoseconds{1'000}};
    const auto glance = parse_agent_glance(to_json(info));
    REQUIRE(glance.ok());
    CHECK(glance->place == info.place);
    CHECK(glance->clock_error == info.clock_error);
  }

  TEST_CASE("names have at most 64 bytes") {
    const auto named = [](std::size_t bytes) {
      return parse_agent_glance(R"({"name":")" + std::string(bytes, 'x') + "\"}");
    };
    CHECK(named(64)->place.name->size() == 64);
    CHECK(named(65).error().where == "name, area");
  }

  TEST_CASE("degrees are within 90 north or south and 180 east or west") {
    for (const std::string payload : {R"({"latitude":90})", R"({"latitude":-90})",
                                      R"({"longitude":180})", R"({"longitude":-180})"}) {
      CHECK_MESSAGE(parse_agent_glance(payload).ok(), payload);
    }
    for (const std::string payload :
         {R"({"latitude":90.0001})", R"({"latitude":-90.0001})", R"({"longitude":180.0001})",
          R"({"longitude":-180.0001})", R"({"latitude":"37"})", R"({"latitude":1e1})",
          R"({"latitude":1e999})", R"({"longitude":true})"}) {
      CHECK_MESSAGE(!parse_agent_glance(payload).ok(), payload);
    }
  }

  TEST_CASE("what would spoil a page or a terminal is refused, and so is what is no object") {
    for (const std::string payload :
         {R"({"name":"a\u0000b"})", R"({"name":"\u001b[2J"})", R"({"area":"a\nb"})",
          R"({"area":"\u0085"})", R"({"name":7})", R"({"area":["x"]})", "[]", "null", "\"x\"", "",
          "{\"name\":\"\xC0\xAF\"}", R"({"name":"\udc00"})", R"({"name":"x","name":"y"})"}) {
      CHECK_MESSAGE(!parse_agent_glance(payload).ok(), payload);
    }
  }

  TEST_CASE("a clock error that is no number of milliseconds is as if not there") {
    for (const std::string payload :
         {R"({"clock_error_ms":"3"})", R"({"clock_error_ms":1e3})", R"({"clock_error_ms":[]})",
          R"({"clock_error_ms":99999999999999})"}) {
      const auto glance = parse_agent_glance(payload);
      REQUIRE(glance.ok());
      CHECK_FALSE(glance->clock_error);
    }
  }
}

}  // namespace echomesh
