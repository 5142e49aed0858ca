/// Names, entries of reports and chance, as the aggregator's tests need them.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/names.hpp"
#include "proto/outcome.hpp"
#include "proto/time.hpp"
#include "tests/world/chance.hpp"

namespace echomesh::aggregator {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline RegionId region_id(std::string_view text) {
  return RegionId::parse(text).value();
}
inline LocationId location_id(std::string_view text) {
  return LocationId::parse(text).value();
}

inline EchoEntry entry(Outcome outcome, bool resent = false, std::string_view region = "eu") {
  return {region_id(region), outcome, resent};
}
inline EchoEntry ok(nanoseconds rtt, bool resent = false) {
  return entry(Ok{Rtt{rtt}}, resent);
}
inline EchoEntry miss(MissCause cause = MissCause::timeout) {
  return entry(Miss{cause});
}
inline EchoEntry nothing(VoidCause cause = VoidCause::stalled) {
  return entry(Void{cause});
}
inline EchoEntry late(nanoseconds after = seconds{7}) {
  return entry(Late{Rtt{after}});
}
inline EchoEntry on(std::string_view region, EchoEntry entry) {
  entry.region = region_id(region);
  return entry;
}

/// Chance that can be had again: `--rand-seed` of the test program is its seed.
class Dice : public world::Chance {
 public:
  using Chance::Chance;

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
    }
  }
  /// Any outcome there is, with RTTs of whole microseconds.
  EchoEntry any_entry() {
    const bool resent = is_lucky(20);
    switch (below(4)) {
      case 0:
        return entry(Miss{static_cast<MissCause>(below(7))}, resent);
      case 1:
        return entry(Void{static_cast<VoidCause>(below(3))}, resent);
      case 2:
        return entry(Late{Rtt{milliseconds{5000 + below(9000)}}}, resent);
      default:
        return ok(microseconds{50 + below(2'000'000)}, resent);
    }
  }
};

/// The seed of this run; every random test says it when it fails.
inline std::uint64_t seed_of_run() {
  return doctest::getContextOptions()->rand_seed;
}

}  // namespace echomesh::aggregator
