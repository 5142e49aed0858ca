#include "proto/location_summary.hpp"

#include "proto/json_writer.hpp"

namespace echomesh {

std::string to_json(const LocationSummary& summary) {
  JsonWriter json(1024);
  json.begin_object();
  write_stamp(json, summary.stamp);
  json.text_field("region", summary.region.str())
      .text_field("location", summary.location.str())
      .optional_text_field("name", summary.place.name)
      .optional_text_field("area", summary.place.area)
      .degrees_field("latitude", summary.place.latitude)
      .degrees_field("longitude", summary.place.longitude)
      .text_field("state", to_string(summary.state))
      .integer_field("state_code", std::int64_t{state_code(summary.state)})
      .optional_text_field("cause", summary.cause)
      .time_fields("since", summary.since)
      .ms_field("rtt_ms", summary.rtt)
      .ms_field("rtt_p50_1h_ms", summary.rtt_p50_1h)
      .ms_field("rtt_p95_1h_ms", summary.rtt_p95_1h)
      .ms_field("rtt_max_1h_ms", summary.rtt_max_1h)
      .ms_field("jitter_1h_ms", summary.jitter_1h)
      .percent_field("loss_1h_pct", summary.loss_1h.part, summary.loss_1h.whole)
      .ms_field("rtt_usual_ms", summary.rtt_usual)
      .boolean_field("elevated", summary.elevated)
      .percent_field("accessible_24h_pct", summary.accessible_24h.part,
                     summary.accessible_24h.whole)
      .percent_field("coverage_24h_pct", summary.coverage_24h.part, summary.coverage_24h.whole)
      .integer_field("resent_24h", summary.resent_24h)
      .integer_field("addresses", summary.addresses)
      .integer_field("addresses_dead", summary.addresses_dead)
      .ms_field("clock_error_ms", summary.clock_error)
      .end_object();
  return json.take();
}

}  // namespace echomesh
