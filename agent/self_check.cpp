#include "agent/self_check.hpp"

#include <algorithm>
#include <utility>

namespace echomesh::agent {
namespace {

constexpr std::chrono::seconds kLagWindow{30};

}  // namespace

std::optional<Gap> SelfCheck::running(MonoTime now, bool watching) {
  const Gap gap{std::exchange(seen_, std::max(seen_, now)), now};
  if (watching && gap.to - gap.from > kStall) {
    return gap;
  }
  return std::nullopt;
}

void SelfCheck::woke(MonoTime planned, MonoTime now) {
  if (now - window_began_ > kLagWindow) {
    previous_max_ = std::exchange(window_max_, nanoseconds{0});
    window_began_ = now;
  }
  window_max_ = std::max(window_max_, now - planned);
}

nanoseconds SelfCheck::lag_max() const {
  return std::max(window_max_, previous_max_);
}

}  // namespace echomesh::agent
