#include "proto/timeline.hpp"

#include "proto/json_writer.hpp"

namespace echomesh {

std::string to_json(const Timeline& timeline) {
  JsonWriter json(1024);
  json.begin_object();
  write_stamp(json, timeline.stamp);
  const std::chrono::milliseconds width = timeline.width.value;
  json.integer_field("rev", timeline.rev)
      .text_field("region", timeline.region.str())
      .text_field("location", timeline.location.str())
      .integer_field("slot_ms", std::int64_t{width.count()})
      .integer_field("from_ms", unix_ms(slot_start(timeline.from, timeline.width)))
      .integer_field("to_ms", unix_ms(slot_start(timeline.past_end, timeline.width)))
      .integer_field("resolution_slots", timeline.resolution_slots)
      .key("runs")
      .begin_array();
  for (const auto& run : timeline.runs) {
    json.begin_array().integer(run.offset).integer(run.slots).text(to_string(run.state));
    if (run.cause) {
      json.text(*run.cause);
    }
    json.end_array();
  }
  json.end_array().text_field("bar", timeline.bar).end_object();
  return json.take();
}

}  // namespace echomesh
