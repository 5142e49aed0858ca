/// A mesh as it is to be simulated: who watches whom, how far apart they are, and by which
/// settings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/config.hpp"
#include "aggregator/config.hpp"
#include "proto/time.hpp"

namespace echomesh::world {

struct PlannedLine {
  nanoseconds delay{std::chrono::milliseconds{20}};  ///< one way
  nanoseconds jitter{0};
};

struct PlannedLocation {
  std::string id;
  bool has_kernel_time = true;
  nanoseconds clock_offset{0};
  std::vector<PlannedLine> lines;  ///< by region
};

struct MeshPlan {
  std::vector<PlannedLocation> locations;
  std::vector<std::string> regions;
  std::size_t witnesses = 0;
  SlotWidth slot;
  std::chrono::seconds limit{5};
  aggregator::VerdictPolicy verdict = {};
  std::vector<std::string> expected = {};  ///< [[location]] entries of the aggregators
  std::uint64_t seed = 1;                  ///< of jitter and loss

  /// With the number of votes expected.
  aggregator::VerdictPolicy verdict_policy() const;
};

/// A multiple of 300 s of UTC: slots of every width begin here.
constexpr UtcTime kWorldBegin{std::chrono::seconds{1'795'246'200}};

/// The regions that outcomes of `region` are reported to: the first two others; alone, itself.
std::vector<std::size_t> reported_to(const MeshPlan& plan, std::size_t region);
agent::Config agent_config(const MeshPlan& plan, std::size_t location);
aggregator::Config aggregator_config(const MeshPlan& plan, std::size_t region);

}  // namespace echomesh::world
