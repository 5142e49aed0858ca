/// A whole mesh in virtual time: agents, networks, brokers and aggregators, and what goes wrong.
#pragma once

#include <memory>
#include <vector>

#include "tests/world/fault_plan.hpp"
#include "tests/world/mesh_plan.hpp"
#include "tests/world/sim_agent.hpp"
#include "tests/world/sim_aggregator.hpp"
#include "tests/world/sim_broker.hpp"
#include "tests/world/sim_network.hpp"

namespace echomesh::world {

/// Hands out the watcher of an aggregator, by the region of its broker; null: nobody watches.
class AggregatorWatchers {
 public:
  virtual ~AggregatorWatchers() = default;
  virtual AggregatorWatcher* watcher(std::size_t region) = 0;
};

class World {
 public:
  /// `watchers` may be null; then nothing is recorded of the agents either. All faults are known
  /// from the beginning: a segment's fate is decided when it is sent.
  World(const MeshPlan& plan, const std::vector<Fault>& faults, AggregatorWatchers* watchers);

  void run_until(At end) { events_.run_until(end); }
  At now() const { return events_.now(); }
  std::uint64_t happened() const { return events_.happened(); }

  /// Every run of every agent, in the order of their starts.
  const std::vector<std::unique_ptr<SimAgent>>& agents() const { return agents_; }
  const SimBroker& broker(std::size_t region) const { return *brokers_[region]; }
  /// True time of what a host's clocks show; its wall clock as it is now.
  const SimHost& host(std::size_t location) const { return *hosts_[location]; }

 private:
  void plan(const Fault& fault);
  void plan_line(const Fault& fault, std::size_t location, std::size_t region);
  void plan_location(const Fault& fault, std::size_t location);
  void plan_region(const Fault& fault, std::size_t region);
  void at(At when, Task task) { events_.plan(when, Turn::network, std::move(task)); }
  void resume(std::size_t location, bool sockets_first);
  void note_clock(std::size_t location, nanoseconds step);
  void start_agent(std::size_t location);
  void start_aggregator(std::size_t region);
  void open_door(std::size_t region, SimBroker::Door door);
  void forge(std::size_t location, std::size_t region, std::int64_t kind);
  SimLine& line(std::size_t location, std::size_t region);

  MeshPlan plan_;
  AggregatorWatchers* watchers_;
  EventQueue events_;
  Chance chance_;
  std::vector<std::unique_ptr<SimLine>> lines_;          ///< location by location, region by region
  std::vector<SimName> names_;                           ///< likewise
  std::vector<std::unique_ptr<SimLine>> witness_lines_;  ///< location by location
  std::vector<std::unique_ptr<SimBroker>> brokers_;
  std::vector<std::unique_ptr<SimHost>> hosts_;             ///< of locations
  std::vector<std::unique_ptr<SimHost>> aggregator_hosts_;  ///< by region
  std::vector<std::unique_ptr<SimLine>> aggregator_lines_;
  SimName good_name_;
  std::vector<SimAgent*> running_;  ///< by location; null while it is down
  std::vector<SimAggregator*> running_aggregators_;
  std::vector<std::unique_ptr<SimAgent>> agents_;
  std::vector<std::unique_ptr<SimAggregator>> aggregators_;
};

}  // namespace echomesh::world
