#include "proto/time.hpp"

#include <doctest/doctest.h>

namespace echomesh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UtcTime at_ms(std::int64_t ms, std::int64_t ns = 0) {
  return UtcTime{milliseconds{ms} + nanoseconds{ns}};
}

}  // namespace

TEST_SUITE("time") {
  TEST_CASE("a slot begins exactly on its multiple, one nanosecond earlier it is the one before") {
    const SlotWidth width;
    CHECK(slot_of(at_ms(1'795'246'200'000), width) == Slot{359'049'240});
    CHECK(slot_of(at_ms(1'795'246'200'000, -1), width) == Slot{359'049'239});
    CHECK(slot_of(at_ms(1'795'246'204'999, 999'999), width) == Slot{359'049'240});
    CHECK(slot_of(at_ms(1'795'246'205'000), width) == Slot{359'049'241});
  }

  TEST_CASE("slots before 1970 are numbered downwards, not towards zero") {
    const SlotWidth width;
    CHECK(slot_of(at_ms(0), width) == Slot{0});
    CHECK(slot_of(at_ms(0, -1), width) == Slot{-1});
    CHECK(slot_of(at_ms(-5000), width) == Slot{-1});
    CHECK(slot_of(at_ms(-5000, -1), width) == Slot{-2});
  }

  TEST_CASE("a slot's start lies in it, for every width") {
    for (const int w : {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 25, 30, 50, 60}) {
      CAPTURE(w);
      const SlotWidth width{seconds{w}};
      const Slot slot = slot_of(at_ms(1'795'246'203'217), width);
      CHECK(slot_of(slot_start(slot, width), width) == slot);
      CHECK(slot_of(slot_start(slot, width) - nanoseconds{1}, width) == slot - 1);
      CHECK(slot_start(slot + 1, width) - slot_start(slot, width) == width.value);
    }
  }

  TEST_CASE("a width is whole seconds that divide 300, up to 60") {
    for (const int w : {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 25, 30, 50, 60}) {
      CHECK_MESSAGE(is_valid(SlotWidth{seconds{w}}), w);
    }
    for (const int w : {-5, -1, 0, 7, 8, 9, 11, 13, 24, 40, 59, 61, 75, 100, 150, 300}) {
      CHECK_MESSAGE(!is_valid(SlotWidth{seconds{w}}), w);
    }
  }

  TEST_CASE("24 h are 17,280 slots of 5 s, and a multiple of 288 for every width") {
    CHECK(slots_per_day(SlotWidth{}) == 17'280);
    for (const int w : {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 25, 30, 50, 60}) {
      CHECK(slots_per_day(SlotWidth{seconds{w}}) * w == 86'400);
      CHECK(slots_per_day(SlotWidth{seconds{w}}) % 288 == 0);
    }
  }

  TEST_CASE("Unix milliseconds are rounded down, before 1970 too") {
    CHECK(unix_ms(at_ms(1'795'246'200'123, 999'999)) == 1'795'246'200'123);
    CHECK(unix_ms(at_ms(0, -1)) == -1);
    CHECK(unix_ms(utc_from_unix_ms(1'795'246'200'123)) == 1'795'246'200'123);
    CHECK(utc_from_unix_ms(1'500) == at_ms(1'500));
  }

  TEST_CASE("ISO 8601 has milliseconds cut off, leap days and Z") {
    CHECK(iso8601(at_ms(1'795'255'400'123)) == "2026-11-21T10:03:20.123Z");
    CHECK(iso8601(at_ms(1'795'255'400'123, 999'999)) == "2026-11-21T10:03:20.123Z");
    CHECK(iso8601(at_ms(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(iso8601(at_ms(0, -1)) == "1969-12-31T23:59:59.999Z");
    CHECK(iso8601(at_ms(951'827'696'007)) == "2000-02-29T12:34:56.007Z");
    CHECK(iso8601(at_ms(1'798'761'599'999)) == "2026-12-31T23:59:59.999Z");
    CHECK(iso8601(at_ms(1'798'761'600'000)) == "2027-01-01T00:00:00.000Z");
  }

  TEST_CASE("slots are counted and compared as numbers") {
    CHECK(Slot{7} - Slot{3} == 4);
    CHECK(Slot{3} - 4 == Slot{-1});
    CHECK(Slot{3} < Slot{4});
  }
}

}  // namespace echomesh
