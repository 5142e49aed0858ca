/// Writes one JSON document, keys in the order they are given, numbers as plain decimals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/time.hpp"

namespace echomesh {

class JsonWriter {
 public:
  /// `expected_bytes` saves it from growing on the way.
  explicit JsonWriter(std::size_t expected_bytes = 256) : text_(expected_bytes, '\0') {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  /// REQUIRES: an id or a word of the contract, in which nothing needs to be escaped.
  JsonWriter& key(std::string_view name) { return key(name, {}); }

  JsonWriter& null();
  JsonWriter& text(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& boolean(bool value);
  /// A number that is already written as a decimal (proto/decimal).
  JsonWriter& decimal(std::string_view digits);

  JsonWriter& text_field(std::string_view name, std::string_view value);
  JsonWriter& optional_text_field(std::string_view name, const std::optional<std::string>& value);
  JsonWriter& integer_field(std::string_view name, std::int64_t value);
  JsonWriter& integer_field(std::string_view name, std::optional<std::int64_t> value);
  JsonWriter& boolean_field(std::string_view name, bool value);
  /// Milliseconds with at most 3 decimals, or null.
  JsonWriter& ms_field(std::string_view name, std::optional<nanoseconds> value);
  /// Percent cut to 5 decimals; null where `whole` is 0.
  JsonWriter& percent_field(std::string_view name, std::int64_t part, std::int64_t whole);
  /// Degrees with at most 4 decimals (11 m), or null.
  JsonWriter& degrees_field(std::string_view name, std::optional<double> value);
  /// `<name>` as ISO 8601 and `<name>_ms` as Unix milliseconds; both null without a value.
  JsonWriter& time_fields(std::string_view name, std::optional<UtcTime> value);

  /// REQUIRES: every object and array that was begun has ended.
  std::string take();

 private:
  JsonWriter& key(std::string_view name, std::string_view suffix);
  /// Room for so many bytes and a comma, which it writes where one is due.
  char* begin_value(std::size_t bytes);
  void end_value(const char* end);
  void open(char bracket);
  void close(char bracket);
  JsonWriter& plain(std::string_view value);
  JsonWriter& escaped(std::string_view value);

  std::string text_;      ///< what is written, and room
  std::size_t size_ = 0;  ///< of what is written
  bool needs_comma_ = false;
  int depth_ = 0;
};

}  // namespace echomesh
