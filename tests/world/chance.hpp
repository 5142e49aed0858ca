/// Chance that can be had again: the same seed gives the same world on every machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace echomesh::world {

using std::chrono::nanoseconds;

/// SplitMix64; no distribution of the standard library, their results differ between libraries.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }
  /// From 0 up to, not including, `bound`. REQUIRES: bound > 0
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(bound));
  }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  nanoseconds between(nanoseconds low, nanoseconds high) {
    return nanoseconds{between(low.count(), high.count())};
  }
  bool is_lucky(std::int64_t percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<std::int64_t>(choices.size())))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace echomesh::world
