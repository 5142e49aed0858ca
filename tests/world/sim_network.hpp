/// One line between a location and a broker or witness: what a segment needs to cross it, and what
/// TCP does about those that are lost.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/world/chance.hpp"
#include "tests/world/event_queue.hpp"

namespace echomesh::world {

enum class Direction { up, down };  ///< from the location, to the location

/// A spell of bad weather on a line.
struct Spell {
  enum class Kind {
    hole_up,    ///< what goes up is lost
    hole_down,  ///< what comes down is lost
    freeze,     ///< held, and let go at the end
    slow,       ///< takes `extra` more, each way
    lossy,      ///< `percent` of the segments are lost
  };
  Kind kind = Kind::hole_up;
  At from;
  At to;
  nanoseconds extra{0};
  std::int64_t percent = 0;
};

/// What became of a segment that TCP sent.
struct Crossing {
  std::optional<At> arrived;
  std::optional<At> acknowledged;  ///< at the sender
};

class SimLine {
 public:
  SimLine(nanoseconds delay, nanoseconds jitter, std::uint64_t seed)
      : delay_(delay), jitter_(jitter), chance_(seed) {}

  /// REQUIRES: nothing is on the line that the spell could meet
  void add(Spell spell);
  nanoseconds delay() const { return delay_; }

  /// One packet; empty if it is lost.
  std::optional<At> cross(At sent, Direction direction);
  /// Data, sent again by TCP's clock until it is acknowledged or `patience` is over.
  Crossing carry(At sent, Direction direction, nanoseconds patience);
  /// A connect: SYNs after 0, 1, 3 and 7 s. When it is answered, if the far end answers at once;
  /// `reached` is when it was.
  struct Greeting {
    At reached;
    At answered;
  };
  std::optional<Greeting> greet(At sent);

 private:
  bool is_calm(At from) const;

  nanoseconds delay_;
  nanoseconds jitter_;
  Chance chance_;
  std::vector<Spell> spells_;
};

}  // namespace echomesh::world
