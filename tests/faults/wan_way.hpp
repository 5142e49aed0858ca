/// One direction of a wide-area line: packets go in, and come out later or never.
///
///   hold(packet, now) --> [ cut? lost? else due after delay and jitter, in order ] --> take(now)
///
/// Pure: knows no device and reads no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "proto/time.hpp"
#include "tests/support/delay_line.hpp"
#include "tests/support/delay_pipe.hpp"

namespace echomesh {

class WanWay {
 public:
  /// What came in, by what became of it.
  struct Counts {
    std::uint64_t passed = 0;  ///< taken, or still to be
    std::uint64_t lost = 0;
    bool operator==(const Counts&) const = default;
  };

  explicit WanWay(std::uint32_t seed) : random_(seed) {}

  // All hold for packets that come in from now on; what is on its way arrives.

  void set_delay(OneWayDelay delay) { delay_ = delay; }
  /// From 0, none, to 1, all of them.
  void set_loss(double share) { loss_ = share; }
  /// A black hole: nothing gets in, nobody is told.
  void cut() { is_cut_ = true; }
  void heal() { is_cut_ = false; }

  void hold(std::string packet, MonoTime now);
  /// The oldest packet that is due.
  std::optional<std::string> take(MonoTime now);
  std::optional<MonoTime> next_due() const { return pipe_.next_due(); }
  Counts counts() const { return counts_; }

 private:
  bool is_lost();

  std::mt19937 random_;
  OneWayDelay delay_;
  double loss_ = 0;
  bool is_cut_ = false;
  DelayPipe pipe_;
  Counts counts_;
};

}  // namespace echomesh
