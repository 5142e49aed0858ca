#include "tests/world/echo_oracle.hpp"

#include <algorithm>
#include <chrono>

#include "tests/world/echo_schedule.hpp"

namespace echomesh::world {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr nanoseconds kTick{1};
/// What the kernel stamped by the limit may reach the program so much later; links move meanwhile.
constexpr milliseconds kGrace{1};

Outcome stalled() {
  return Void{VoidCause::stalled};
}

bool any_within(const std::vector<At>& times, At from, At to) {
  const auto first = std::lower_bound(times.begin(), times.end(), from);
  return first != times.end() && *first < to;
}

/// One echo, and all that happened to it.
class Trial {
 public:
  Trial(const RunFacts& run, std::size_t region, const EchoRules& rules, const DueEcho& echo)
      : run_(run),
        path_(run.paths[region]),
        region_(region),
        rules_(rules),
        echo_(echo),
        limit_(echo.due + rules.limit) {}

  JudgedEcho judge() const;

 private:
  struct Return {
    std::optional<nanoseconds> after;  ///< in time: the RTT; else nobody knows, void
    At read;
  };

  At judged_at() const;
  std::vector<LoopGap> gaps() const;
  std::optional<LoopGap> gap_before(At read) const;
  At returned(const Reading& reading) const;
  At runs_from() const { return echo_.is_resent() ? echo_.due : echo_.handed.front(); }
  std::optional<Return> find_return() const;
  bool is_stalled() const;
  bool was_interrupted() const;
  bool was_heard_within(At from, At to) const { return any_within(path_.heard, from, to); }
  bool is_blind() const;
  At lost_after(At up) const;
  std::optional<At> refused_on(At by) const;
  std::vector<MissCause> causes(At by) const;
  std::optional<nanoseconds> late() const;

