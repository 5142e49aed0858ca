#include "tests/world/wire.hpp"

#include <algorithm>
#include <utility>

#include "tests/world/sim_broker.hpp"
#include "tests/world/sim_link.hpp"

namespace echomesh::world {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// TCP_USER_TIMEOUT of our sockets.
constexpr seconds kUserTimeout{5};
/// How long a broker's kernel goes on sending again (tcp_retries2).
constexpr minutes kBrokerPatience{15};

}  // namespace

void send_up(EventQueue& events, const WirePtr& wire, Packet packet) {
  const At now = events.now();
  const auto crossing = wire->line.carry(now, Direction::up, kUserTimeout);
  if (crossing.arrived) {
    wire->last_up = std::max(wire->last_up, *crossing.arrived);
    events.plan(wire->last_up, Turn::network,
                [wire, packet = std::move(packet)] { wire->broker.arrived(wire, packet); });
  }
  if (!crossing.acknowledged || *crossing.acknowledged > now + kUserTimeout) {
    events.plan(now + kUserTimeout, Turn::network, [wire] {
      if (wire->link != nullptr) {
        wire->link->receive(wire, {Packet::Kind::reset});
      }
    });
  }
}

void send_down(EventQueue& events, const WirePtr& wire, Packet packet, bool is_answer_to_stray) {
  const auto crossing = wire->line.carry(events.now(), Direction::down, kBrokerPatience);
  if (crossing.arrived) {
    // An end of the connection comes after what was sent before it, unless it answers a stray
    // segment.
    const bool is_stray = packet.kind == Packet::Kind::reset && is_answer_to_stray;
    const At arrival = is_stray ? *crossing.arrived : std::max(wire->last_down, *crossing.arrived);
    wire->last_down =
        std::max(wire->last_down, packet.kind == Packet::Kind::reset ? At{} : arrival);
    events.plan(arrival, Turn::network, [wire, packet = std::move(packet)] {
      if (wire->link != nullptr) {
        wire->link->receive(wire, packet);
      }
    });
  }
}

}  // namespace echomesh::world
