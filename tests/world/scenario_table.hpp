/// A story of a mesh as a readable table: who takes part, what happens, what must be reported.
///
///   locations tokyo london
///   regions   eu us
///   at 10m hole tokyo eu for 60s
///   run 20m
///   outcome tokyo eu 120 = miss timeout
///   runs tokyo eu = 119+13 inaccessible timeout
///   region eu = operational
///
/// Slots are counted from the beginning of the world. `tokyo#120+5s` is 5 s after the echo of slot
/// 120 is due there; `until` may stand in the place of `for`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/result.hpp"
#include "tests/world/fault_plan.hpp"
#include "tests/world/mesh_plan.hpp"

namespace echomesh::world {

struct Expectation {
  std::string line;
  std::string what;    ///< `outcome tokyo eu 120`
  std::string wanted;  ///< `miss timeout`
};

struct Scenario {
  MeshPlan mesh;
  std::vector<Fault> faults;
  At end;
  std::vector<Expectation> expectations;
};

/// The error names the line and what was expected there.
Result<Scenario> read_scenario(std::string_view text);

/// Runs it; what was not as it must be, by the table and by the oracle. Empty: all was.
std::vector<std::string> play(const Scenario& scenario);

}  // namespace echomesh::world
