/// An alarm on a libuv loop that rings within some ten microseconds, where uv_timer knows only
/// whole milliseconds.
#pragma once

#include <uv.h>

#include <functional>

#include "proto/time.hpp"

namespace echomesh {

class Alarm {
 public:
  /// The loop must outlive the alarm and run once more after it, which frees the handle.
  /// `ring` may destroy the alarm.
  Alarm(uv_loop_t* loop, std::function<void()> ring);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Rings once at `at`, at once if that has passed; replaces what was set before.
  void set(MonoTime at);
  void clear();

  /// The clock that `set` goes by.
  static MonoTime now();

 private:
  struct Watch;
  static void on_readable(uv_poll_t* poll, int status, int events);

  Watch* watch_;  // freed by the loop, once closed
  std::function<void()> ring_;
};

}  // namespace echomesh
