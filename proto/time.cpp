#include "proto/time.hpp"

#include <cstddef>

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
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto write = [&text](std::size_t past, auto number) {
    for (auto rest = static_cast<unsigned>(number); rest > 0; rest /= 10) {
      text[--past] = static_cast<char>('0' + rest % 10);
    }
  };
  write(4, static_cast<int>(date.year()));
  write(7, static_cast<unsigned>(date.month()));
  write(10, static_cast<unsigned>(date.day()));
  write(13, clock.hours().count());
  write(16, clock.minutes().count());
  write(19, clock.seconds().count());
  write(23, clock.subseconds().count());
  return text;
}

}  // namespace echomesh
