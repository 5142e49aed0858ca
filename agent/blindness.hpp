/// Tells a region that is down from an agent that reaches nobody: while an echo is overdue, others
/// are asked.
///
///   due --1/5 of the limit--> try --1/5--> try --1/5--> try --1/5--> try --1/5--> excuse()
///
/// A try is a fresh TCP connect to every witness, or, where there is none, to the brokers of the
/// other regions; any answer within its fifth counts, and so does any byte on a link to another
/// region. An agent that was told nothing in two tries in succession cannot accuse a region that
/// was silent itself. Pure: knows no socket and reads no clock.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "agent/config.hpp"
#include "agent/self_check.hpp"
#include "proto/outcome.hpp"
#include "proto/time.hpp"

namespace echomesh::agent {

class Blindness {
 public:
  /// Is the echo of this region, due then, still out?
  using IsOverdue = std::function<bool(RegionIndex region, MonoTime due)>;

  /// REQUIRES: limit > 0, regions > 0
  Blindness(nanoseconds limit, std::size_t regions, bool has_witnesses);

  /// False with one region and no witness: nothing can tell, and a miss is a miss.
  bool can_ask() const { return has_witnesses_ || heard_.size() > 1; }

  /// Echoes are due; not twice at one time.
  void due(MonoTime at);
  /// Begins the tries whose time has come. Asked are the brokers of these regions, or with none
  /// named every witness; nobody if every echo is back.
  std::optional<std::vector<RegionIndex>> ask(MonoTime now, const IsOverdue& is_overdue);
  void region_heard(RegionIndex region, MonoTime now);
  void witness_heard(MonoTime now);
  /// The loop did not run: what was not heard meanwhile tells nothing.
  void stalled(const Gap& gap);
  /// What the echo of `region`, due then, is instead of a miss. REQUIRES: its limit has passed, and
  /// all that had come by then was told.
  std::optional<VoidCause> excuse(RegionIndex region, MonoTime due) const;

  /// When ask() has something to do, if an echo is still out then.
  std::optional<MonoTime> next_try() const;

 private:
  static constexpr int kFifths = 5;
  static constexpr int kTries = kFifths - 1;

  struct Try {
    MonoTime from;
    MonoTime to;
    bool was_watched = true;        ///< not interrupted by a stall
    bool by_witness = false;        ///< who answered
    std::optional<RegionIndex> by;  ///< the first region that did
    bool by_several = false;        ///< and another one

    bool is_answered_for(RegionIndex region) const;
  };
  struct Tick {
    MonoTime due;
    int tries_begun = 0;
    std::array<std::optional<Try>, kTries> tries;
  };

  MonoTime start_of(const Tick& tick, int number) const {
    return tick.due + limit_ * (number + 1) / kFifths;
  }
  bool begin_tries(Tick& tick, MonoTime now) const;
  std::vector<RegionIndex> all_but(const std::vector<RegionIndex>& overdue) const;
  template <class Mark>
  void mark_tries(MonoTime now, Mark mark);

  nanoseconds limit_;
  bool has_witnesses_;
  std::vector<std::optional<MonoTime>> heard_;  ///< by RegionIndex: when it was last
  std::deque<Tick> ticks_;                      ///< by due; at most limit / slot width + 1
};

}  // namespace echomesh::agent
