#include "tests/world/echo_schedule.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "tests/world/fault_plan.hpp"

namespace echomesh::world {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Links get this long to come up before the first echo is due.
constexpr seconds kHeadStart{1};
constexpr milliseconds kStall{500};
constexpr std::size_t kMostSlept = 720;

/// Around a step of the wall clock nobody but the agent knows which slot is the next: a loop that
/// waits for its next echo does not look at the clock.
JudgedPath::Around around(At step, const EchoRules& rules) {
  return {step - rules.width.value - rules.limit, step + 3 * nanoseconds{rules.width.value}, {}};
}

bool is_within(const std::vector<JudgedPath::Around>& steps, At at) {
  return std::any_of(steps.begin(), steps.end(),
                     [at](const auto& step) { return step.from <= at && at <= step.to; });
}

At true_time(const RunFacts& run, UtcTime utc, At near) {
  for (int turn = 0; turn < 4; ++turn) {
    near += utc - wall_clock(run, near);
  }
  return near;
}

/// The clock was slewed within the last two slots: a loop that waits learns of it when it wakes.
bool is_slewed(const RunFacts& run, const EchoRules& rules, At at) {
  const At since = at - 2 * nanoseconds{rules.width.value};
  for (std::size_t i = 0; i < run.clock.size(); ++i) {
    const At until = i + 1 < run.clock.size() ? run.clock[i + 1].at : At::max();
    if (run.clock[i].ppm != 0 && run.clock[i].at <= at && until >= since) {
      return true;
    }
  }
  return false;
}

/// "An agent fires at a fixed phase within the slot ... The schedule is the grid itself: a slow or
/// missing echo never delays the next."
std::vector<DueEcho> grid_of(const RunFacts& run, const EchoRules& rules,
                             const std::vector<JudgedPath::Around>& steps, At end) {
  std::vector<DueEcho> echoes;
  const At first = run.started + kHeadStart;
  const auto due_in = [&](Slot slot, At near) {
    return true_time(run, slot_start(slot, rules.width) + rules.phase, near);
  };
  for (At at = first; at <= end; at += nanoseconds{rules.width.value} / 2) {
    const Slot slot = slot_of(wall_clock(run, at), rules.width);
    for (const Slot each : {slot - 1, slot, slot + 1}) {
      const At due = due_in(each, at);
      if (due >= first && due <= end &&
          (echoes.empty() || due - echoes.back().due > seconds{rules.width.value} / 2) &&
          due <= at + nanoseconds{rules.width.value} / 2 && !is_within(steps, due) &&
          slot_of(wall_clock(run, due), rules.width) == each) {
        echoes.push_back({each, due, {}, {}, {}, {}});
      }
    }
  }
  for (auto& echo : echoes) {
    const At begun = when_loop_runs(run, echo.due);
    if (begun - echo.due <= kStall) {
      echo.begun = begun;
    }
    echo.fuzz = is_slewed(run, rules, echo.due) ? nanoseconds{milliseconds{20}} : nanoseconds{0};
  }
  std::size_t slept = 0;
  for (auto echo = echoes.rbegin(); echo != echoes.rend();) {
    slept = echo->begun ? 0 : slept + 1;
    echo = slept > kMostSlept ? decltype(echo)(echoes.erase(std::next(echo).base())) : echo + 1;
  }
  return echoes;
}

/// Rule 3: "If the link is down when the echo is due, or drops while it is in flight, the echo is
/// (re)published, same number, as soon as the link is up again, if its limit has not passed". The
/// next time after `after` at which that is.
std::optional<At> next_hand_over(const PathFacts& path, const DueEcho& echo, At limit, At after) {
  bool is_up = false;
  for (const auto& fact : path.link) {
    if (fact.kind == LinkFact::Kind::failed) {
      continue;
    }
    if (fact.at > *echo.begun && is_up && after < *echo.begun) {
      break;  // it was up when due
    }
    is_up = fact.kind == LinkFact::Kind::up;
    if (is_up && fact.at > std::max(after, *echo.begun)) {
      return fact.at <= limit ? std::optional(fact.at) : std::nullopt;
    }
  }
  return is_up && after < *echo.begun ? echo.begun : std::nullopt;
}

/// The echoes that were handed over, by number, each with its first time.
std::map<std::int64_t, std::vector<At>> handed_over(const PathFacts& path) {
  std::map<std::int64_t, std::vector<At>> handed;
  for (const auto& each : path.handed) {
    handed[each.n].push_back(each.at);
  }
  return handed;
}

std::vector<Reading> readings_of(const PathFacts& path, std::int64_t n, At from) {
  std::vector<Reading> readings;
  const auto first =
      std::lower_bound(path.readings.begin(), path.readings.end(), from,
                       [](const Reading& reading, At at) { return reading.read < at; });
  for (auto reading = first; reading != path.readings.end(); ++reading) {
    if (reading->n == n) {
      readings.push_back(*reading);
    }
    if (readings.size() > 3 || reading->read > from + std::chrono::minutes{16}) {
      break;
    }
  }
  return readings;
}

std::string when(At at) {
  return duration_text(at.time_since_epoch());
}

}  // namespace

