/// The nearest-rank percentile, once for all figures.
#pragma once

#include <cstddef>

namespace echomesh::aggregator {

/// Index of the nearest-rank percentile in `count` sorted values. REQUIRES: count > 0
constexpr std::size_t nearest_rank(std::size_t count, unsigned percent) {
  return (count * percent + 99) / 100 - 1;
}

}  // namespace echomesh::aggregator
