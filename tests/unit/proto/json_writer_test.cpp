#include "proto/json_writer.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "proto/json_reader.hpp"

namespace echomesh {

TEST_SUITE("json writer") {
  TEST_CASE("keys stand in the order they are given, without spaces") {
    JsonWriter json;
    json.begin_object().integer_field("z", std::int64_t{1}).text_field("a", "x").key("m");
    json.begin_array().integer(2).boolean(true).null().end_array().end_object();
    CHECK(json.take() == R"({"z":1,"a":"x","m":[2,true,null]})");
  }

  TEST_CASE("what is missing is null") {
    JsonWriter json;
    json.begin_object()
        .optional_text_field("text", std::nullopt)
        .integer_field("integer", std::optional<std::int64_t>{})
        .ms_field("ms", std::nullopt)
        .degrees_field("degrees", std::nullopt)
        .percent_field("percent", 0, 0)
        .time_fields("since", std::nullopt)
        .end_object();
    CHECK(json.take() == R"({"text":null,"integer":null,"ms":null,"degrees":null,"percent":null,)"
                         R"("since":null,"since_ms":null})");
  }

  TEST_CASE("what is there is a plain decimal, text, or both forms of one time") {
    JsonWriter json;
    json.begin_object()
        .optional_text_field("text", "")
        .integer_field("integer", std::optional<std::int64_t>{-7})
        .ms_field("ms", nanoseconds{48'211'400})
        .degrees_field("degrees", -122.00009)
        .percent_field("percent", 2, 3)
        .time_fields("since", utc_from_unix_ms(1'795'255'400'123))
        .boolean_field("is", false)
        .end_object();
    CHECK(json.take() ==
          R"({"text":"","integer":-7,"ms":48.211,"degrees":-122.0001,"percent":66.66666,)"
          R"("since":"2026-11-21T10:03:20.123Z","since_ms":1795255400123,"is":false})");
  }

  TEST_CASE("integers are written whole, never with an exponent") {
    JsonWriter json;
    json.begin_array()
        .integer(std::numeric_limits<std::int64_t>::max())
        .integer(std::numeric_limits<std::int64_t>::min())
        .end_array();
    CHECK(json.take() == "[9223372036854775807,-9223372036854775808]");
  }

  TEST_CASE("text is escaped so that it is read back as it was") {
    const std::string text("a\"b\\c/\n\x01\x1F\0\x7F \xC3\xA9\xF0\x9F\x8C\x8D", 19);
    JsonWriter json;
    const std::string written = json.begin_array().text(text).end_array().take();
    const auto document = JsonDocument::parse(written);
    REQUIRE(document.ok());
    CHECK(document->root().items().at(0).text() == text);
  }
}

}  // namespace echomesh