UtcTime wall_clock(const RunFacts& run, At at) {
  UtcTime utc = run.started_utc + (at - run.started);
  for (std::size_t i = 0; i < run.clock.size(); ++i) {
    const auto& fact = run.clock[i];
    if (fact.at > at) {
      break;
    }
    const At until = i + 1 < run.clock.size() ? std::min(run.clock[i + 1].at, at) : at;
    utc += fact.step + (until - fact.at) / 1'000'000 * fact.ppm;
  }
  return utc;
}

At when_loop_runs(const RunFacts& run, At at) {
  for (const auto& stop : run.stops) {
    if (stop.from <= at && at < stop.to) {
      return stop.to;
    }
  }
  return at;
}

EchoSchedule schedule_of(const RunFacts& run, std::size_t region, const EchoRules& rules, At end) {
  const auto& path = run.paths[region];
  EchoSchedule schedule;
  for (const auto& fact : run.clock) {
    if (fact.step != nanoseconds{0}) {
      schedule.steps.push_back(around(fact.at, rules));
    }
  }
  schedule.echoes = grid_of(run, rules, schedule.steps, end);
  auto handed = handed_over(path);
  for (auto& step : schedule.steps) {
    std::erase_if(handed, [&](const auto& each) {
      const bool is_near = is_within({step}, each.second.front());
      for (const auto& reading :
           is_near ? readings_of(path, each.first, each.second.front()) : std::vector<Reading>{}) {
        step.rtts.push_back((run.has_kernel_time ? reading.arrived : reading.read) -
                            each.second.front());
      }
      return is_near;
    });
  }
  auto sent = handed.begin();
  for (auto& echo : schedule.echoes) {
    if (!echo.begun) {
      continue;
    }
    const At limit = echo.due + rules.limit;
    auto expected = next_hand_over(path, echo, limit, echo.due - seconds{1});
    if (!expected || *expected > end) {
      continue;
    }
    if (sent == handed.end() || std::chrono::abs(sent->second.front() - *expected) > echo.fuzz) {
      schedule.mistakes.push_back("slot " + std::to_string(echo.slot.number) +
                                  ": its echo was to be sent at " + when(*expected) + ", and " +
                                  (sent == handed.end()
                                       ? "was not"
                                       : "the next was sent at " + when(sent->second.front())));
      return schedule;
    }
    if (echo.fuzz.count() > 0) {  // no later than that it was begun
      echo.begun = *expected == *echo.begun ? sent->second.front() : *echo.begun;
    }
    echo.handed = sent->second;
    echo.readings = readings_of(path, sent->first, sent->second.front());
    // Every time that it was sent again must be by the rule, and every such time used.
    const At settled = echo.readings.empty() ? limit : echo.readings.front().read;
    std::vector<At> wanted{echo.handed.front()};
    while ((expected = next_hand_over(path, echo, limit, wanted.back())) && *expected <= settled &&
           *expected <= end) {
      wanted.push_back(*expected);
    }
    if (wanted != echo.handed) {
      schedule.mistakes.push_back("slot " + std::to_string(echo.slot.number) +
                                  ": its echo was sent " + std::to_string(echo.handed.size()) +
                                  " times, expected " + std::to_string(wanted.size()));
    }
    ++sent;
  }
  if (sent != handed.end()) {
    schedule.mistakes.push_back("an echo was sent at " + when(sent->second.front()) +
                                " that no slot asked for");
  }
  return schedule;
}

}  // namespace echomesh::world
