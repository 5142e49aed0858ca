#include "proto/aggregator_info.hpp"

#include "proto/json_writer.hpp"

namespace echomesh {
namespace {

constexpr std::array<std::string_view, kRefusals> kRefusalWords = {
    "json", "slot", "slot_ms", "region", "location", "retained", "size", "capacity"};

}  // namespace

std::string_view to_string(Refusal refusal) {
  return kRefusalWords.at(static_cast<std::size_t>(refusal));
}

std::string to_json(const AggregatorInfo& info) {
  JsonWriter json;
  json.begin_object();
  write_stamp(json, info.stamp);
  json.text_field("instance", to_string(info.instance))
      .text_field("version", info.version)
      .optional_text_field("region_of_broker", info.region_of_broker
                                                   ? std::optional(info.region_of_broker->str())
                                                   : std::nullopt)
      .integer_field("started_ms", unix_ms(info.started))
      .integer_field("locations", info.locations)
      .integer_field("paths", info.paths)
      .integer_field("reports", info.reports)
      .integer_field("replayed", info.replayed)
      .key("refused")
      .begin_object();
  for (std::size_t i = 0; i < kRefusals; ++i) {
    json.integer_field(kRefusalWords.at(i), info.refused.counts.at(i));
  }
  json.end_object()
      .ms_field("commit_ms_p99", info.commit_p99)
      .integer_field("rss_bytes", info.rss_bytes)
      .integer_field("clock_steps", info.clock_steps)
      .integer_field("publications_dropped", info.publications_dropped)
      .end_object();
  return json.take();
}

std::string to_json(const Heartbeat& heartbeat) {
  JsonWriter json;
  json.begin_object()
      .time_fields("ts", heartbeat.at)
      .integer_field("seq", heartbeat.seq)
      .text_field("instance", to_string(heartbeat.instance))
      .end_object();
  return json.take();
}

}  // namespace echomesh
