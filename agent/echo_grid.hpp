/// When echoes are due: once a slot, at a phase that depends on the location alone, so that a mesh
/// never probes in a burst and a restart does not move it.
#pragma once

#include "proto/names.hpp"
#include "proto/time.hpp"

namespace echomesh::agent {

class EchoGrid {
 public:
  EchoGrid(const LocationId& location, SlotWidth width);

  /// From 10 % to 90 % of the slot, in whole milliseconds.
  nanoseconds phase() const { return phase_; }
  UtcTime due(Slot slot) const { return slot_start(slot, width_) + phase_; }
  /// The first slot whose echo is due at `at` or later.
  Slot next(UtcTime at) const;

 private:
  SlotWidth width_;
  nanoseconds phase_;
};

}  // namespace echomesh::agent
