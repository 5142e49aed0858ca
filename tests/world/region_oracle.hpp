/// The verdict on a region by the rules, from the states of its locations now.
#pragma once

#include <vector>

#include "aggregator/verdict.hpp"
#include "proto/states.hpp"
#include "tests/world/path_oracle.hpp"

namespace echomesh::world {

/// `votes` are the states of those that may vote; of the policy its numbers are used.
RegionState verdict_on(const std::vector<ShownState>& votes,
                       const aggregator::VerdictPolicy& policy);

}  // namespace echomesh::world
