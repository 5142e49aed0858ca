/// One TCP connection through the delay line: a client's socket, a target's socket, and a delay
/// pipe each way.
///
///   accepted --(thawed)--> connecting to the target --> passing on --> over: both ends closed,
///                                                                      reset, or destroyed
///
/// While frozen the target is not called at all; a client that has left by the thaw never will be,
/// as if its SYN had been lost.
#pragma once

#include <uv.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "proto/time.hpp"
#include "tests/support/alarm.hpp"
#include "tests/support/delay_pipe.hpp"

namespace echomesh {

struct CloseTcp {
  void operator()(uv_tcp_t* tcp) const;
};
/// Closes on destruction; the loop frees the memory when it next runs.
using TcpHandle = std::unique_ptr<uv_tcp_t, CloseTcp>;
TcpHandle make_tcp(uv_loop_t* loop);
sockaddr_in loopback(std::uint16_t port);

class RelayConnection {
 public:
  struct Surroundings {
    uv_loop_t* loop;
    std::uint16_t target_port;
    bool is_frozen;
    /// The delay of the next piece, drawn anew for each.
    std::function<nanoseconds()> draw_delay;
    /// The connection is over by itself; destroys it.
    std::function<void()> on_over;
  };

  /// Takes over the client that waits at `listener`.
  RelayConnection(uv_stream_t* listener, Surroundings surroundings);
  /// Resets both sides (RST), unless both had closed.
  ~RelayConnection();
  RelayConnection(const RelayConnection&) = delete;
  RelayConnection& operator=(const RelayConnection&) = delete;

  void freeze();
  void thaw();

 private:
  /// The socket that a direction's bytes are read from, the one they go to, and the pipe between.
  struct Direction {
    TcpHandle* from;
    TcpHandle* to;
    DelayPipe pipe;
  };
  struct Write;

  void call_target();
  void on_target_called(int status);
  void on_read(uv_stream_t* from, ssize_t size, const char* bytes);
  void on_broken(uv_stream_t* side);
  /// Passes on what is due and sets the alarm for the rest; may end in destruction.
  void pump();
  void pump(Direction& direction, MonoTime now);
  void send(uv_tcp_t* to, std::string bytes);
  void shut(uv_tcp_t* to);
  /// Reads where there is room to hold more, and stops where there is not.
  void steer_reading(Direction& direction);
  Direction& direction_from(const uv_stream_t* from);

  Surroundings surroundings_;
  TcpHandle client_;
  TcpHandle target_;
  Direction there_;
  Direction back_;
  Alarm alarm_;
  bool is_target_called_ = false;
  bool is_target_up_ = false;
  bool is_reset_ = false;
  int shut_sides_ = 0;
  std::array<char, 65536> buffer_{};
};

}  // namespace echomesh
