/// The two clocks of a host: boot time, which runs on while it sleeps, and a wall clock that can be
/// wrong, stepped and slewed.
#pragma once

#include <chrono>

#include "proto/time.hpp"
#include "tests/world/event_queue.hpp"

namespace echomesh::world {

class SimClock {
 public:
  /// Up since `boot_age` before the world began; the wall clock shows `offset` too much.
  SimClock(UtcTime world_begin, nanoseconds boot_age, nanoseconds offset)
      : boot_age_(boot_age), wall_begin_(world_begin + offset) {}

  MonoTime mono(At at) const { return MonoTime{at.time_since_epoch() + boot_age_}; }
  At true_time(MonoTime mono) const { return At{mono.time_since_epoch() - boot_age_}; }
  UtcTime utc(At at) const {
    return wall_begin_ + at.time_since_epoch() + (at - slew_from_) / 1'000'000 * slew_ppm_;
  }
  Now now(At at) const { return {mono(at), utc(at)}; }

  void step(nanoseconds by) { wall_begin_ += by; }
  /// From `at` on the wall clock gains so many µs a second.
  void slew(At at, std::int64_t ppm) {
    wall_begin_ += (at - slew_from_) / 1'000'000 * slew_ppm_;
    slew_from_ = at;
    slew_ppm_ = ppm;
  }
  std::int64_t slew_ppm() const { return slew_ppm_; }

 private:
  nanoseconds boot_age_;
  UtcTime wall_begin_;
  At slew_from_{};
  std::int64_t slew_ppm_ = 0;
};

}  // namespace echomesh::world
