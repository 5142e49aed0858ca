#include "aggregator/mesh_clock.hpp"

#include <chrono>

namespace echomesh::aggregator {
namespace {

/// A wall clock that is off for less is being set and set back.
constexpr std::chrono::seconds kAwayFor{60};

nanoseconds offset_of(Now now) {
  return now.utc.time_since_epoch() - now.mono.time_since_epoch();
}

}  // namespace

MeshClock::MeshClock(Now started, SlotWidth width)
    : tolerance_(width.value), offset_(offset_of(started)) {}

UtcTime MeshClock::read(Now now) {
  if (std::chrono::abs(offset_of(now) - offset_) <= tolerance_) {
    away_since_.reset();
  } else if (!away_since_) {
    away_since_ = now.mono;
  } else if (now.mono - *away_since_ >= kAwayFor) {
    offset_ = offset_of(now);
    away_since_.reset();
    ++steps_;
  }
  return UtcTime{now.mono.time_since_epoch() + offset_};
}

}  // namespace echomesh::aggregator
