/// One region's locations in one slot, for who wants to watch; not retained.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/names.hpp"
#include "proto/states.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// Above so many locations only those not accessible are told, the first so many.
constexpr std::size_t kMaxLiveLocations = 100;

struct Live {
  struct Entry {
    LocationId location;
    LocationState state = LocationState::unknown;
    std::optional<nanoseconds> rtt;
  };

  UtcTime at;
  Slot slot;
  std::vector<Entry> locations;
  std::int64_t omitted = 0;
};

std::string to_json(const Live& live);

}  // namespace echomesh
