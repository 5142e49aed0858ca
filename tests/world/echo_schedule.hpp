/// When each echo of a path was to be sent, by the rules: once a slot, and again when its
/// connection drops. Finds in the facts what was really sent, and names every difference.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/world/echo_oracle.hpp"

namespace echomesh::world {

struct DueEcho {
  Slot slot;
  At due;
  std::optional<At> begun;  ///< when the loop turned to it; none: over 500 ms late, not sent at all
  std::vector<At> handed;   ///< to a connection
  std::vector<Reading> readings;
  nanoseconds fuzz{0};

  /// Published late, for want of a link, or again.
  bool is_resent() const {
    return handed.size() > 1 || (handed.size() == 1 && handed.front() > *begun);
  }
};

struct EchoSchedule {
  std::vector<DueEcho> echoes;
  std::vector<std::string> mistakes;
  std::vector<JudgedPath::Around> steps;
};

EchoSchedule schedule_of(const RunFacts& run, std::size_t region, const EchoRules& rules, At end);

/// The first moment from `at` on at which the loop can run.
At when_loop_runs(const RunFacts& run, At at);

}  // namespace echomesh::world
