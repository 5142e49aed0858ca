/// Says in one sentence which places see what of a region.
#pragma once

#include <string>
#include <vector>

#include "proto/names.hpp"

namespace echomesh::aggregator {

/// Locations by what they see; each list sorted.
struct Views {
  std::vector<LocationId> accessible;
  std::vector<LocationId> slow;
  std::vector<LocationId> inaccessible;
  std::vector<LocationId> unknown;
};

/// "1 of 8 locations cannot reach eu: london"
std::string scope_sentence(const RegionId& region, const Views& views);

}  // namespace echomesh::aggregator
