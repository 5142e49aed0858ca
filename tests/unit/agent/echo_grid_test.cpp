#include "agent/echo_grid.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

LocationId named(const std::string& id) {
  return LocationId::parse(id).value();
}

constexpr nanoseconds kInstant{1};

}  // namespace

TEST_SUITE("echo grid") {
  TEST_CASE("a phase lies from 10 % to 90 % of the slot, in whole milliseconds") {
    for (const int width : {1, 5, 60}) {
      const SlotWidth slot{seconds{width}};
      for (int i = 0; i < 1000; ++i) {
        const auto phase = EchoGrid(named("place-" + std::to_string(i)), slot).phase();
        CHECK(phase >= nanoseconds{slot.value} / 10);
        CHECK(phase <= nanoseconds{slot.value} * 9 / 10);
        CHECK(phase % milliseconds{1} == nanoseconds{0});
      }
    }
  }

  TEST_CASE("a location keeps its phase over restarts and versions") {
    const SlotWidth slot;
    CHECK(EchoGrid(named("tokyo"), slot).phase() == EchoGrid(named("tokyo"), slot).phase());
    // Pinned: another hash would move every agent of a mesh that is upgraded one by one.
    CHECK(EchoGrid(named("tokyo"), slot).phase() == milliseconds{4062});
    CHECK(EchoGrid(named("us-west"), slot).phase() == milliseconds{1395});
  }

  TEST_CASE("a thousand locations with similar names spread over the whole range") {
    std::array<int, 10> tenths{};
    const SlotWidth slot;
    for (int i = 0; i < 1000; ++i) {
      const auto phase = EchoGrid(named("vm-" + std::to_string(i)), slot).phase();
      const auto from_first = phase - nanoseconds{slot.value} / 10;
      ++tenths.at(
          static_cast<std::size_t>(std::min<std::int64_t>(9, from_first / milliseconds{400})));
    }
    for (const int locations : tenths) {
      CHECK(locations > 60);  // 100 each if even; four standard deviations are 38
      CHECK(locations < 140);
    }
  }

  TEST_CASE("an echo is due at its phase after the start of its slot") {
    const EchoGrid grid(named("tokyo"), SlotWidth{});
    CHECK(grid.due(Slot{0}) == UtcTime{grid.phase()});
    CHECK(grid.due(Slot{359049240}) == utc_from_unix_ms(1795246200000) + grid.phase());
  }

  TEST_CASE("next() at a due time is that slot, one nanosecond later the one after") {
    for (const int width : {1, 5, 60}) {
      const EchoGrid grid(named("london"), SlotWidth{seconds{width}});
      for (const std::int64_t number : {-2L, -1L, 0L, 1L, 1795246200L / width}) {
        const Slot slot{number};
        CHECK(grid.next(grid.due(slot) - kInstant) == slot);
        CHECK(grid.next(grid.due(slot)) == slot);
        CHECK(grid.next(grid.due(slot) + kInstant) == slot + 1);
        CHECK(grid.next(slot_start(slot, SlotWidth{seconds{width}})) == slot);
      }
    }
  }
}

}  // namespace echomesh::agent
