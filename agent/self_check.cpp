#include "agent/self_check.hpp"

#include <algorithm>
#include <utility>

namespace echomesh::agent {
namespace {

constexpr std::chrono::seconds kLagWindow{30};

}  // namespace

std::optional<Gap> SelfCheck::running(MonoTime now, bool watching) {
  const Gap gap{std::exchange(seen_, std::max(seen_, now)), now};
  if (!watching) {
    return std::nullopt;
  }
  was_late(gap.to - gap.from - kBeat, now);
  return gap.to - gap.from > kStall ? std::optional(gap) : std::nullopt;
}

void SelfCheck::woke(MonoTime planned, MonoTime now) {
  was_late(now - planned, now);
}

void SelfCheck::was_late(nanoseconds lag, MonoTime now) {
  if (now - window_began_ > kLagWindow) {
    previous_max_ = std::exchange(window_max_, nanoseconds{0});
    window_began_ = now;
  }
  window_max_ = std::max(window_max_, lag);
}

nanoseconds SelfCheck::lag_max() const {
  return std::max(window_max_, previous_max_);
}

}  // namespace echomesh::agent
