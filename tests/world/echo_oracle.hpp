/// What an agent must report of each echo, by the rules, from what physically happened: simple,
/// slow, and written from the rules alone.
///
/// Nearly always one outcome is right. Where the rules leave a choice, all that they allow are
/// listed, each with its reason in the code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/outcome.hpp"
#include "proto/time.hpp"
#include "tests/world/facts.hpp"

namespace echomesh::world {

/// What of the settings the rules speak of.
struct EchoRules {
  nanoseconds limit;
  SlotWidth width;
  nanoseconds phase;  ///< of this location within the slot
  bool has_witnesses = false;
};

/// One echo of one path, judged.
struct JudgedEcho {
  Slot slot;
  At due;
  At known;  ///< when its outcome was
  std::vector<Outcome> allowed;
  bool is_resent = false;
  /// Reported as well, if a miss was.
  std::optional<nanoseconds> late;
  /// By how much times may differ: while the wall clock is slewed nobody knows better.
  nanoseconds fuzz{0};
};

struct JudgedPath {
  std::vector<JudgedEcho> echoes;     ///< in the order of their dues
  std::vector<std::string> mistakes;  ///< what the agent did that no report shows
  /// Around a step of the clock slots are anybody's guess, RTTs are not: these were measured.
  struct Around {
    At from;
    At to;
    std::vector<nanoseconds> rtts;
  };
  std::vector<Around> steps;
};

/// Judges the echoes to `region` that were due by `end`.
JudgedPath judge_path(const RunFacts& run, std::size_t region, const EchoRules& rules, At end);

/// The wall clock of the run's host.
UtcTime wall_clock(const RunFacts& run, At at);

}  // namespace echomesh::world
