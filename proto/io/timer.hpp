/// One deadline on the loop, absolute and exact to the microsecond (libuv's own timers are whole
/// milliseconds after a cached time): a timerfd on CLOCK_BOOTTIME.
#pragma once

#include <uv.h>

#include <functional>
#include <optional>

#include "proto/time.hpp"

namespace echomesh::io {

class Loop;

class Timer {
 public:
  /// `loop` must outlive the timer. `expired` may arm the timer again, and may not destroy it.
  Timer(Loop& loop, std::function<void()> expired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// A time that has passed expires at once, from the loop.
  void arm(MonoTime at);
  void disarm();
  /// Arms or disarms.
  void set(std::optional<MonoTime> at) { at ? arm(*at) : disarm(); }

 private:
  void readable();

  int fd_;
  uv_poll_t* poll_;  ///< freed by its close callback
  std::function<void()> expired_;
};

}  // namespace echomesh::io
