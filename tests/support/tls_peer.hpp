/// A TLS server on 127.0.0.1 that asks for a client certificate, with a broker behind it that
/// behaves as one must not, in a thread of its own.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "tests/support/temp_dir.hpp"
#include "tests/support/test_socket.hpp"

namespace echomesh {

class TlsPeer {
 public:
  enum class Habit {
    closes_on_connect,  ///< a proxy whose broker is dead
    closes_on_v5,       ///< closes when it sees a CONNECT of MQTT 5, else a broker of 3.1.1
  };

  /// Is `server.crt` of `dir`, takes clients of `ours.crt`; speaks `version` of TLS alone.
  TlsPeer(Habit habit, const TempDir& dir, int version = TLS1_3_VERSION);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  std::uint16_t port() const { return listener_.port(); }

 private:
  void serve();
  void serve(SSL* connection, const TestSocket& socket);
  /// False: the connection is to be closed.
  bool reply_to(SSL* connection, const std::string& packet) const;

  const Habit habit_;
  SSL_CTX* context_;
  TestSocket listener_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace echomesh
