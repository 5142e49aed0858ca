/// When a retained document was written and how long it may be believed.
#pragma once

#include <chrono>
#include <optional>

#include "proto/time.hpp"

namespace echomesh {

class JsonWriter;

struct Stamp {
  UtcTime at;
  std::optional<UtcTime> valid_until;  ///< none for what is final

  bool operator==(const Stamp&) const = default;
};

/// Nothing is believed for less: a subscriber may see one publication in three get lost.
constexpr std::chrono::seconds kMinValidity{90};

/// How long a document that goes out once a `period` may be believed: three periods.
std::chrono::seconds validity_for(std::chrono::seconds period);

/// `ts`, `ts_ms` and `valid_until_ms`.
void write_stamp(JsonWriter& json, const Stamp& stamp);

}  // namespace echomesh
