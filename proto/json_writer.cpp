#include "proto/json_writer.hpp"

#include <cassert>

#include "proto/decimal.hpp"

namespace echomesh {
namespace {

constexpr int kDegreeDecimals = 4;

rapidjson::SizeType size_of(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

}  // namespace

JsonWriter& JsonWriter::begin_object() {
  writer_.StartObject();
  return *this;
}
JsonWriter& JsonWriter::end_object() {
  writer_.EndObject();
  return *this;
}
JsonWriter& JsonWriter::begin_array() {
  writer_.StartArray();
  return *this;
}
JsonWriter& JsonWriter::end_array() {
  writer_.EndArray();
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) {
  writer_.Key(name.data(), size_of(name));
  return *this;
}

JsonWriter& JsonWriter::null() {
  writer_.Null();
  return *this;
}
JsonWriter& JsonWriter::text(std::string_view value) {
  writer_.String(value.data(), size_of(value));
  return *this;
}
JsonWriter& JsonWriter::integer(std::int64_t value) {
  writer_.Int64(value);
  return *this;
}
JsonWriter& JsonWriter::boolean(bool value) {
  writer_.Bool(value);
  return *this;
}
JsonWriter& JsonWriter::decimal(std::string_view digits) {
  writer_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
  return *this;
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
  const std::string ms_name = std::string(name) + "_ms";
  return value ? text_field(name, iso8601(*value)).integer_field(ms_name, unix_ms(*value))
               : key(name).null().key(ms_name).null();
}

std::string JsonWriter::take() {
  assert(writer_.IsComplete());
  return {buffer_.GetString(), buffer_.GetSize()};
}

}  // namespace echomesh
