#include "proto/json_reader.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace echomesh {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

std::string object_of(std::size_t keys) {
  std::string text = "{";
  for (std::size_t i = 0; i < keys; ++i) {
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
  }
  return text + "}";
}

/// The document must outlive what is read from it, so it is handed over with its root.
JsonDocument parsed(std::string_view text) {
  auto document = JsonDocument::parse(text);
  REQUIRE_MESSAGE(document.ok(), text);
  return std::move(document).value();
}

struct Hostile {
  std::string why;
  std::string text;
  std::string error;  // a part of it
};

}  // namespace

TEST_SUITE("json reader") {
  TEST_CASE("what is not one strict JSON document is refused") {
    const std::vector<Hostile> table = {
        {"nothing", "", "empty"},
        {"spaces", " \n", "empty"},
        {"NUL byte", std::string("{\"a\":1\0}", 8), "a NUL byte"},
        {"NUL byte after the end", std::string("{}\0", 3), "a NUL byte"},
        {"NUL byte in text", std::string("\"a\0b\"", 5), "a NUL byte"},
        {"byte order mark", "\xEF\xBB\xBF{}", "a byte order mark"},
        {"UTF-16", std::string("\xFF\xFE{\0}\0", 6), "a NUL byte"},
        {"trailing text", "{} {}", "must not be followed"},
        {"trailing letter", "{}x", "must not be followed"},
        {"cut off", R"({"a":)", ""},
        {"cut off in text", R"({"a":"b)", "quotation mark"},
        {"trailing comma", "[1,]", ""},
        {"trailing comma in an object", R"({"a":1,})", ""},
        {"comment", "{/**/}", ""},
        {"single quotes", "{'a':1}", ""},
        {"key without quotes", "{a:1}", ""},
        {"wrong word", "[nul]", ""},
        {"capital word", "[True]", ""},
        {"NaN", "[NaN]", ""},
        {"Infinity", "[Infinity]", ""},
        {"minus Infinity", "[-Inf]", ""},
        {"hexadecimal", "[0x10]", ""},
        {"leading zero", "[01]", ""},
        {"leading plus", "[+1]", ""},
        {"no whole part", "[.5]", ""},
        {"no fraction", "[1.]", ""},
        {"raw line feed in text", "\"a\nb\"", ""},
        {"unknown escape", R"("\x41")", "escape"},
        {"overlong slash", "\"\xC0\xAF\"", "encoding"},
        {"overlong, 3 bytes", "\"\xE0\x80\xAF\"", "encoding"},
        {"overlong key", "{\"\xC0\xAF\":1}", "encoding"},
        {"raw surrogate", "\"\xED\xA0\x80\"", "encoding"},
        {"past U+10FFFF", "\"\xF4\x90\x80\x80\"", "encoding"},
        {"continuation alone", "\"\x80\"", "encoding"},
        {"sequence cut off", "\"\xE6\x9D\"", "encoding"},
        {"high surrogate alone", R"("\ud800")", "surrogate"},
        {"high surrogate and a letter", R"("\ud800A")", "surrogate"},
        {"two high surrogates", R"("\ud800\ud800")", "surrogate"},
        {"low surrogate alone", R"("\udc00")", "surrogate"},
        {"low surrogate before a pair", R"("x\udfff\ud83c\udf0d")", "surrogate"},
        {"low surrogate in a key", R"({"\udc00":1})", "surrogate"},
        {"a number too big", "[1e999]", "big"},
        {"a number too big with a sign", "[-1e999]", "big"},
        {"a key twice", R"({"a":1,"b":2,"a":3})", "the key \"a\" stands twice"},
        {"a key twice, once escaped", R"({"a":1,"\u0061":3})", "the key \"a\" stands twice"},
        {"the empty key twice", R"({"":1,"":3})", "stands twice"},
        {"a key twice further down", R"([{"x":{"a":1,"a":3}}])", "stands twice"},
        {"200,000 brackets", std::string(200'000, '['), "larger than 65536 bytes"},
        {"60,000 brackets", std::string(60'000, '['), "nested deeper than 6"},
        {"60,000 objects", repeated("{\"a\":", 12'000), "nested deeper than 6"},
        {"65 keys", object_of(65), "more than 64 keys"},
    };
    for (const auto& [why, text, error] : table) {
      CAPTURE(why);
      const auto document = JsonDocument::parse(text);
      REQUIRE_FALSE(document.ok());
      CHECK_MESSAGE(document.error().what.find(error) != std::string::npos, document.error().what);
    }
  }

  TEST_CASE("an error tells the byte it stands at") {
    CHECK(JsonDocument::parse("[1,x]").error().where == "byte 3");
    CHECK(JsonDocument::parse(std::string_view("[\0]", 3)).error().where == "byte 1");
    CHECK(JsonDocument::parse("\xEF\xBB\xBF{}").error().where == "byte 0");
  }

  TEST_CASE("a key that stands twice is repeated in the error by 40 bytes at most") {
    const std::string key(10'000, 'k');
    const auto document = JsonDocument::parse("{\"" + key + "\":1,\"" + key + "\":1}");
    CHECK(document.error().what == "the key \"" + key.substr(0, 40) + "\" stands twice");
  }

  TEST_CASE("six levels are read, seven are not") {
    CHECK(JsonDocument::parse("[[[[[[1]]]]]]").ok());
    CHECK_FALSE(JsonDocument::parse("[[[[[[[]]]]]]]").ok());
    CHECK(JsonDocument::parse(R"({"a":[{"b":[{"c":{"d":1}}]}]})").ok());
    CHECK(JsonDocument::parse("[[[]],[[]],[[]],[[]],[[]],[[]]]").ok());
  }

  TEST_CASE("64 keys are read, 65 are not; an array may hold more") {
    CHECK(JsonDocument::parse(object_of(64)).ok());
    CHECK_FALSE(JsonDocument::parse(object_of(65)).ok());
    CHECK(parsed("[" + repeated("0,", 999) + "0]").root().items().size() == 1000);
  }

  TEST_CASE("65,536 bytes are read, one more is not") {
    const std::string largest = "\"" + std::string(65'534, 'x') + "\"";
    CHECK(parsed(largest).root().text()->size() == 65'534);
    CHECK(JsonDocument::parse(largest + " ").error().what == "larger than 65536 bytes");
  }

  TEST_CASE("the number that brings RapidJSON down is text until asked for, and then none") {
    const auto document = parsed("[0." + std::string(300, '0') + "1e-2147483639]");
    const auto number = document.root().items().at(0);
    CHECK_FALSE(number.number());
    CHECK_FALSE(number.integer());
    CHECK_FALSE(number.ms());
    CHECK_FALSE(number.unix_time());
  }

  TEST_CASE("numbers are plain decimals of the asked kind, or none") {
    struct Row {
      std::string text;
      std::optional<std::int64_t> integer;
      std::optional<double> number;
    };
    for (const auto& [text, integer, number] :
         {Row{"0", 0, 0.0}, Row{"-0", 0, 0.0}, Row{"-17", -17, -17.0}, Row{"1.5", {}, 1.5},
          Row{"1.0", {}, 1.0}, Row{"-0.0", {}, 0.0}, Row{"1e3", {}, {}}, Row{"1E+3", {}, {}},
          Row{"1e-999", {}, {}},
          Row{"9223372036854775807", std::numeric_limits<std::int64_t>::max(),
              9223372036854775807.0},
          Row{"9223372036854775808", {}, 9223372036854775808.0},
          Row{"-9223372036854775808", std::numeric_limits<std::int64_t>::min(),
              -9223372036854775808.0},
          Row{"18446744073709551616", {}, 18446744073709551616.0},
          Row{"1000000000000000000000000", {}, {}}}) {
      CAPTURE(text);
      const auto document = parsed(text);
      CHECK(document.root().integer() == integer);
      CHECK(document.root().number() == number);
    }
  }

  TEST_CASE("a time is whole Unix milliseconds from 1970 to what nanoseconds can hold") {
    const auto time_of = [](std::string_view text) { return parsed(text).root().unix_time(); };
    CHECK(time_of("1795246200123") == utc_from_unix_ms(1'795'246'200'123));
    CHECK(time_of("0") == utc_from_unix_ms(0));
    CHECK_FALSE(time_of("-1"));
    CHECK(time_of("9000000000000") == utc_from_unix_ms(9'000'000'000'000));
    CHECK_FALSE(time_of("9000000000001"));
    CHECK_FALSE(time_of("9223372036854775807"));
    CHECK_FALSE(time_of("1795246200123.5"));
    CHECK_FALSE(time_of("\"1795246200123\""));
    CHECK_FALSE(time_of("null"));
  }

  TEST_CASE("a value asked for another type is absent") {
    const auto document = parsed(R"({"t":"1","n":1,"b":true,"z":null,"a":[],"o":{}})");
    const auto root = document.root();
    const auto types = [&](const std::string& key) {
      const auto value = root.find(key);
      REQUIRE(value);
      std::string found;
      found += value->text() ? "t" : "";
      found += value->number() && value->integer() && value->ms() ? "n" : "";
      found += value->boolean() ? "b" : "";
      found += value->is_null() ? "z" : "";
      found += value->is_array() ? "a" : "";
      found += value->is_object() ? "o" : "";
      return found;
    };
    for (const std::string key : {"t", "n", "b", "z", "a", "o"}) {
      CHECK(types(key) == key);
    }
    CHECK_FALSE(root.find("x"));
    CHECK_FALSE(root.find("a")->find("t"));
    CHECK(root.items().empty());
    CHECK(root.find("t")->items().empty());
  }

  TEST_CASE("nested values belong to their own object, in order") {
    const auto document = parsed(R"({"a":{"x":1,"y":[2,{"x":3}]},"x":4,"f":false})");
    const auto root = document.root();
    CHECK(root.find("a")->find("x")->integer() == 1);
    const auto items = root.find("a")->find("y")->items();
    REQUIRE(items.size() == 2);
    CHECK(items[0].integer() == 2);
    CHECK(items[1].find("x")->integer() == 3);
    CHECK(root.find("x")->integer() == 4);
    CHECK(root.find("f")->boolean() == false);
    CHECK_FALSE(root.find("y"));
  }

  TEST_CASE("escapes are decoded, an escaped NUL does not end a text") {
    CHECK(parsed(R"("\u00e9\n\"\/")").root().text() == "\xC3\xA9\n\"/");
    CHECK(parsed(R"("\ud83c\udf0d")").root().text() == "\xF0\x9F\x8C\x8D");
    CHECK(parsed(R"("\ud7ff\ue000")").root().text() == "\xED\x9F\xBF\xEE\x80\x80");
    CHECK(parsed(R"("a\u0000b")").root().text() == std::string_view("a\0b", 3));
    CHECK(parsed(R"({"a\u0000b":1,"a":2})").root().find("a")->integer() == 2);
  }

  TEST_CASE("a document may be moved, and its texts stay") {
    auto first = parsed(R"({"key":"value"})");
    const JsonDocument second = std::move(first);
    CHECK(second.root().find("key")->text() == "value");
  }

  TEST_CASE("a single value is a document") {
    CHECK(parsed(" null\n").root().is_null());
    CHECK(parsed("true").root().boolean() == true);
  }
}

}  // namespace echomesh
