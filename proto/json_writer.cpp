#include "proto/json_writer.hpp"

#include <algorithm>
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

/// Without a way out of the loop and byte by byte, so that it looks at many at once.
bool is_plain(std::string_view text) {
  unsigned char odd = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    odd = static_cast<unsigned char>(odd | (byte < 0x20 ? 1 : 0) | (byte == '"' ? 1 : 0) |
                                     (byte == '\\' ? 1 : 0));
  }
  return odd == 0;
}

char* copy(std::string_view text, char* at) {
  return std::copy(text.begin(), text.end(), at);
}

}  // namespace

char* JsonWriter::begin_value(std::size_t bytes) {
  if (text_.size() - size_ <= bytes) {
    text_.resize(2 * text_.size() + bytes + 1);
  }
  char* const at = text_.data() + size_;
  *at = ',';
  return at + (needs_comma_ ? 1 : 0);
}

void JsonWriter::end_value(const char* end) {
  size_ = static_cast<std::size_t>(end - text_.data());
  needs_comma_ = true;
}

void JsonWriter::open(char bracket) {
  char* const at = begin_value(1);
  *at = bracket;
  end_value(at + 1);
  needs_comma_ = false;
  ++depth_;
}

void JsonWriter::close(char bracket) {
  needs_comma_ = false;
  char* const at = begin_value(1);
  *at = bracket;
  end_value(at + 1);
  --depth_;
}

JsonWriter& JsonWriter::begin_object() {
  open('{');
  return *this;
}
JsonWriter& JsonWriter::end_object() {
  close('}');
  return *this;
}
JsonWriter& JsonWriter::begin_array() {
  open('[');
  return *this;
}
JsonWriter& JsonWriter::end_array() {
  close(']');
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view name, std::string_view suffix) {
  char* at = begin_value(name.size() + suffix.size() + 3);
  *at++ = '"';
  at = copy(name, at);
  at = copy(suffix, at);
  *at++ = '"';
  *at++ = ':';
  end_value(at);
  needs_comma_ = false;
  return *this;
}

/// What needs no escape and no quotes.
JsonWriter& JsonWriter::plain(std::string_view value) {
  end_value(copy(value, begin_value(value.size())));
  return *this;
}

JsonWriter& JsonWriter::null() {
  return plain("null");
}
JsonWriter& JsonWriter::text(std::string_view value) {
  if (!is_plain(value)) {
    return escaped(value);
  }
  char* at = begin_value(value.size() + 2);
  *at++ = '"';
  at = copy(value, at);
  *at++ = '"';
  end_value(at);
  return *this;
}
JsonWriter& JsonWriter::escaped(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  std::string text = "\"";
  for (const char c : value) {
    if (is_plain(c)) {
      text += c;
    } else if (const auto found = kEscaped.find(c); found != std::string_view::npos) {
      text += '\\';
      text += kLetters[found];
    } else {
      const auto code = static_cast<unsigned char>(c);
      text.append("\\u00");
      text += kDigits[code / 16U];
      text += kDigits[code % 16U];
    }
  }
  return plain(text + '"');
}
JsonWriter& JsonWriter::integer(std::int64_t value) {
  constexpr std::size_t kMostDigits = 20;
  char* const at = begin_value(kMostDigits);
  end_value(std::to_chars(at, at + kMostDigits, value).ptr);
  return *this;
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
  assert(depth_ == 0 && size_ > 0);
  text_.resize(size_);
  return std::move(text_);
}

}  // namespace echomesh
