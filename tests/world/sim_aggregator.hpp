/// One run of an aggregator in the simulated world: its core, with a simulated link and timer in
/// the place of its shell.
#pragma once

#include <memory>
#include <optional>

#include "aggregator/aggregator_core.hpp"
#include "tests/world/sim_host.hpp"
#include "tests/world/sim_link.hpp"

namespace echomesh::world {

/// Sees what an aggregator is told and what it publishes, as it happens.
class AggregatorWatcher {
 public:
  virtual ~AggregatorWatcher() = default;
  virtual void on_started(UtcTime now) = 0;
  virtual void on_connected(UtcTime now) = 0;
  virtual void on_delivered(UtcTime now, const Message& message, bool is_retained) = 0;
  virtual void on_published(UtcTime now, const Message& message) = 0;
};

class SimAggregator : private SimLinkListener {
 public:
  /// `watcher` may be null.
  SimAggregator(SimHost& host, const aggregator::Config& config, HexId instance, SimLine& line,
                SimBroker& broker, const SimName& name, AggregatorWatcher* watcher);

  void start();
  void die();
  bool is_dead() const { return is_dead_; }

 private:
  void on_link_up(bool subscription_denied) override;
  void on_link_lost(MissCause cause) override;
  void on_attempt_failed(MissCause cause) override;
  void on_message(const Message& message, bool is_retained, At arrived) override;
  void on_acknowledged(int token, int reason) override;
  void on_heard() override {}

  void tell(const aggregator::Event& event);
  void act(aggregator::Publish& action);
  void act(const aggregator::Reconnect& action);
  void act(const aggregator::Warn& action);
  void arm();

  SimHost& host_;
  aggregator::AggregatorCore core_;
  SimLink link_;
  AggregatorWatcher* watcher_;
  bool is_dead_ = false;
  std::optional<At> armed_;
};

}  // namespace echomesh::world
