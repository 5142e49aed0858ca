#include "proto/json_writer.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "proto/decimal.hpp"

namespace echomesh {
namespace {

constexpr int kDegreeDecimals = 4;

constexpr bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

/// Without a way out of the loop, so that it looks at many characters at once.
bool is_plain(std::string_view text) {
  bool all = true;
  for (const char c : text) {
    all &= is_plain(c);
  }
  return all;
}

}  // namespace

void JsonWriter::begin_value() {
  if (needs_comma_) {
    text_ += ',';
  }
}

void JsonWriter::end_value() {
  needs_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  begin_value();
  text_ += '{';
  needs_comma_ = false;
  ++depth_;
  return *this;
}
JsonWriter& JsonWriter::end_object() {
  text_ += '}';
  --depth_;
  end_value();
  return *this;
}
JsonWriter& JsonWriter::begin_array() {
  begin_value();
  text_ += '[';
  needs_comma_ = false;
  ++depth_;
  return *this;
}
JsonWriter& JsonWriter::end_array() {
  text_ += ']';
  --depth_;
  end_value();
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view name, std::string_view suffix) {
  text_.append(",\"" + (needs_comma_ ? 0 : 1), needs_comma_ ? 2 : 1);
  text_.append(name).append(suffix).append("\":", 2);
  needs_comma_ = false;
  return *this;
}

/// What needs no escape and no quotes.
JsonWriter& JsonWriter::plain(std::string_view value) {
  begin_value();
  text_.append(value);
  end_value();
  return *this;
}

JsonWriter& JsonWriter::null() {
  return plain("null");
}
JsonWriter& JsonWriter::text(std::string_view value) {
  begin_value();
  text_ += '"';
  if (is_plain(value)) {
    text_.append(value);
  } else {
    escape(value);
  }
  text_ += '"';
  end_value();
  return *this;
}
void JsonWriter::escape(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  for (const char c : value) {
    if (is_plain(c)) {
      text_ += c;
    } else if (const auto found = kEscaped.find(c); found != std::string_view::npos) {
      text_ += '\\';
      text_ += kLetters[found];
    } else {
      const auto code = static_cast<unsigned char>(c);
      text_.append("\\u00");
      text_ += kDigits[code / 16U];
      text_ += kDigits[code % 16U];
    }
  }
}
JsonWriter& JsonWriter::integer(std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  return plain({digits.begin(), end});
}
JsonWriter& JsonWriter::boolean(bool value) {
  return plain(value ? "true" : "false");
}
JsonWriter& JsonWriter::decimal(std::string_view digits) {
  return plain(digits);
}

JsonWriter& JsonWriter::text_field(std::string_view name, std::string_view value) {
  return key(name).text(value);
}
JsonWriter& JsonWriter::optional_text_field(std::string_view name,
                                            const std::optional<std::string>& value) {
  return value ? key(name).text(*value) : key(name).null();
}
JsonWriter& JsonWriter::integer_field(std::string_view name, std::int64_t value) {
  return key(name).integer(value);
}
JsonWriter& JsonWriter::integer_field(std::string_view name, std::optional<std::int64_t> value) {
  return value ? key(name).integer(*value) : key(name).null();
}
JsonWriter& JsonWriter::boolean_field(std::string_view name, bool value) {
  return key(name).boolean(value);
}
JsonWriter& JsonWriter::ms_field(std::string_view name, std::optional<nanoseconds> value) {
  return value ? key(name).decimal(format_ms(*value)) : key(name).null();
}
JsonWriter& JsonWriter::percent_field(std::string_view name, std::int64_t part,
                                      std::int64_t whole) {
  return whole > 0 ? key(name).decimal(format_percent(part, whole)) : key(name).null();
}
JsonWriter& JsonWriter::degrees_field(std::string_view name, std::optional<double> value) {
  return value ? key(name).decimal(format_fixed(*value, kDegreeDecimals)) : key(name).null();
}
JsonWriter& JsonWriter::time_fields(std::string_view name, std::optional<UtcTime> value) {
  if (!value) {
    return key(name).null().key(name, "_ms").null();
  }
  return text_field(name, iso8601(*value)).key(name, "_ms").integer(unix_ms(*value));
}

std::string JsonWriter::take() {
  assert(depth_ == 0 && !text_.empty());
  return std::move(text_);
}

}  // namespace echomesh
