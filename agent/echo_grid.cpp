#include "agent/echo_grid.hpp"

#include <chrono>

namespace echomesh::agent {
namespace {

nanoseconds phase_of(const LocationId& location, SlotWidth width) {
  using std::chrono::milliseconds;
  const milliseconds slot = width.value;
  const auto span = static_cast<std::uint64_t>(slot.count()) * 8 / 10;
  return slot / 10 + milliseconds{stable_hash(location.str()) % (span + 1)};
}

}  // namespace

EchoGrid::EchoGrid(const LocationId& location, SlotWidth width)
    : width_(width), phase_(phase_of(location, width)) {}

Slot EchoGrid::next(UtcTime at) const {
  const Slot slot = slot_of(at, width_);
  return due(slot) >= at ? slot : slot + 1;
}

}  // namespace echomesh::agent
