#include "proto/stamp.hpp"

#include <algorithm>

#include "proto/json_writer.hpp"

namespace echomesh {

std::chrono::seconds validity_for(std::chrono::seconds period) {
  return std::max(kMinValidity, 3 * period);
}

void write_stamp(JsonWriter& json, const Stamp& stamp) {
  json.time_fields("ts", stamp.at);
  json.key("valid_until_ms");
  stamp.valid_until ? json.integer(unix_ms(*stamp.valid_until)) : json.null();
}

}  // namespace echomesh
