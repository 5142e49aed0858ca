#include "aggregator/ranked_rtts.hpp"

#include <algorithm>
#include <cassert>

#include "aggregator/nearest_rank.hpp"

namespace echomesh::aggregator {

std::vector<std::uint16_t>::iterator RankedRtts::position(Values rtts, std::size_t place) {
  const auto rtt = rtts[place];
  return std::partition_point(order_.begin(), order_.end(), [&](std::uint16_t other) {
    return rtts[other] < rtt || (rtts[other] == rtt && other < place);
  });
}

void RankedRtts::add(Values rtts, std::size_t place) {
  order_.insert(position(rtts, place), static_cast<std::uint16_t>(place));
}

void RankedRtts::remove(Values rtts, std::size_t place) {
  const auto found = position(rtts, place);
  assert(found != order_.end() && *found == place);
  order_.erase(found);
}

std::uint32_t RankedRtts::percentile(Values rtts, unsigned percent) const {
  return rtts[order_[nearest_rank(order_.size(), percent)]];
}

}  // namespace echomesh::aggregator
