/// Tells the agent's own trouble from the network's: finds the gaps in which its loop did not run.
///
/// While an echo is in flight the loop wakes at least every kBeat; what lies over kStall between
/// two wakings was a stop, a stolen CPU or a suspend, and no echo is judged by it.
#pragma once

#include <chrono>
#include <optional>

#include "proto/time.hpp"

namespace echomesh::agent {

/// How often the loop wakes while an echo is in flight.
constexpr std::chrono::milliseconds kBeat{100};
/// A longer gap is a stall.
constexpr std::chrono::milliseconds kStall{500};
/// Stalls that sum to more than this leave nothing to be said about an echo that did not come.
constexpr std::chrono::milliseconds kStallTolerance{1000};

/// A stretch in which the loop did not run.
struct Gap {
  MonoTime from;
  MonoTime to;
};

class SelfCheck {
 public:
  explicit SelfCheck(MonoTime started) : seen_(started), window_began_(started) {}

  /// The loop runs; the gap before, if it was a stall. `watching`: an echo is in flight, so a beat
  /// was due.
  std::optional<Gap> running(MonoTime now, bool watching);
  /// The loop was to wake at `planned`; keeps the worst lateness.
  void woke(MonoTime planned, MonoTime now);

  MonoTime next_beat() const { return seen_ + kBeat; }
  /// The worst of the last 30 to 60 s.
  nanoseconds lag_max() const;

 private:
  void was_late(nanoseconds lag, MonoTime now);

  MonoTime seen_;
  MonoTime window_began_;
  nanoseconds window_max_{0};
  nanoseconds previous_max_{0};
};

}  // namespace echomesh::agent
