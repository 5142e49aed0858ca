#include "proto/region_summary.hpp"

#include "proto/json_reader.hpp"
#include "proto/json_writer.hpp"

namespace echomesh {

std::string to_json(const RegionSummary& summary) {
  JsonWriter json(768);
  json.begin_object();
  write_stamp(json, summary.stamp);
  json.text_field("region", summary.region.str())
      .text_field("name", summary.name)
      .degrees_field("latitude", summary.latitude)
      .degrees_field("longitude", summary.longitude)
      .text_field("state", to_string(summary.state))
      .integer_field("state_code", std::int64_t{state_code(summary.state)})
      .time_fields("since", summary.since)
      .integer_field("locations", summary.locations)
      .integer_field("judging", summary.judging)
      .integer_field("accessible", summary.accessible)
      .integer_field("slow", summary.slow)
      .integer_field("inaccessible", summary.inaccessible)
      .integer_field("unknown", summary.unknown)
      .integer_field("blind", summary.blind);
  for (const auto* key : {"month", "uptime_pct", "downtime_s"}) {
    json.key(key).null();
  }
  json.text_field("scope", summary.scope)
      .boolean_field("self_reported", summary.self_reported)
      .end_object();
  return json.take();
}

Result<RegionGlance> parse_region_glance(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  const auto root = document->root();
  const auto at = root.find("ts_ms");
  const auto word = root.find("state");
  const auto state = region_state_from(word && word->text() ? *word->text() : "");
  if (!at || !at->unix_time() || !state) {
    return Error{"", "not a region summary: needs ts_ms and state"};
  }
  RegionGlance glance{*at->unix_time(), *state, std::nullopt};
  if (const auto since = root.find("since_ms")) {
    glance.since = since->unix_time();
  }
  return glance;
}

}  // namespace echomesh
