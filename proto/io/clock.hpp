/// The only place that reads a clock for what is measured (service.cpp stamps its reloads).
#pragma once

#include <ctime>
#include <optional>

#include "proto/time.hpp"

namespace echomesh::io {

/// CLOCK_BOOTTIME: monotonic, runs on while the machine sleeps.
MonoTime mono_now();
/// CLOCK_REALTIME.
UtcTime utc_now();
/// Both, of one moment: read again where over 1 ms lay between them, up to four times.
Now now();

/// Turns the kernel's receive times (CLOCK_REALTIME) into MonoTime, and refuses to where the wall
/// clock was set between the arrival and now.
class KernelClock {
 public:
  KernelClock();

  std::optional<MonoTime> to_mono(const timespec& arrival);

 private:
  nanoseconds offset_;  ///< UTC minus monotonic time at the latest reading
};

}  // namespace echomesh::io
