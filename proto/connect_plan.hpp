/// Decides when a link resolves its broker's name, which address it tries when, and when it gives
/// an attempt up.
///
///   start --Resolve--> addresses --Attempt a, b, ...--> first TCP to answer wins --> up
///                                   ^ every second a fresh one joins      | 5 s without SUBACK,
///                                   `------------- failed, lost <---------' refused, lost
///
/// A TCP connect that is not answered for 1 s is joined, not replaced, by a fresh one (RFC 8305 in
/// spirit), so that TCP's back-off does not stretch an outage. Pure: knows no socket and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "proto/time.hpp"

namespace echomesh {

using AttemptId = std::uint64_t;

/// Look the broker's name up; to be answered with resolved() or not_resolved().
struct Resolve {
  bool operator==(const Resolve&) const = default;
};
/// Open a connection to the address of this index; answered with connected() or failed().
struct Attempt {
  AttemptId id;
  std::size_t address;
  bool operator==(const Attempt&) const = default;
};
/// Drop an attempt; nothing more is heard of it.
struct Abandon {
  AttemptId id;
  bool is_overdue;  ///< connected, but not up in time: a failure to be told
  bool operator==(const Abandon&) const = default;
};
/// A TCP connect was not answered for 1 s: a failure to be told. The attempt goes on.
struct Unanswered {
  AttemptId id;
  bool operator==(const Unanswered&) const = default;
};

/// What the end of an attempt tells about when to try again.
enum class AttemptEnd {
  broken,   ///< the network, or something on the way: it may be well again any moment
  refused,  ///< by the broker, or by us for its certificate: that will hardly change within a slot
};

using PlanAction = std::variant<Resolve, Attempt, Abandon, Unanswered>;

class ConnectPlan {
 public:
  /// `seed` spreads the retries of many links that lost one broker together.
  explicit ConnectPlan(std::uint64_t seed) : random_(seed) {}

  void start(MonoTime now);
  /// The name has so many addresses; their order is kept. REQUIRES: addresses > 0
  void resolved(std::size_t addresses, MonoTime now);
  /// No address is known, now or from before.
  void not_resolved(MonoTime now);
  /// TCP answered: this attempt wins if it is the first.
  void connected(AttemptId id, MonoTime now);
  /// SUBACK is in.
  void up(AttemptId id, MonoTime now);
  void failed(AttemptId id, AttemptEnd end, MonoTime now);
  /// The link was up and is not any more.
  void lost(MonoTime now);
  /// Time has come.
  void woke(MonoTime now);

  /// What is to be done, in order; empties the list.
  std::vector<PlanAction> take_actions();
  std::optional<MonoTime> next_wakeup() const;

 private:
  struct Trying {
    AttemptId id;
    std::size_t address;
    MonoTime started;
    bool is_told_unanswered = false;
  };

  void begin_round(MonoTime at);
  void attempt(MonoTime now);
  void abandon_all(std::optional<AttemptId> but);
  nanoseconds jitter(nanoseconds up_to);

  std::uint64_t random_;
  bool is_resolving_ = false;
  std::size_t addresses_ = 0;
  bool are_fresh_ = false;  ///< this round waited for them
  std::size_t next_address_ = 0;
  std::size_t untried_ = 0;  ///< addresses that this round has not tried
  AttemptId next_id_ = 1;
  std::vector<Trying> trying_;
  std::optional<Trying> winner_;
  std::optional<MonoTime> deadline_;  ///< of the winner: connected, not up
  std::optional<MonoTime> up_since_;
  std::optional<MonoTime> next_attempt_;
  std::vector<PlanAction> actions_;
};

}  // namespace echomesh
