/// Tries every address of a region's broker once a minute, where its name has several, so that one
/// that is dead is known while the others still serve.
#pragma once

#include <cstdint>
#include <functional>

#include "agent/io/host_probe.hpp"
#include "proto/broker_url.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/timer.hpp"

namespace echomesh::agent {

class AddressWatch {
 public:
  /// `tell` is called after each round, with none where the name has a single address; `answered`
  /// is as in HostProbe. Neither may destroy the watch.
  AddressWatch(io::Loop& loop, const BrokerUrl& url, std::function<void()> answered,
               std::function<void(std::uint32_t addresses, std::uint32_t dead)> tell);

  void start();
  void stop() { round_.disarm(); }

 private:
  void next();

  HostProbe probe_;
  std::function<void(std::uint32_t, std::uint32_t)> tell_;
  bool is_asking_ = false;
  io::Timer round_;
};

}  // namespace echomesh::agent
