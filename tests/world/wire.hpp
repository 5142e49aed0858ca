/// One TCP connection between a link and a broker, and the packets that it carries.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/world/event_queue.hpp"
#include "tests/world/sim_network.hpp"

namespace echomesh::world {

class SimBroker;
class SimLink;
struct Session;

struct Message {
  std::string topic;
  std::string payload;
  bool retain = false;
};
/// Shared by the sender, the broker and every subscriber that it is on its way to.
using MessagePtr = std::shared_ptr<const Message>;

/// What a client says first.
struct Hello {
  std::string client_id;
  std::vector<std::string> filters;
  MessagePtr will;
  std::chrono::seconds keep_alive{60};
  bool is_always_let_in = false;  ///< another user: what agents are refused is open to it
};

struct Packet {
  enum class Kind : std::uint8_t { connect, connack, subscribe, suback, publish, puback, reset };
  Kind kind = Kind::connect;
  bool is_retained = false;  ///< publish, down: handed over from what the broker keeps
  int reason = 0;            ///< of connack, suback, puback
  int token = 0;             ///< 0: QoS 0
  MessagePtr message = nullptr;
};

struct Wire {
  SimLine& line;
  SimBroker& broker;
  SimLink* link;  ///< null when the client has let go
  std::uint64_t attempt = 0;
  std::shared_ptr<const Hello> hello;
  bool is_welcome = false;  ///< CONNACK is in
  bool broker_holds = true;
  Session* session = nullptr;
  At last_up{};  ///< arrival of what was sent last: TCP keeps the order
  At last_down{};
};
/// Shared by the link, the broker's session and every segment on its way.
using WirePtr = std::shared_ptr<Wire>;

/// Sends a packet to the broker; the client gives up after 5 s without acknowledgement.
void send_up(EventQueue& events, const WirePtr& wire, Packet packet);
/// Sends a packet to the client.
void send_down(EventQueue& events, const WirePtr& wire, Packet packet,
               bool is_answer_to_stray = false);

}  // namespace echomesh::world
