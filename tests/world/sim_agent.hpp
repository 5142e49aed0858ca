/// One run of an agent in the simulated world: its core, with simulated links and timers in the
/// place of its shell, and a record of what happened to it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agent/agent_core.hpp"
#include "tests/world/facts.hpp"
#include "tests/world/sim_host.hpp"
#include "tests/world/sim_link.hpp"

namespace echomesh::world {

/// Where a link of an agent leads.
struct SimRoad {
  SimLine& line;
  SimBroker& broker;
  const SimName& name;
};

class SimAgent {
 public:
  /// `roads` are by region; all witnesses are at the end of one line.
  SimAgent(SimHost& host, const agent::Config& config, HexId run, std::vector<SimRoad> roads,
           SimLine& witnesses, bool has_kernel_time);
  ~SimAgent();

  void start();
  /// kill -9
  void die();
  bool is_dead() const { return is_dead_; }
  /// Off for worlds that are only timed.
  void set_recording(bool on) { is_recording_ = on; }
  RunFacts& facts() { return facts_; }
  std::string probe_topic() const { return probe_topic_; }
  HexId run() const { return run_; }
  /// Of the echo published last to a region.
  MessagePtr latest_echo(std::size_t region) const { return latest_echo_[region]; }

 private:
  class EchoLink;
  class ReportLink;

  void wake();
  void tell(const agent::Event& event);
  void arm();
  void heard(std::size_t region);
  void act(const agent::PublishEcho& action);
  void act(const agent::AskAround& action);
  void ask(SimLine& line, std::optional<std::size_t> region);
  void act(const agent::PublishReport& action);
  void act(const agent::PublishStatus& action);
  At now() const { return host_.events().now(); }

  SimHost& host_;
  HexId run_;
  agent::Config config_;
  std::vector<SimRoad> roads_;
  SimLine& witnesses_;
  agent::AgentCore core_;
  std::string probe_topic_;
  std::string report_topic_;
  std::vector<std::unique_ptr<EchoLink>> echo_links_;
  std::vector<std::unique_ptr<ReportLink>> report_links_;
  std::vector<MessagePtr> latest_echo_;
  bool has_kernel_time_;
  bool is_dead_ = false;
  bool is_recording_ = true;
  At ran_;
  std::optional<At> armed_;
  int asking_ = 0;  ///< answers to an earlier asking are not heard
  RunFacts facts_;
};

}  // namespace echomesh::world
