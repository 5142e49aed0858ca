/// Compares every report that an agent published with what the oracle says of its echoes.
#pragma once

#include <vector>

#include "tests/world/facts.hpp"
#include "tests/world/mesh_plan.hpp"
#include "tests/world/violation.hpp"

namespace echomesh::world {

/// `end`: when the world stopped. REQUIRES: by then all is well again for a limit and 30 s.
std::vector<Violation> judge_reports(const RunFacts& run, const MeshPlan& plan, At end);

}  // namespace echomesh::world