  const RunFacts& run_;
  const PathFacts& path_;
  std::size_t region_;
  const EchoRules& rules_;
  const DueEcho& echo_;
  At limit_;
};

// "An echo that returns exactly at the limit counts; one nanosecond later it is a miss."
At Trial::judged_at() const {
  return when_loop_runs(run_, limit_ + kTick);
}

// "Stalled: a gap of the loop over 500 ms while an echo is in flight"
std::vector<LoopGap> Trial::gaps() const {
  std::vector<LoopGap> gaps;
  auto gap = std::lower_bound(run_.gaps.begin(), run_.gaps.end(), *echo_.begun,
                              [](const LoopGap& each, At at) { return each.from < at; });
  for (; gap != run_.gaps.end() && gap->from <= limit_; ++gap) {
    // A loop that could have run, and did not, has no excuse.
    if (std::any_of(run_.stops.begin(), run_.stops.end(), [&](const LoopStop& stop) {
          return stop.from < gap->to && stop.to > gap->from;
        })) {
      gaps.push_back(*gap);
    }
  }
  return gaps;
}

std::optional<LoopGap> Trial::gap_before(At read) const {
  for (const auto& gap : gaps()) {
    if (gap.to == read) {
      return gap;
    }
  }
  return std::nullopt;
}

// "RTT is monotonic time, stamped ... on return, as early as can be (the kernel's receive time
// where it can be had; else the first statement of the callback)"
At Trial::returned(const Reading& reading) const {
  return run_.has_kernel_time ? reading.arrived : reading.read;
}

// "The socket is read before any limit is judged. An echo found then counts by its kernel time
// (past the limit: no echo); without one it is `ok` if read within the limit and the gap was at
// most 1 s, else `void: stalled`."
std::optional<Trial::Return> Trial::find_return() const {
  for (const auto& reading : echo_.readings) {
    if (reading.read > judged_at()) {
      break;
    }
    const auto gap = run_.has_kernel_time ? std::nullopt : gap_before(reading.read);
    if (gap && (reading.read > limit_ || gap->to - gap->from > seconds{1})) {
      return Return{std::nullopt, reading.read};
    }
    if (returned(reading) <= limit_) {
      // "`rtt_ms` runs from the publish; for an echo published late or again it runs from when it
      // was due"
      return Return{returned(reading) - runs_from(), reading.read};
    }
  }
  return std::nullopt;
}

// "No echo: `void: stalled` if the gaps sum to over 1 s or the limit passed within one, else a
// miss."
bool Trial::is_stalled() const {
  nanoseconds sum{0};
  bool limit_within = false;
  for (const auto& gap : gaps()) {
    sum += gap.to - gap.from;
    limit_within = limit_within || gap.to > limit_;
  }
  return sum > seconds{1} || limit_within;
}

/// The loop stood still while others were to be asked.
bool Trial::was_interrupted() const {
  return std::any_of(run_.stops.begin(), run_.stops.end(), [this](const auto& stop) {
    return stop.to > echo_.due && stop.from <= limit_;
  });
}

// "an overdue echo makes the agent ask around, at 1/5, 2/5, 3/5 and 4/5 of the limit after it was
// due, each try lasting 1/5 of the limit ... Any answer counts (SYN-ACK, RST, any byte on any of
// their links). If two tries in succession had no answer and the watched region itself sent nothing
// since the echo was due, it is `void: blind`, or `void: unwitnessed` ... With one region and no
// witness nothing can tell"
bool Trial::is_blind() const {
  if ((run_.paths.size() == 1 && !rules_.has_witnesses) ||
      was_heard_within(echo_.due, judged_at() + kTick)) {
    return false;
  }
  int unanswered = 0;
  for (int fifth = 1; fifth < 5 && unanswered < 2; ++fifth) {
    const At from = echo_.due + rules_.limit * fifth / 5;
    const At to = echo_.due + rules_.limit * (fifth + 1) / 5;
    bool is_answered = any_within(run_.witnessed, from, to);
    for (std::size_t other = 0; other < run_.paths.size(); ++other) {
      is_answered =
          is_answered || (other != region_ && any_within(run_.paths[other].heard, from, to));
    }
    unanswered = is_answered ? 0 : unanswered + 1;
  }
  return unanswered == 2;
}

At Trial::lost_after(At up) const {
  for (const auto& fact : path_.link) {
    if (fact.kind == LinkFact::Kind::lost && fact.at >= up) {
      return fact.at;
    }
  }
  return At::max();
}

/// The broker has refused this echo, or the subscription that it was to come back by; on which
/// connection, by the time at which that came up.
std::optional<At> Trial::refused_on(At by) const {
  std::optional<At> refused;
  for (const auto& fact : path_.link) {
    if (fact.kind != LinkFact::Kind::up || fact.at > by) {
      continue;
    }
    const At up = fact.at;
    const At down = lost_after(up);
    const bool was_handed = std::any_of(echo_.handed.begin(), echo_.handed.end(),
                                        [&](At at) { return up <= at && at < down; });
    const bool is_refused = std::any_of(path_.permissions.begin(), path_.permissions.end(),
                                        [&](const Permission& permission) {
                                          return permission.at >= up && permission.at < down &&
                                                 permission.at <= by && permission.reason >= 128;
                                        });
    if (was_handed && (fact.is_denied || is_refused)) {
      refused = up;
    }
  }
  return refused;
}

/// Rule 6, by what had happened to the link at `by`.
std::vector<MissCause> Trial::causes(At by) const {
  std::optional<LinkFact> state;    // the latest time that the link came up or was lost
  std::optional<LinkFact> failure;  // the latest attempt that failed
  bool failed_since_loss = false;
  for (const auto& fact : path_.link) {
    if (fact.at > by) {
      break;
    }
    (fact.kind == LinkFact::Kind::failed ? failure : state) = fact;
    failed_since_loss = fact.kind == LinkFact::Kind::failed;
  }
  std::vector<MissCause> allowed;
  // "Publish or subscribe refused by the broker: `denied` (the first echo on a connection goes at
  // QoS 1, since only then MQTT 5 tells ...)."
  if (const auto refused = refused_on(by)) {
    allowed.push_back(MissCause::denied);
    if (lost_after(*refused) > by) {
      return allowed;
    }
    // That connection has gone since: what came after it may be told as well.
  }
  if (state && state->kind == LinkFact::Kind::up) {
    allowed.push_back(MissCause::timeout);  // "Else `timeout`"
  } else if (state && state->at > *echo_.begun) {
    // "Dropped more than 100 ms before the limit and not back in time: `lost`."
    allowed.push_back(limit_ - state->at > milliseconds{100} ? MissCause::lost
                                                             : MissCause::timeout);
  } else if (failed_since_loss) {
    // "Down when due: the phase that its latest attempt failed in, `dns`, `connect`, `tls`,
    // `refused` (CONNACK). ... `timeout` (no CONNACK or SUBACK in time included)."
    allowed.push_back(failure->cause);
    if (failure->cause == MissCause::lost) {
      allowed.push_back(MissCause::timeout);  // dropped between CONNACK and SUBACK
    }
  } else {
    // Its latest attempt had come up, and was lost before the echo was due; or none has ended yet.
    allowed.insert(allowed.end(), {MissCause::timeout, MissCause::lost});
    if (failure) {
      allowed.push_back(failure->cause);
    }
  }
  return allowed;
}

// "A later return is late: its real time is reported (up to 15 min, while its connection lives),
// and the slot stays a miss."
std::optional<nanoseconds> Trial::late() const {
  for (const auto& reading : echo_.readings) {
    if (returned(reading) > limit_ && returned(reading) - echo_.due <= minutes{15}) {
      return returned(reading) - runs_from();
    }
  }
  return std::nullopt;
}

JudgedEcho Trial::judge() const {
  JudgedEcho judged{echo_.slot, echo_.due, judged_at(), {}, echo_.is_resent(), {}, echo_.fuzz};
  // "An echo that the loop, not the link, sent over 500 ms late, and every slot slept through (the
  // latest 720), is `void: stalled`."
  if (!echo_.begun) {
    judged.known = when_loop_runs(run_, echo_.due);
    judged.allowed = {stalled()};
    return judged;
  }
  if (const auto found = find_return()) {
    judged.known = found->read;
    judged.allowed = {found->after ? Outcome{Ok{Rtt{*found->after}}} : stalled()};
    return judged;
  }
  if (is_stalled()) {
    judged.allowed = {stalled()};
  }
  const bool is_blind = this->is_blind();
  if (is_blind) {
    judged.allowed.push_back(
        Void{rules_.has_witnesses ? VoidCause::blind : VoidCause::unwitnessed});
  }
  // An agent that stood still while it asked cannot tell which tries had no answer; and a region
  // may be heard again just as its echo is judged.
  const bool may_be_a_miss =
      was_interrupted() || was_heard_within(judged_at(), judged_at() + kGrace);
  if (judged.allowed.empty() || (is_blind && !is_stalled() && may_be_a_miss)) {
    for (const At by : {limit_, judged_at() + kGrace}) {  // a link moved between: either counts
      for (const auto cause : causes(by)) {
        judged.allowed.push_back(Miss{cause});
      }
    }
    judged.late = late();
  }
  return judged;
}

}  // namespace

JudgedPath judge_path(const RunFacts& run, std::size_t region, const EchoRules& rules, At end) {
  JudgedPath path;
  const auto schedule = schedule_of(run, region, rules, end);
  path.mistakes = schedule.mistakes;
  path.steps = schedule.steps;
  for (const auto& echo : schedule.echoes) {
    path.echoes.push_back(Trial(run, region, rules, echo).judge());
  }
  return path;
}

}  // namespace echomesh::world
