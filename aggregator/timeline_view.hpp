/// Draws 24 h of a path's slots as runs and a bar, coarser where it would not fit.
#pragma once

#include <string>
#include <vector>

#include "aggregator/path_history.hpp"
#include "proto/timeline.hpp"

namespace echomesh::aggregator {

/// What of a timeline depends on slots alone.
struct TimelineView {
  Slot from;
  Slot past_end;
  std::int64_t resolution_slots = 1;
  std::vector<TimelineRun> runs;
  std::string bar;
};

/// The 24 h that end with slot `end`, as fine as `max_runs_bytes` of JSON for the runs allow.
TimelineView timeline_view(const PathHistory& history, Slot end, std::size_t max_runs_bytes);

}  // namespace echomesh::aggregator
