#include "proto/time.hpp"

#include <cstdio>

namespace echomesh {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

Slot slot_of(UtcTime at, SlotWidth width) {
  const auto since_epoch = floor<seconds>(at.time_since_epoch()).count();
  const auto w = width.value.count();
  const auto quotient = since_epoch / w;
  return {since_epoch % w < 0 ? quotient - 1 : quotient};
}

UtcTime slot_start(Slot slot, SlotWidth width) {
  return UtcTime{width.value * slot.number};
}

std::int64_t slots_per_day(SlotWidth width) {
  return 86400 / width.value.count();
}

std::int64_t unix_ms(UtcTime at) {
  return floor<milliseconds>(at.time_since_epoch()).count();
}

UtcTime utc_from_unix_ms(std::int64_t ms) {
  return UtcTime{milliseconds{ms}};
}

std::string iso8601(UtcTime at) {
  namespace chrono = std::chrono;
  const auto ms = floor<milliseconds>(at.time_since_epoch());
  const chrono::sys_time<milliseconds> as_sys{ms};
  const auto day = floor<chrono::days>(as_sys);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{as_sys - day};
  char text[40];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace echomesh
