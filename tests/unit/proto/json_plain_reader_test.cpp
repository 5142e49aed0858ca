// The short way for plain documents must not be seen: parse() takes, refuses and says what the
// strict reader alone does.

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "proto/json_reader.hpp"

namespace echomesh {
namespace {

/// All that can be asked of a value, and of what is in it.
void describe(const JsonValue& value, const std::vector<std::string>& keys, std::string& out) {
  out += value.is_null() ? "null" : "";
  out += value.boolean() ? (*value.boolean() ? "true" : "false") : "";
  out += value.text() ? "'" + std::string(*value.text()) + "'" : "";
  out += value.integer() ? "i" + std::to_string(*value.integer()) : "";
  out += value.number() ? "n" + std::to_string(*value.number()) : "";
  out += value.ms() ? "m" + std::to_string(value.ms()->count()) : "";
  out += value.is_array() ? "[" : value.is_object() ? "{" : ".";
  for (const auto& item : value.items()) {
    describe(item, keys, out);
    out += ",";
  }
  for (const auto& key : keys) {
    if (const auto member = value.find(key)) {
      out += key + ":";
      describe(*member, keys, out);
    }
  }
  out += "]";
}

std::string description(const Result<JsonDocument>& document,
                        const std::vector<std::string>& keys) {
  if (!document) {
    return document.error().where + ": " + document.error().what;
  }
  std::string out;
  describe(document->root(), keys, out);
  return out;
}

const std::vector<std::string> kKeys = {"", "a", "b", "region", "rtt_ms", "echoes", "seq"};

/// A document of all that JSON has, mostly right.
class Scribe {
 public:
  explicit Scribe(std::uint64_t seed) : chance_(seed) {}

  std::string document() {
    auto text = space() + value(0) + space();
    for (auto wounds = below(3); wounds > 0 && !text.empty(); --wounds) {
      wound(text);
    }
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return chance_() % bound; }
  std::string one_of(const std::vector<std::string>& words) { return words[below(words.size())]; }
  std::string space() { return one_of({"", "", "", "", " ", "\n", "\t ", "\r\n"}); }

  std::string value(std::size_t depth) {
    switch (below(depth > 6 ? 3 : 5)) {
      case 0:
        return one_of({"0", "-0", "-1", "12", "48.211", "1795246200123", "0.5", "-0.25", "01", "1.",
                       ".5", "-", "1e3", "1E-2", "1e999", "999999999999999999",
                       "9999999999999999999", "123456789012345678901234567890", "0.000001"});
      case 1:
        return "\"" +
               one_of({"", "eu", "timeout", "a b", "\\n", "\\u0041", "\xC3\xA9", "\x7F", "\\udc00",
                       "\xFF", "\x01", "\\", std::string(300, 'x')}) +
               "\"";
      case 2:
        return one_of({"true", "false", "null", "tru", "nul", "True", "NaN"});
      case 3: {
        std::string text = "[" + space();
        for (auto items = below(4); items > 0; --items) {
          text += value(depth + 1) + space() + (items > 1 ? "," : "") + space();
        }
        return text + "]";
      }
      default: {
        std::string text = "{" + space();
        for (auto members = below(4); members > 0; --members) {
          text += "\"" + one_of(kKeys) + "\"" + space() + ":" + space() + value(depth + 1) +
                  space() + (members > 1 ? "," : "") + space();
        }
        return text + "}";
      }
    }
  }
  void wound(std::string& text) {
    const auto at = below(text.size());
    switch (below(4)) {
      case 0:
        text.erase(at, 1 + below(3));
        break;
      case 1:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 2:
        text.insert(at, 1, "{}[],:\"0.-e tfn\\"[below(16)]);
        break;
      default:
        break;
    }
  }

  std::mt19937_64 chance_;
};

}  // namespace

TEST_SUITE("json plain reader") {
  TEST_CASE("the short way takes and refuses what the strict reader does, with the same tree") {
    const auto seed = doctest::getContextOptions()->rand_seed;
    CAPTURE(seed);
    Scribe scribe(seed);
    int taken = 0;
    for (int i = 0; i < 30'000; ++i) {
      const auto text = scribe.document();
      const auto strict = JsonDocument::parse_strictly(text);
      taken += strict ? 1 : 0;
      REQUIRE_MESSAGE(description(JsonDocument::parse(text), kKeys) == description(strict, kKeys),
                      text);
    }
    CHECK(taken > 3'000);
    CHECK(taken < 27'000);
  }
}

}  // namespace echomesh
