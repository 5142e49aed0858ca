/// Those who can be asked whether anything at all is heard here: witnesses, or without them the
/// regions' brokers; and the addresses of the brokers, tried once a minute.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "agent/agent_core.hpp"
#include "agent/config.hpp"
#include "agent/io/address_watch.hpp"
#include "agent/io/host_probe.hpp"
#include "proto/io/loop.hpp"

namespace echomesh::agent {

class Surroundings {
 public:
  /// `tell` is given RegionHeard, WitnessHeard and AddressesTried; it may not call this object.
  Surroundings(io::Loop& loop, const Config& config, std::function<void(const Event&)> tell);

  void start();
  void stop();
  void ask(const AskAround& question);
  /// Tells the answers that have come by now.
  void look();

 private:
  void ask_witnesses();

  std::function<void(const Event&)> tell_;
  int unanswered_askings_ = 0;  ///< of the witnesses, while none has ever answered
  bool is_witnessed_ = false;   ///< one has
  std::vector<std::unique_ptr<HostProbe>> witnesses_;
  std::vector<std::unique_ptr<HostProbe>> brokers_;     ///< by RegionIndex; without witnesses
  std::vector<std::unique_ptr<AddressWatch>> watches_;  ///< by RegionIndex
};

}  // namespace echomesh::agent
