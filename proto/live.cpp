#include "proto/live.hpp"

#include "proto/decimal.hpp"
#include "proto/json_writer.hpp"

namespace echomesh {

std::string to_json(const Live& live) {
  JsonWriter json(1024);
  json.begin_object()
      .time_fields("ts", live.at)
      .integer_field("slot", live.slot.number)
      .key("locations")
      .begin_object();
  for (const auto& entry : live.locations) {
    json.key(entry.location.str()).begin_array().text(to_string(entry.state));
    entry.rtt ? json.decimal(format_ms(*entry.rtt)) : json.null();
    json.end_array();
  }
  json.end_object().integer_field("omitted", live.omitted).end_object();
  return json.take();
}

}  // namespace echomesh
