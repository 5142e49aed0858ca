/// Tries every address of a region's broker once a minute, where its name has several, so that one
/// that is dead is known while the others still serve.
#pragma once

#include <cstdint>
#include <functional>

#include "agent/io/host_probe.hpp"
#include "proto/broker_url.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/timer.hpp"
#include "proto/time.hpp"

namespace echomesh::agent {

class AddressWatch {
 public:
  /// `tell` is called after each round, with none where the name has a single address; not where
  /// nobody answered at all or we were stalled at its end: that may be our own trouble. `answered`
  /// is as in HostProbe. Neither may destroy the watch.
  AddressWatch(io::Loop& loop, const BrokerUrl& url, std::function<void()> answered,
               std::function<void(std::uint32_t addresses, std::uint32_t dead)> tell);

  void start();
  void stop() { round_.disarm(); }
  /// Takes note of answers that have come already.
  void look() { probe_.look(); }

 private:
  void next();

  HostProbe probe_;
  std::function<void(std::uint32_t, std::uint32_t)> tell_;
  bool is_asking_ = false;
  MonoTime due_;  ///< the end of the round, or its beginning
  io::Timer round_;
};

}  // namespace echomesh::agent
