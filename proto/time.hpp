/// The two clocks that never mix, and the slots that UTC is cut into.
///
/// MonoTime measures intervals and counts time asleep (CLOCK_BOOTTIME); UtcTime dates what is
/// reported. Neither type has a `now()`: only proto/io/clock reads a clock, every core is told.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace echomesh {

using std::chrono::nanoseconds;

struct MonoClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = nanoseconds;
};
struct UtcClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = nanoseconds;
};
using MonoTime = std::chrono::time_point<MonoClock, nanoseconds>;
using UtcTime = std::chrono::time_point<UtcClock, nanoseconds>;

/// Both clocks, read together.
struct Now {
  MonoTime mono;
  UtcTime utc;

  bool operator==(const Now&) const = default;
};

/// The time from a publish to its return; never negative.
struct Rtt {
  nanoseconds value{0};

  auto operator<=>(const Rtt&) const = default;
};

/// Number of an interval of UTC: floor(unix time / width).
struct Slot {
  std::int64_t number = 0;

  auto operator<=>(const Slot&) const = default;
  Slot operator+(std::int64_t slots) const { return {number + slots}; }
  Slot operator-(std::int64_t slots) const { return {number - slots}; }
  std::int64_t operator-(Slot earlier) const { return number - earlier.number; }
};

/// The width of a slot, one setting for the whole mesh: whole seconds dividing 300, up to 60.
struct SlotWidth {
  std::chrono::seconds value{5};

  bool operator==(const SlotWidth&) const = default;
};

inline bool is_valid(SlotWidth width) {
  const auto seconds = width.value.count();
  return seconds >= 1 && seconds <= 60 && 300 % seconds == 0;
}

Slot slot_of(UtcTime at, SlotWidth width);
UtcTime slot_start(Slot slot, SlotWidth width);
/// How many slots make 24 h.
std::int64_t slots_per_day(SlotWidth width);

/// Unix epoch milliseconds, rounded down; and back.
std::int64_t unix_ms(UtcTime at);
UtcTime utc_from_unix_ms(std::int64_t ms);

/// ISO 8601 in UTC with milliseconds: `2026-11-21T09:50:00.123Z`.
/// REQUIRES: a year from 0 to 9999.
std::string iso8601(UtcTime at);

}  // namespace echomesh
