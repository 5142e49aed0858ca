#include "aggregator/mesh_clock.hpp"

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

constexpr UtcTime kUtc{seconds{1'795'246'200}};
constexpr MonoTime kMono{seconds{5000}};

/// The system's clocks `after` the start, the wall clock `off`.
Now reading(nanoseconds after, nanoseconds off = nanoseconds{0}) {
  return {kMono + after, kUtc + after + off};
}

TEST_SUITE("mesh clock") {
  TEST_CASE("it shows monotonic time on the wall clock of the start") {
    MeshClock clock(reading(seconds{0}), {});
    CHECK(clock.read(reading(seconds{0})) == kUtc);
    CHECK(clock.read(reading(seconds{7})) == kUtc + seconds{7});
    CHECK(clock.mono_of(kUtc + seconds{9}) == kMono + seconds{9});
    CHECK(clock.steps() == 0);
  }

  TEST_CASE("a wall clock that is off by one slot is not followed, by one nanosecond more it is") {
    for (const int sign : {1, -1}) {
      for (const nanoseconds over : {nanoseconds{0}, nanoseconds{1}}) {
        CAPTURE(sign);
        CAPTURE(over.count());
        const nanoseconds off = sign * (nanoseconds{seconds{5}} + over);
        MeshClock clock(reading(seconds{0}), {});
        UtcTime shown;
        for (int second = 1; second <= 200; ++second) {
          shown = clock.read(reading(seconds{second}, off));
        }
        CHECK(shown == kUtc + seconds{200} + (over.count() > 0 ? off : nanoseconds{0}));
        CHECK(clock.steps() == over.count());
      }
    }
  }

  TEST_CASE("a step is followed 60 s after it was seen, not a nanosecond earlier") {
    MeshClock clock(reading(seconds{0}), {});
    constexpr seconds kOff{3600};
    clock.read(reading(seconds{10}, kOff));
    CHECK(clock.read(reading(seconds{70} - nanoseconds{1}, kOff)) ==
          kUtc + seconds{70} - nanoseconds{1});
    CHECK(clock.read(reading(seconds{70}, kOff)) == kUtc + seconds{70} + kOff);
    CHECK(clock.steps() == 1);
    CHECK(clock.mono_of(kUtc + kOff + seconds{80}) == kMono + seconds{80});
  }

  TEST_CASE("a wall clock that was set back in time leaves no trace") {
    MeshClock clock(reading(seconds{0}), {});
    clock.read(reading(seconds{10}, seconds{60}));
    clock.read(reading(seconds{65}, seconds{1}));
    CHECK(clock.read(reading(seconds{75}, seconds{60})) == kUtc + seconds{75});
    CHECK(clock.read(reading(seconds{134}, seconds{60})) == kUtc + seconds{134});
    CHECK(clock.steps() == 0);
    clock.read(reading(seconds{135}, seconds{60}));
    CHECK(clock.steps() == 1);
  }

  TEST_CASE("one slot is as wide as the mesh has it") {
    MeshClock clock(reading(seconds{0}), SlotWidth{seconds{60}});
    for (int second = 1; second <= 200; ++second) {
      clock.read(reading(seconds{second}, seconds{60}));
    }
    CHECK(clock.steps() == 0);
  }
}

}  // namespace
}  // namespace echomesh::aggregator
