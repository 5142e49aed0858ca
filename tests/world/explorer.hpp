/// Invents a mesh and what goes wrong in it from one number, runs it, and has it judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/world/fault_plan.hpp"
#include "tests/world/mesh_plan.hpp"
#include "tests/world/violation.hpp"

namespace echomesh::world {

struct Adventure {
  MeshPlan mesh;
  std::vector<Fault> faults;
  At end;
};

Adventure adventure_of(std::uint64_t seed);
std::vector<Violation> live_through(const Adventure& adventure);
/// The fewest faults that still break something, and what they break.
std::string explain(std::uint64_t seed, Adventure adventure);

}  // namespace echomesh::world
