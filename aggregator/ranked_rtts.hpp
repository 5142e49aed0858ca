/// RTTs in order of size, each known by its place in a ring: percentiles by nearest rank, exact.
///
/// Memory: 2 bytes a RTT. A change moves half of them: 700 bytes over the hour, some 30 ns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace echomesh::aggregator {

class RankedRtts {
 public:
  /// The RTTs by their place; a value stays the same from add() to remove().
  using Values = std::span<const std::uint32_t>;

  explicit RankedRtts(std::size_t most) { order_.reserve(most); }

  void add(Values rtts, std::size_t place);
  /// REQUIRES: the place was added.
  void remove(Values rtts, std::size_t place);

  bool is_empty() const { return order_.empty(); }
  /// By nearest rank. REQUIRES: !is_empty()
  std::uint32_t percentile(Values rtts, unsigned percent) const;

 private:
  std::vector<std::uint16_t>::iterator position(Values rtts, std::size_t place);

  std::vector<std::uint16_t> order_;  ///< places, by (RTT, place)
};

}  // namespace echomesh::aggregator
