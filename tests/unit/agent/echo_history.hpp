/// Histories of one path as tables: what happens when, and what it settles.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "agent/echo_tracker.hpp"
#include "tests/unit/agent/outcomes.hpp"

namespace echomesh::agent {

/// When the first echo of a history is due.
constexpr MonoTime kDue{std::chrono::seconds{1000}};
constexpr std::chrono::seconds kLimit{5};
constexpr Slot kSlot{42};

constexpr nanoseconds kInstant{1};
/// When a limit is judged: what the kernel stamped by then has reached the socket.
constexpr nanoseconds kJudged = kLimit + std::chrono::milliseconds{1};
/// Shortly before the first echo is due.
constexpr nanoseconds kBefore = -std::chrono::milliseconds{100};

inline Settled told(const Outcome& outcome, std::int64_t n = 1) {
  return {kSlot + (n - 1), outcome, false};
}
inline Settled resent(const Outcome& outcome, std::int64_t n = 1) {
  return {kSlot + (n - 1), outcome, true};
}

using Deed = std::function<std::vector<Settled>(EchoTracker&, MonoTime)>;

struct Step {
  nanoseconds after;  ///< kDue
  Deed deed;
  std::vector<Settled> settles = {};
};
using History = std::vector<Step>;

inline void publish_all(EchoTracker& tracker, MonoTime now) {
  for (const auto& unsent : tracker.take_unsent(now)) {
    tracker.sent(unsent.n, now);
  }
}

/// The link comes up and what waits goes out.
inline Deed up(bool subscription_denied = false) {
  return [=](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    tracker.link_up(subscription_denied);
    publish_all(tracker, now);
    return {};
  };
}
inline Deed lost() {
  return [](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    tracker.link_lost(now, MissCause::lost);
    return {};
  };
}
inline Deed failed(MissCause cause) {
  return [=](EchoTracker& tracker, MonoTime) -> std::vector<Settled> {
    tracker.attempt_failed(cause);
    return {};
  };
}
/// Echo `n`, of slot kSlot + n - 1, is due, and goes out if the link is up.
inline Deed due(std::int64_t n = 1) {
  return [=](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    tracker.due(n, kSlot + (n - 1), now);
    publish_all(tracker, now);
    return {};
  };
}
/// Echo `n` was due so much earlier.
inline Deed sent_late_by(nanoseconds delay, std::int64_t n = 1) {
  return [=](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    tracker.due(n, kSlot + (n - 1), now - delay);
    publish_all(tracker, now);
    return {};
  };
}
inline Deed acknowledged(int reason) {
  return [=](EchoTracker& tracker, MonoTime) -> std::vector<Settled> {
    tracker.acknowledged(reason);
    return {};
  };
}
inline Deed back(std::int64_t n = 1) {
  return [=](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    const auto settled = tracker.returned(n, now, true, false);
    return settled ? std::vector{*settled} : std::vector<Settled>{};
  };
}
inline Deed expire() {
  return [](EchoTracker& tracker, MonoTime now) { return tracker.expire(now); };
}
/// The loop did not run for so long until now.
inline Deed stall(nanoseconds length) {
  return [=](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    tracker.stalled({now - length, now});
    return {};
  };
}
/// The first reading after a stall finds echo `n`; the kernel stamped it so much earlier.
inline Deed found_stamped(nanoseconds earlier, std::int64_t n = 1) {
  return [=](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    const auto settled = tracker.returned(n, now - earlier, true, true);
    return settled ? std::vector{*settled} : std::vector<Settled>{};
  };
}
/// The first reading after a stall finds echo `n`, and nobody knows since when it was there.
inline Deed found_unstamped(std::int64_t n = 1) {
  return [=](EchoTracker& tracker, MonoTime now) -> std::vector<Settled> {
    const auto settled = tracker.returned(n, now, false, true);
    return settled ? std::vector{*settled} : std::vector<Settled>{};
  };
}

inline void check(const History& history) {
  EchoTracker tracker(kLimit);
  for (std::size_t i = 0; i < history.size(); ++i) {
    CAPTURE(i);
    const auto settled = history[i].deed(tracker, kDue + history[i].after);
    CHECK(settled == history[i].settles);
  }
}

}  // namespace echomesh::agent
