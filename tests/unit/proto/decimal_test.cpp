#include "proto/decimal.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <string>

namespace echomesh {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_SUITE("decimal") {
  TEST_CASE("milliseconds have at most 3 decimals, rounded to the nearest microsecond") {
    CHECK(format_ms(nanoseconds{48'211'000}) == "48.211");
    CHECK(format_ms(nanoseconds{7'312'400'000}) == "7312.4");
    CHECK(format_ms(nanoseconds{0}) == "0");
    CHECK(format_ms(nanoseconds{499}) == "0");
    CHECK(format_ms(nanoseconds{500}) == "0.001");
    CHECK(format_ms(nanoseconds{10'000}) == "0.01");
    CHECK(format_ms(nanoseconds{1'000'499}) == "1");
    CHECK(format_ms(nanoseconds{1'000'500}) == "1.001");
    CHECK(format_ms(milliseconds{5000}) == "5000");
    CHECK(format_ms(milliseconds{900'000}) == "900000");
  }

  TEST_CASE("negative milliseconds keep their sign, and zero has none") {
    CHECK(format_ms(nanoseconds{-3'500'000}) == "-3.5");
    CHECK(format_ms(nanoseconds{-500}) == "-0.001");
    CHECK(format_ms(nanoseconds{-499}) == "0");
    CHECK(format_fixed(-0.00004, 4) == "0");
    CHECK(format_fixed(-0.0, 4) == "0");
  }

  TEST_CASE("short milliseconds have one decimal below 1,000 and none from there on") {
    CHECK(format_ms_short(nanoseconds{48'160'000}) == "48.2");
    CHECK(format_ms_short(nanoseconds{47'049'999}) == "47");
    CHECK(format_ms_short(nanoseconds{47'050'000}) == "47.1");
    CHECK(format_ms_short(nanoseconds{999'949'999}) == "999.9");
    CHECK(format_ms_short(nanoseconds{999'950'000}) == "1000");
    CHECK(format_ms_short(nanoseconds{1'000'400'000}) == "1000");
    CHECK(format_ms_short(nanoseconds{1'000'500'000}) == "1001");
  }

  TEST_CASE("percentages are cut to 5 decimals, never rounded up") {
    CHECK(format_percent(0, 17'280) == "0");
    CHECK(format_percent(17'280, 17'280) == "100");
    CHECK(format_percent(17'279, 17'280) == "99.99421");
    CHECK(format_percent(1, 720) == "0.13888");
    CHECK(format_percent(2, 3) == "66.66666");
    CHECK(format_percent(1, 2) == "50");
    CHECK(format_percent(9'999'999, 10'000'000) == "99.99999");
    CHECK(format_percent(99'999'999, 100'000'000) == "99.99999");
    CHECK(format_percent(1, 10'000'000) == "0.00001");
    CHECK(format_percent(1, 10'000'001) == "0");
  }

  TEST_CASE("percentages of the longest times do not overflow") {
    CHECK(format_percent(kMax - 1, kMax) == "99.99999");
    CHECK(format_percent(kMax, kMax) == "100");
    CHECK(format_percent(kMax / 2, kMax) == "49.99999");
  }

  TEST_CASE("coordinates lose trailing zeros only") {
    CHECK(format_fixed(37.4, 4) == "37.4");
    CHECK(format_fixed(-122.0, 4) == "-122");
    CHECK(format_fixed(-0.1278, 4) == "-0.1278");
    CHECK(format_fixed(51.50735, 4) == "51.5074");
    CHECK(format_fixed(100.0, 4) == "100");
    CHECK(format_fixed(180.0, 0) == "180");
  }

  TEST_CASE("milliseconds are read to the nanosecond") {
    CHECK(parse_ms("48.211") == nanoseconds{48'211'000});
    CHECK(parse_ms("0") == nanoseconds{0});
    CHECK(parse_ms("-3.5") == nanoseconds{-3'500'000});
    CHECK(parse_ms("5000") == milliseconds{5000});
    CHECK(parse_ms("5000.000001") == milliseconds{5000} + nanoseconds{1});
    CHECK(parse_ms("0.0000001") == nanoseconds{0});
  }

  TEST_CASE("milliseconds that nanoseconds cannot hold are refused") {
    CHECK(parse_ms("9000000000000") == milliseconds{9'000'000'000'000});
    CHECK_FALSE(parse_ms("9000000000001"));
    CHECK_FALSE(parse_ms("-9000000000001"));
    CHECK_FALSE(parse_ms("999999999999999999999999"));
  }

  TEST_CASE("only plain decimals are numbers") {
    for (const std::string text :
         {"",    "-",     ".",    "-.",   "1.",       ".5",  "-.5",   "1e3",
          "1E3", "1e999", "0x10", "+1",   " 1",       "1 ",  "1.2.3", "--1",
          "1-2", "nan",   "inf",  "-inf", "infinity", "1,5", "1'000"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_number(text));
      CHECK_FALSE(parse_ms(text));
      CHECK_FALSE(parse_integer(text));
    }
  }

  TEST_CASE("a number has at most 24 characters") {
    CHECK(parse_number("0." + std::string(22, '0')) == 0.0);
    CHECK_FALSE(parse_number("0." + std::string(23, '0')));
    CHECK(parse_integer(std::string(23, '0') + "7") == 7);
    CHECK_FALSE(parse_integer(std::string(24, '0') + "7"));
    CHECK_FALSE(parse_ms("0." + std::string(300, '0') + "1e-2147483639"));
  }

  TEST_CASE("integers are those of 64 bits and have no fraction") {
    CHECK(parse_integer("9223372036854775807") == kMax);
    CHECK_FALSE(parse_integer("9223372036854775808"));
    CHECK(parse_integer("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK_FALSE(parse_integer("-9223372036854775809"));
    CHECK_FALSE(parse_integer("18446744073709551616"));
    CHECK_FALSE(parse_integer("1.0"));
    CHECK(parse_integer("-0") == 0);
  }

  TEST_CASE("what is written is read back as the same microsecond") {
    for (std::int64_t us = 0; us < 70'000'000; us += 7'919) {
      const nanoseconds value{us * 1'000};
      if (parse_ms(format_ms(value)) != value) {
        FAIL_CHECK(format_ms(value));
      }
    }
  }
}

}  // namespace echomesh
