/// A durable MQTT connection in the simulated world: follows proto/connect_plan as the real one
/// does, over wires that lose, delay and break.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/connect_plan.hpp"
#include "proto/outcome.hpp"
#include "tests/world/sim_host.hpp"
#include "tests/world/wire.hpp"

namespace echomesh::world {

/// How a broker's name is answered for a location.
struct SimName {
  enum class Answer { good, none, hangs };
  Answer answer = Answer::good;
};

class SimLinkListener {
 public:
  virtual ~SimLinkListener() = default;
  virtual void on_link_up(bool subscription_denied) = 0;
  virtual void on_link_lost(MissCause cause) = 0;
  virtual void on_attempt_failed(MissCause cause) = 0;
  virtual void on_message(const Message& message, bool is_retained, At arrived) = 0;
  virtual void on_acknowledged(int token, int reason) = 0;
  virtual void on_heard() = 0;  ///< a byte, or an answer to a TCP connect
};

class SimLink {
 public:
  SimLink(SimHost& host, SimLine& line, SimBroker& broker, const SimName& name, Hello hello,
          bool is_echo_link, SimLinkListener& listener);

  void start();
  bool is_up() const { return up_ != nullptr; }
  /// The token of a QoS 1 publication, 0 for QoS 0; empty if the link is down.
  std::optional<int> publish(MessagePtr message, bool at_least_once);
  void reconnect();
  /// The program is gone; its kernel says so to the broker.
  void die();

  /// A segment has come to the kernel.
  void receive(const WirePtr& wire, const Packet& packet);

 private:
  void follow_plan();
  void act(const Resolve& action);
  void act(const Attempt& action);
  void act(const Abandon& action);
  void act(const Unanswered& action);
  void wake();
  void greeted(const WirePtr& wire, bool is_accepted);
  void read(const WirePtr& wire, const Packet& packet, At arrived);
  void broken(const WirePtr& wire);
  void failed(const WirePtr& wire, MissCause cause, AttemptEnd end);
  void let_go(const WirePtr& wire);
  WirePtr find(AttemptId id) const;
  MonoTime mono() const { return host_.now().mono; }

  SimHost& host_;
  SimLine& line_;
  SimBroker& broker_;
  const SimName& name_;
  std::shared_ptr<const Hello> hello_;  ///< shared with every wire
  bool is_echo_link_;
  SimLinkListener& listener_;
  ConnectPlan plan_;
  std::vector<WirePtr> attempts_;
  WirePtr connected_;  ///< one of attempts_: TCP has answered
  WirePtr up_;
  bool knows_address_ = false;
  int next_token_ = 1;
  std::optional<MonoTime> armed_;
  bool is_dead_ = false;
};

}  // namespace echomesh::world
