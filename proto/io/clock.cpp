#include "proto/io/clock.hpp"

#include <chrono>
#include <utility>

namespace echomesh::io {
namespace {

/// A wall clock that moved more between two readings was set; slewing moves it by less.
constexpr std::chrono::milliseconds kStep{1};

nanoseconds read(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return std::chrono::seconds{time.tv_sec} + nanoseconds{time.tv_nsec};
}

/// The process may be put aside between two readings, which would look like a step: of a few tries
/// the one counts whose readings lie closest together.
nanoseconds offset_now() {
  constexpr int kTries = 3;
  constexpr std::chrono::microseconds kClose{50};
  nanoseconds offset{0};
  nanoseconds closest = nanoseconds::max();
  for (int i = 0; i < kTries && closest > kClose; ++i) {
    const auto before = read(CLOCK_BOOTTIME);
    const auto utc = read(CLOCK_REALTIME);
    const auto apart = read(CLOCK_BOOTTIME) - before;
    if (apart < closest) {
      closest = apart;
      offset = utc - (before + apart / 2);
    }
  }
  return offset;
}

}  // namespace

MonoTime mono_now() {
  return MonoTime{read(CLOCK_BOOTTIME)};
}
UtcTime utc_now() {
  return UtcTime{read(CLOCK_REALTIME)};
}

/// The process may be put aside between the two readings, which would look like a step.
Now now() {
  constexpr int kTries = 4;
  constexpr std::chrono::milliseconds kClose{1};
  Now found{mono_now(), utc_now()};
  for (int i = 1; i < kTries && mono_now() - found.mono > kClose; ++i) {
    found = {mono_now(), utc_now()};
  }
  return found;
}

KernelClock::KernelClock() : offset_(offset_now()) {}

std::optional<MonoTime> KernelClock::to_mono(const timespec& arrival) {
  const auto before = std::exchange(offset_, offset_now());
  if (std::chrono::abs(offset_ - before) > kStep) {
    return std::nullopt;
  }
  const auto utc = std::chrono::seconds{arrival.tv_sec} + nanoseconds{arrival.tv_nsec};
  return MonoTime{utc - offset_};
}

}  // namespace echomesh::io
