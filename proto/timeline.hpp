/// 24 h of one path's slots as a retained document: the runs that are not accessible, and a bar of
/// 288 letters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/names.hpp"
#include "proto/stamp.hpp"
#include "proto/states.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// Mosquitto hands retained messages from this size on to browsers in slow pieces.
constexpr std::size_t kMaxRetainedBytes = 4096;

/// Touching slots of one state and one cause; offset and length in slots from the window's start.
struct TimelineRun {
  std::int64_t offset = 0;
  std::int64_t slots = 0;
  LocationState state = LocationState::unknown;
  std::optional<std::string> cause;

  bool operator==(const TimelineRun&) const = default;
};

struct Timeline {
  Stamp stamp;
  std::int64_t rev = 1;  ///< rises when a slot already shown changes
  RegionId region;
  LocationId location;
  SlotWidth width;
  Slot from;
  Slot past_end;                      ///< the first slot after the window
  std::int64_t resolution_slots = 1;  ///< above 1: runs are coarsened to such steps
  std::vector<TimelineRun> runs;      ///< oldest first, accessible left out
  std::string bar;                    ///< 288 of a, s, i, u, m
};

std::string to_json(const Timeline& timeline);

}  // namespace echomesh
