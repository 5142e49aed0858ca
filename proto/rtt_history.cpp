#include "proto/rtt_history.hpp"

#include "proto/decimal.hpp"
#include "proto/json_writer.hpp"

namespace echomesh {
namespace {

void write_buckets(JsonWriter& json, std::string_view name,
                   const std::vector<std::optional<nanoseconds>>& buckets) {
  json.key(name).begin_array();
  for (const auto& rtt : buckets) {
    rtt ? json.decimal(format_ms_short(*rtt)) : json.null();
  }
  json.end_array();
}

}  // namespace

std::string to_json(const RttHistory& history) {
  JsonWriter json(4096);
  json.begin_object();
  write_stamp(json, history.stamp);
  const std::chrono::milliseconds bucket = kRttBucket;
  json.text_field("region", history.region.str())
      .text_field("location", history.location.str())
      .integer_field("bucket_ms", std::int64_t{bucket.count()})
      .integer_field("from_ms", unix_ms(history.from));
  write_buckets(json, "p50_ms", history.p50);
  write_buckets(json, "p95_ms", history.p95);
  json.end_object();
  return json.take();
}

}  // namespace echomesh
