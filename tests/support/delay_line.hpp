/// A network on the loopback: TCP listeners that pass everything on to a target, later, and that
/// can be told to fail the way networks fail.
///
///   client --> 127.0.0.1:port --[ one-way delay + jitter ]--> 127.0.0.1:target_port
///          <--                --[ one-way delay + jitter ]<--
///
/// What is simulated: delay (a pipe; order is kept), a black hole (freeze: nothing flows, nothing
/// closes), a cut (drop: RST), a closed port (refuse). The three-way handshake is not delayed.
/// Every call names a listener, or all with `*`; most can name one connection of it.
/// Of one loop and one thread; what it owns is closed by its destructor and freed when the loop
/// next runs.
#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "proto/result.hpp"
#include "tests/support/relay_connection.hpp"

namespace echomesh {

/// Each piece waits for `base` and a random part of `jitter` more.
struct OneWayDelay {
  nanoseconds base{0};
  nanoseconds jitter{0};

  bool operator==(const OneWayDelay&) const = default;
};

/// Counts up through the life of a delay line, from 1.
using ConnectionId = std::uint64_t;

class DelayLine {
 public:
  /// A listener by name, `*` for all; or one connection of it.
  struct Choice {
    std::string name;
    std::optional<ConnectionId> connection = std::nullopt;
  };

  /// The loop must outlive the delay line.
  explicit DelayLine(uv_loop_t* loop, std::uint32_t seed = 1);
  ~DelayLine();
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  /// Opens a listener; port 0 takes a free one. Yields the port.
  Result<std::uint16_t> listen(const std::string& name, std::uint16_t port,
                               std::uint16_t target_port);

  // Each yields how many listeners (or connections, where one was named) it told.

  /// Holds for what comes in from now on.
  Result<std::size_t> delay(const Choice& choice, OneWayDelay delay);
  /// Holds back both directions, and of a listener also the connections to come.
  Result<std::size_t> freeze(const Choice& choice);
  /// Lets go what was held; of a listener also where one connection was frozen alone.
  Result<std::size_t> thaw(const Choice& choice);
  /// Resets connections; yields how many.
  Result<std::size_t> drop(const Choice& choice);
  /// New connections are answered with RST; the port stays ours, the old ones live on.
  Result<std::size_t> refuse(const std::string& name);
  Result<std::size_t> accept(const std::string& name);

  Result<std::vector<ConnectionId>> connections(const std::string& name) const;

 private:
  struct Relayed {
    OneWayDelay delay;
    std::unique_ptr<RelayConnection> connection;
  };
  struct Route {
    DelayLine* line;
    std::uint16_t port = 0;
    std::uint16_t target_port = 0;
    TcpHandle socket;
    bool is_accepting = false;
    bool is_frozen = false;
    OneWayDelay delay;
    std::map<ConnectionId, Relayed> relayed;
  };

  template <class OnRoute, class OnRelayed>
  Result<std::size_t> tell(const Choice& choice, OnRoute on_route, OnRelayed on_relayed);
  static Result<bool> bind(Route& route);
  static Result<bool> start_accepting(Route& route);
  void welcome(Route& route);
  nanoseconds draw(const OneWayDelay& delay);
  Result<std::vector<Route*>> routes(const std::string& name) const;
  Result<Relayed*> relayed(const Choice& choice) const;

  uv_loop_t* loop_;
  std::mt19937 random_;
  ConnectionId last_id_ = 0;
  std::map<std::string, std::unique_ptr<Route>> routes_;
};

}  // namespace echomesh
