/// The clock that numbers slots: monotonic time plus an offset, so that a step of the wall clock
/// does not bend history. The offset is re-read when the wall clock has stayed away for long.
#pragma once

#include <cstdint>
#include <optional>

#include "proto/time.hpp"

namespace echomesh::aggregator {

class MeshClock {
 public:
  MeshClock(Now started, SlotWidth width);

  /// UTC by this clock; call it with every reading of the system's clocks, in order.
  UtcTime read(Now now);
  /// When this clock will show `at`, if it is not set before.
  MonoTime mono_of(UtcTime at) const { return MonoTime{at.time_since_epoch() - offset_}; }
  /// How often the offset was read again.
  std::int64_t steps() const { return steps_; }

 private:
  nanoseconds tolerance_;
  nanoseconds offset_;
  std::optional<MonoTime> away_since_;
  std::int64_t steps_ = 0;
};

}  // namespace echomesh::aggregator
