#include "tests/world/mesh_plan.hpp"

namespace echomesh::world {

std::vector<std::size_t> reported_to(const MeshPlan& plan, std::size_t region) {
  std::vector<std::size_t> others;
  for (std::size_t other = 0; other < plan.regions.size() && others.size() < 2; ++other) {
    if (other != region) {
      others.push_back(other);
    }
  }
  return others.empty() ? std::vector<std::size_t>{region} : others;
}

aggregator::VerdictPolicy MeshPlan::verdict_policy() const {
  auto policy = verdict;
  policy.expected_votes = static_cast<std::int64_t>(expected.size());
  return policy;
}

agent::Config agent_config(const MeshPlan& plan, std::size_t location) {
  agent::Config config{LocationId::parse(plan.locations[location].id).value(), {}, {}};
  config.mesh.slot = plan.slot;
  config.limit = plan.limit;
  for (std::size_t witness = 0; witness < plan.witnesses; ++witness) {
    config.witnesses.push_back({"192.0.2.1", 443});
  }
  for (std::size_t region = 0; region < plan.regions.size(); ++region) {
    agent::WatchedRegion watched{RegionId::parse(plan.regions[region]).value(), {}, {}};
    for (const auto broker : reported_to(plan, region)) {
      watched.report_to.push_back(RegionId::parse(plan.regions[broker]).value());
    }
    config.regions.push_back(watched);
  }
  return config;
}

aggregator::Config aggregator_config(const MeshPlan& plan, std::size_t region) {
  aggregator::Config config{Endpoint{}};
  config.region_of_broker = RegionId::parse(plan.regions[region]).value();
  config.mesh.slot = plan.slot;
  config.verdict = plan.verdict_policy();
  for (const auto& id : plan.regions) {
    config.regions.push_back({RegionId::parse(id).value(), id});
  }
  for (const auto& id : plan.expected) {
    config.locations.push_back({LocationId::parse(id).value()});
  }
  return config;
}

}  // namespace echomesh::world
