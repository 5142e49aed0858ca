#include "proto/agent_info.hpp"

#include <cmath>

#include "proto/json_reader.hpp"
#include "proto/json_writer.hpp"

namespace echomesh {
namespace {

/// A text for people, or none; false if it is there and unfit to be shown.
bool read_text(const JsonValue& root, std::string_view key, std::optional<std::string>& text) {
  const auto value = root.find(key);
  if (!value || value->is_null()) {
    return true;
  }
  const auto content = value->text();
  if (!content || !is_display_text(*content, kMaxNameBytes)) {
    return false;
  }
  if (!content->empty()) {
    text = std::string(*content);
  }
  return true;
}

bool read_degrees(const JsonValue& root, std::string_view key, double bound,
                  std::optional<double>& degrees) {
  const auto value = root.find(key);
  if (!value || value->is_null()) {
    return true;
  }
  degrees = value->number();
  return degrees && std::abs(*degrees) <= bound;
}

}  // namespace

std::string to_json(const AgentInfo& info) {
  JsonWriter json;
  json.begin_object();
  write_stamp(json, info.stamp);
  json.text_field("location", info.location.str())
      .optional_text_field("name", info.place.name)
      .optional_text_field("area", info.place.area)
      .degrees_field("latitude", info.place.latitude)
      .degrees_field("longitude", info.place.longitude)
      .text_field("version", info.version)
      .text_field("epoch", to_string(info.epoch))
      .text_field("run", to_string(info.run))
      .integer_field("started_ms", unix_ms(info.started))
      .key("regions")
      .begin_array();
  for (const auto& region : info.regions) {
    json.text(region.str());
  }
  json.end_array()
      .integer_field("spool_reports", info.spool_reports)
      .integer_field("spool_dropped", info.spool_dropped)
      .ms_field("loop_lag_max_ms", info.loop_lag_max)
      .integer_field("rss_bytes", info.rss_bytes)
      .integer_field("clock_steps", info.clock_steps)
      .ms_field("clock_error_ms", info.clock_error)
      .integer_field("foreign_echoes", info.foreign_echoes)
      .end_object();
  return json.take();
}

Result<AgentGlance> parse_agent_glance(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  const auto root = document->root();
  if (!root.is_object()) {
    return Error{"", "must be an object"};
  }
  AgentGlance glance;
  auto& place = glance.place;
  if (!read_text(root, "name", place.name) || !read_text(root, "area", place.area)) {
    return Error{"name, area", "must be UTF-8 text of at most 64 bytes"};
  }
  if (!read_degrees(root, "latitude", 90, place.latitude) ||
      !read_degrees(root, "longitude", 180, place.longitude)) {
    return Error{"latitude, longitude", "must be degrees within 90 and 180"};
  }
  if (const auto clock_error = root.find("clock_error_ms")) {
    glance.clock_error = clock_error->ms();
  }
  return glance;
}

}  // namespace echomesh
