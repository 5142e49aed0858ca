#include "proto/echo.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace echomesh {
namespace {

Echo an_echo() {
  return {LocationId::parse("us-west").value(), HexId{0x9b1c66d0a4e2f713}, 1201,
          utc_from_unix_ms(1'795'246'200'123)};
}

}  // namespace

TEST_SUITE("echo") {
  TEST_CASE("an echo is read back as it was written") {
    const auto echo = parse_echo(to_json(an_echo()));
    REQUIRE(echo.ok());
    CHECK(echo.value() == an_echo());
  }

  TEST_CASE("the largest echo is smaller than the limit of what is parsed") {
    const Echo largest{LocationId::parse(std::string(32, 'x')).value(), HexId{~0ULL},
                       std::numeric_limits<std::int64_t>::max(),
                       utc_from_unix_ms(9'000'000'000'000)};
    CHECK(to_json(largest).size() <= kMaxEchoBytes / 2);
    CHECK(parse_echo(to_json(largest)).value() == largest);
  }

  TEST_CASE("256 bytes are parsed, one more is not") {
    const std::string echo = to_json(an_echo());
    const std::string padded = echo + std::string(256 - echo.size(), ' ');
    CHECK(parse_echo(padded).ok());
    CHECK(parse_echo(padded + " ").error().what == "larger than an echo");
  }

  TEST_CASE("unknown keys are ignored, order does not matter") {
    const auto echo = parse_echo(
        R"({"x":[1],"ts_ms":1795246200123,"n":1201,"run":"9b1c66d0a4e2f713","location":"us-west"})");
    REQUIRE(echo.ok());
    CHECK(echo.value() == an_echo());
  }

  TEST_CASE("what is no echo is refused") {
    for (const std::string payload :
         {"",
          "null",
          "[]",
          "{}",
          "\"us-west\"",
          "1201",
          R"({"run":"9b1c66d0a4e2f713","n":1,"ts_ms":1})",
          R"({"location":"us-west","n":1,"ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":1})",
          R"({"location":"US","run":"9b1c66d0a4e2f713","n":1,"ts_ms":1})",
          R"({"location":"us-west","run":"9B1C66D0A4E2F713","n":1,"ts_ms":1})",
          R"({"location":"us-west","run":"9b1c","n":1,"ts_ms":1})",
          R"({"location":"us-west","run":7,"n":1,"ts_ms":1})",
          R"({"location":["us-west"],"run":"9b1c66d0a4e2f713","n":1,"ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":"1","ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":1.5,"ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":1e3,"ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":18446744073709551616,"ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":1,"n":1,"ts_ms":1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":1,"ts_ms":-1})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":1,"ts_ms":9223372036854775807})",
          R"({"location":"us-west","run":"9b1c66d0a4e2f713","n":1,"ts_ms":1}x)"}) {
      CHECK_MESSAGE(!parse_echo(payload).ok(), payload);
    }
  }
}

}  // namespace echomesh
