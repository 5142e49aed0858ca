/// How many slots of a window have an RTT of which level, and the median of them.
///
/// Memory: 4 bytes a level between the lowest and the highest ever counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "aggregator/slot_cell.hpp"

namespace echomesh::aggregator {

class LevelCounts {
 public:
  /// REQUIRES: level.number() > 0
  void add(RttLevel level);
  /// REQUIRES: it was added.
  void remove(RttLevel level);

  /// By nearest rank; level 0 if nothing is counted. Finds it from where it was found last: medians
  /// move slowly.
  RttLevel median() const;

 private:
  void make_room_for(std::uint16_t level);

  std::uint16_t base_ = 0;  ///< the level of counts_[0]
  std::vector<std::uint32_t> counts_;
  std::uint32_t total_ = 0;
  // Where median() looks first: that many are counted below the cursor.
  mutable std::uint16_t cursor_ = 0;
  mutable std::uint32_t below_ = 0;
};

}  // namespace echomesh::aggregator
