/// A broker as its clients meet it: sessions, subscriptions, what is retained, wills; it can be
/// killed, stopped (SIGSTOP), and told to refuse.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/world/event_queue.hpp"
#include "tests/world/wire.hpp"

namespace echomesh::world {

struct Session {
  WirePtr wire;
  At heard;
  bool is_subscribed = false;
};

class SimBroker {
 public:
  explicit SimBroker(EventQueue& events) : events_(events) {}

  /// What clients are told.
  enum class Door { open, refuses_login, denies_subscriptions, denies_publications };

  void kill();
  void start(bool forgets_retained);
  void freeze() { ++frozen_; }
  void thaw();
  void set_door(Door door) { door_ = door; }
  /// Resets the connections that come by this line.
  void reset(const SimLine* line);
  bool is_running() const { return is_running_; }

  /// The kernel has taken in a packet.
  void arrived(const WirePtr& wire, const Packet& packet);
  /// Puts a message to its subscribers, as if a client had published it.
  void route(const MessagePtr& message);
  /// As route(), but kept by nobody; with the mark of a retained message if so told.
  void forge(const MessagePtr& message, bool as_retained);
  MessagePtr retained(const std::string& topic) const;

 private:
  struct Topic {
    std::uint64_t routed = 0;  ///< the state of subscriptions that `to` was made from
    std::vector<Session*> to;
    MessagePtr retained;
  };

  bool is_shut(const Wire& wire, Door door) const;
  void act(const WirePtr& wire, const Packet& packet);
  void connect(const WirePtr& wire);
  void subscribe(const WirePtr& wire);
  void close(Session& session, bool says_so);
  void watch_silence(const WirePtr& wire, At at);
  Topic& topic(const std::string& name);

  EventQueue& events_;
  bool is_running_ = true;
  int frozen_ = 0;
  Door door_ = Door::open;
  std::uint64_t generation_ = 1;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::pair<WirePtr, Packet>> waiting_;  ///< while frozen
  std::unordered_map<std::string, Topic> topics_;
};

/// True if `topic` matches `filter`, which may have levels `+`.
bool matches(std::string_view filter, std::string_view topic);

}  // namespace echomesh::world
