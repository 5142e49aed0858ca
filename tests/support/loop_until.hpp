/// Runs a loop until something has become true, or until patience ends.
#pragma once

#include <chrono>
#include <functional>

#include "proto/io/clock.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/timer.hpp"

namespace echomesh {

/// Yields whether it became true.
inline bool loop_until(io::Loop& loop, const std::function<bool()>& is_true,
                       std::chrono::milliseconds limit = std::chrono::seconds{10}) {
  constexpr std::chrono::milliseconds kLookEvery{2};
  const MonoTime deadline = io::mono_now() + limit;
  io::Timer* again = nullptr;
  io::Timer look(loop, [&] {
    if (is_true() || io::mono_now() >= deadline) {
      loop.stop();
    } else {
      again->arm(io::mono_now() + kLookEvery);
    }
  });
  again = &look;
  look.arm(io::mono_now());
  loop.run();
  return is_true();
}

/// Lets the loop go on, whatever happens.
inline void loop_for(io::Loop& loop, std::chrono::milliseconds time) {
  loop_until(
      loop, [] { return false; }, time);
}

}  // namespace echomesh
