#include "proto/names.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace echomesh {

TEST_SUITE("names") {
  TEST_CASE("an id is 1 to 32 of a-z, 0-9 and -") {
    for (const std::string id :
         {"a", "z", "0", "9", "-", "us-west", "abcdefghijklmnopqrstuvwxyz-01234"}) {
      CHECK_MESSAGE(LocationId::parse(id).ok(), id);
    }
    CHECK(LocationId::parse(std::string(32, 'a')).ok());
    CHECK_FALSE(LocationId::parse(std::string(33, 'a')).ok());
    CHECK_FALSE(LocationId::parse("").ok());
  }

  TEST_CASE("what could mean something in a topic, or is not ASCII, is no id") {
    for (const std::string id : {"A", "us_west", "us west", "us/west", "+", "#", "$sys", "us.west",
                                 "`", "{", "/", ":", "\xC3\xA9", "eu\n", " eu"}) {
      CHECK_MESSAGE(!RegionId::parse(id).ok(), id);
    }
    CHECK_FALSE(RegionId::parse(std::string("eu\0", 3)).ok());
  }

  TEST_CASE("a refusal says what was expected and what it got, and repeats at most 64 bytes") {
    CHECK(RegionId::parse("EU").error().what == "must be 1 to 32 of a-z, 0-9 and -, got \"EU\"");
    CHECK(RegionId::parse(std::string(10'000, 'X')).error().what.size() < 128);
  }

  TEST_CASE("a hex id is 16 lower-case digits, leading zeros kept") {
    CHECK(HexId::parse("9b1c66d0a4e2f713")->value == 0x9b1c66d0a4e2f713ULL);
    CHECK(HexId::parse("ffffffffffffffff")->value == ~0ULL);
    CHECK(to_string(HexId{0x2aULL}) == "000000000000002a");
    CHECK(to_string(HexId{0}) == "0000000000000000");
    CHECK(to_string(HexId{~0ULL}) == "ffffffffffffffff");
    for (const std::string text :
         {"", "9b1c66d0a4e2f71", "9b1c66d0a4e2f7133", "9B1C66D0A4E2F713", "0x1c66d0a4e2f713",
          "-b1c66d0a4e2f713", "+b1c66d0a4e2f713", " b1c66d0a4e2f713", "9b1c66d0a4e2f71g"}) {
      CHECK_MESSAGE(!HexId::parse(text), text);
    }
  }

  TEST_CASE("the hash of a name never changes: phases outlive a restart and an update") {
    CHECK(stable_hash("") == 0xefd01f60ba992926ULL);
    CHECK(stable_hash("us-west") == 0x3bf3cf13df612fc3ULL);
  }

  TEST_CASE("the hash spreads short and like names over its highest bits") {
    std::array<int, 8> eighths{};
    for (int i = 0; i < 800; ++i) {
      ++eighths.at(stable_hash("vm-" + std::to_string(i)) >> 61U);
    }
    for (const int names : eighths) {
      CHECK(names > 50);
      CHECK(names < 150);
    }
  }

  TEST_CASE("text for people is well-formed UTF-8 without control characters") {
    for (const std::string text :
         {"", "USA West (California)", "S\xC3\xA3o Paulo", "\xE6\x9D\xB1\xE4\xBA\xAC",
          "\xF0\x9F\x8C\x8D", "\xC2\xA0", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF",
          "\xE0\xA0\x80", "\xF0\x90\x80\x80"}) {
      CHECK_MESSAGE(is_display_text(text, 64), text);
    }
    struct Bad {
      std::string why;
      std::string text;
    };
    for (const auto& [why, text] : {Bad{"NUL", std::string("a\0b", 3)},
                                    Bad{"line feed", "a\nb"},
                                    Bad{"escape", "\x1b[2J"},
                                    Bad{"unit separator", "\x1f"},
                                    Bad{"delete", "\x7f"},
                                    Bad{"C1, first", "\xC2\x80"},
                                    Bad{"C1, last", "\xC2\x9F"},
                                    Bad{"overlong slash", "\xC0\xAF"},
                                    Bad{"overlong, 2 bytes", "\xC1\xBF"},
                                    Bad{"overlong, 3 bytes", "\xE0\x9F\xBF"},
                                    Bad{"overlong, 4 bytes", "\xF0\x8F\xBF\xBF"},
                                    Bad{"first surrogate", "\xED\xA0\x80"},
                                    Bad{"last surrogate", "\xED\xBF\xBF"},
                                    Bad{"past U+10FFFF", "\xF4\x90\x80\x80"},
                                    Bad{"no first byte", "\xF5\x80\x80\x80"},
                                    Bad{"continuation alone", "\x80"},
                                    Bad{"cut off, 2 bytes", "\xC3"},
                                    Bad{"cut off, 3 bytes", "\xE6\x9D"},
                                    Bad{"cut off, 4 bytes", "\xF0\x9F\x8C"},
                                    Bad{"broken in the middle", "\xE6\x41\xB1"}}) {
      CHECK_MESSAGE(!is_display_text(text, 64), why);
    }
  }

  TEST_CASE("text for people is measured in bytes, not in letters") {
    CHECK(is_display_text(std::string(64, 'x'), 64));
    CHECK_FALSE(is_display_text(std::string(65, 'x'), 64));
    CHECK(is_display_text("\xC3\xA3\xC3\xA3", 4));
    CHECK_FALSE(is_display_text("\xC3\xA3\xC3\xA3", 3));
  }
}

}  // namespace echomesh
