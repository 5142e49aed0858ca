/// A TCP server on 127.0.0.1 that behaves as a broker must not, in a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "tests/support/test_socket.hpp"

namespace echomesh {

class ScriptedPeer {
 public:
  enum class Habit {
    silent,              ///< accepts, reads nothing, says nothing
    closes_at_once,      ///< accepts and closes
    closes_on_v5,        ///< closes when it sees a CONNECT of MQTT 5, else a broker of 3.1.1
    refuses_v5,          ///< CONNACK of 3.1.1 "unacceptable protocol version" to MQTT 5, likewise
    accepts_and_hushes,  ///< CONNACK, and no SUBACK
    does_not_answer,     ///< its queue is full: the kernel answers no SYN, until answer()
  };

  /// On a free port, or on the one named.
  explicit ScriptedPeer(Habit habit, std::uint16_t port = 0);
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  std::uint16_t port() const { return listener_.port(); }
  /// How many connections it has accepted.
  int accepted() const { return accepted_; }
  /// From now on like `accepts_and_hushes`.
  void answer() { is_answering_ = true; }

 private:
  void serve();
  /// False: the connection is to be closed.
  bool reply_to(TestSocket& connection);

  const Habit habit_;
  TestSocket listener_;
  TestSocket filler_{-1};
  std::atomic<int> accepted_{0};
  std::atomic<bool> is_answering_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace echomesh
