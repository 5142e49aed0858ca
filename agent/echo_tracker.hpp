/// Turns each echo of one path into exactly one outcome, and tells when one came late.
///
///   due(now) --take_unsent--> in flight --returned(n, in time)--> ok
///                 ^               | link lost                       (or void, after a stall)
///                 `---link up-----'`-------expire(limit)-------> miss or void
///                                                                  `--returned(n)--> late
///
/// Pure: knows no socket and reads no clock.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "agent/self_check.hpp"
#include "proto/outcome.hpp"
#include "proto/time.hpp"

namespace echomesh::agent {

/// What became of one echo.
struct Settled {
  Slot slot;
  Outcome outcome;
  bool resent = false;

  bool operator==(const Settled&) const = default;
};

/// An echo to be published now.
struct Unsent {
  std::int64_t n = 0;
  /// QoS 1 until the broker has said that this connection may publish: only then does MQTT 5 tell.
  bool ask_permission = false;

  bool operator==(const Unsent&) const = default;
};

class EchoTracker {
 public:
  /// REQUIRES: limit > 0
  explicit EchoTracker(nanoseconds limit) : limit_(limit) {}

  void link_up(bool subscription_denied);
  void link_lost(MonoTime now, MissCause cause);
  void attempt_failed(MissCause cause) { latest_failure_ = cause; }
  bool is_link_up() const { return link_up_; }

  /// Echo `n` of `slot` is due. REQUIRES: n rises from call to call.
  void due(std::int64_t n, Slot slot, MonoTime due);
  /// Those that can go out at `now`; each is counted as handed over.
  std::vector<Unsent> take_unsent(MonoTime now);
  /// Echo `n` was given to the connection; `at` was stamped just before.
  void sent(std::int64_t n, MonoTime at);
  /// The connection would not take echo `n`; it waits for the next one.
  void not_sent(std::int64_t n);
  /// The broker acknowledged an echo with an MQTT 5 reason (128 and up: refused).
  void acknowledged(int reason);

  /// The loop did not run; every echo in flight remembers it.
  void stalled(const Gap& gap);
  /// Echo `n` came back. `after_stall`: this is the first reading after a gap, so without a kernel
  /// stamp nobody knows when it came.
  std::optional<Settled> returned(std::int64_t n, MonoTime received, bool is_kernel_time,
                                  bool after_stall);
  /// What an echo that was due then is instead of a miss; a miss, if nothing.
  using Excuse = std::function<std::optional<VoidCause>(MonoTime due)>;
  /// Settles what has passed its limit. REQUIRES: all that had come by `now` was given to returned.
  std::vector<Settled> expire(MonoTime now, const Excuse& excuse = nullptr);

  bool has_in_flight() const { return !in_flight_.empty(); }
  bool has_in_flight(MonoTime due) const;
  /// When expire() has something to do.
  std::optional<MonoTime> next_deadline() const;

 private:
  struct InFlight {
    std::int64_t n = 0;
    Slot slot;
    MonoTime due;
    MonoTime limit_at;
    MonoTime sent;
    bool with_connection = false;     ///< published on the connection that is up
    bool resent = false;              ///< published late or again
    std::optional<MonoTime> lost_at;  ///< its connection went and it was not published since
    bool was_published = false;
    bool sent_late = false;       ///< by the loop, not by the link
    nanoseconds stalled{0};       ///< the sum of its stalls
    nanoseconds latest_stall{0};  ///< the last of them
    bool limit_in_stall = false;
    std::optional<MonoTime> came_late;  ///< read already, but past the limit
  };
  /// A miss whose echo may still come while its connection lives.
  struct Awaited {
    std::int64_t n = 0;
    Slot slot;
    MonoTime due;
    MonoTime since;  ///< what its time runs from
    bool resent = false;
  };

  Settled ok(const InFlight& echo, MonoTime received) const;
  MissCause cause_of(const InFlight& echo) const;
  void settle(const InFlight& echo, const Excuse& excuse, std::vector<Settled>& settled);
  std::optional<Settled> returned_late(std::int64_t n, MonoTime received);

  nanoseconds limit_;
  bool link_up_ = false;
  bool permission_known_ = false;
  bool subscription_denied_ = false;  ///< on the latest connection
  bool publish_denied_ = false;       ///< on the latest connection
  std::optional<MissCause> latest_failure_;
  std::deque<InFlight> in_flight_;  ///< by n; at most limit / slot width + 1
  std::deque<Awaited> awaited_;     ///< by n; at most kMaxLate / slot width
};

}  // namespace echomesh::agent
