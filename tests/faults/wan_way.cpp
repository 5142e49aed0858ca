#include "tests/faults/wan_way.hpp"

#include <cstddef>
#include <utility>

namespace echomesh {
namespace {

/// A router's queue has an end, too: so much waits at most.
constexpr std::size_t kLongestQueue = 64U << 20U;

}  // namespace

bool WanWay::is_lost() {
  return is_cut_ || pipe_.held_bytes() > kLongestQueue ||
         (loss_ > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < loss_);
}

void WanWay::hold(std::string packet, MonoTime now) {
  if (is_lost()) {
    ++counts_.lost;
    return;
  }
  ++counts_.passed;
  std::uniform_int_distribution<nanoseconds::rep> part(0, delay_.jitter.count());
  pipe_.hold(std::move(packet), now + delay_.base + nanoseconds{part(random_)});
}

std::optional<std::string> WanWay::take(MonoTime now) {
  auto piece = pipe_.take(now);
  if (!piece) {
    return std::nullopt;
  }
  return std::move(piece->bytes);
}

}  // namespace echomesh
