/// One direction of a delayed connection: what comes in goes out later, in the same order.
///
///   hold(bytes, due) --> [ held, oldest first ] --take(now)--> bytes, then at most one end
///
/// A pipe, not a queue at a counter: a thousand pieces that came in together go out together.
/// Pure: knows no socket and reads no clock.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "proto/time.hpp"

namespace echomesh {

/// How a direction ends: the sender closed it (FIN), or the connection broke (RST).
enum class End { kClosed, kReset };

class DelayPipe {
 public:
  /// Bytes, or where there are none, an end.
  struct Piece {
    MonoTime due;
    std::string bytes;
    std::optional<End> end;
  };

  /// Goes out at `due`, but never before what was held earlier. REQUIRES: !has_end().
  void hold(std::string bytes, MonoTime due);
  void hold(End end, MonoTime due);

  /// The oldest piece if it is due and the pipe is not frozen.
  std::optional<Piece> take(MonoTime now);
  /// When `take` will next yield something; nothing while empty or frozen.
  std::optional<MonoTime> next_due() const;

  void freeze() { is_frozen_ = true; }
  void thaw() { is_frozen_ = false; }
  bool is_frozen() const { return is_frozen_; }

  bool has_end() const { return has_end_; }
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  MonoTime not_before_last(MonoTime due) const;

  std::deque<Piece> pieces_;
  std::size_t held_bytes_ = 0;
  bool is_frozen_ = false;
  bool has_end_ = false;
};

}  // namespace echomesh
