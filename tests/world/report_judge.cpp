#include "tests/world/report_judge.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "agent/echo_grid.hpp"
#include "proto/decimal.hpp"
#include "proto/report.hpp"
#include "tests/world/echo_oracle.hpp"
#include "tests/world/fault_plan.hpp"

namespace echomesh::world {
namespace {

using std::chrono::seconds;

/// Times on the wire are rounded to whole microseconds.
constexpr nanoseconds kRounding{500};
/// What a run that is killed had no time to tell.
constexpr seconds kUntold{60};
/// A link that is up so long has told what waited for it.
constexpr seconds kFlush{15};
/// After so many reports at once the oldest are dropped.
constexpr std::int64_t kMostAtOnce = 600;

std::string in_words(const Outcome& outcome, bool is_resent) {
  const auto text = [&]() -> std::string {
    if (const auto* ok = std::get_if<Ok>(&outcome)) {
      return "ok " + format_ms(ok->rtt.value) + " ms";
    }
    if (const auto* miss = std::get_if<Miss>(&outcome)) {
      return "miss " + std::string(to_string(miss->cause));
    }
    if (const auto* nothing = std::get_if<Void>(&outcome)) {
      return "void " + std::string(to_string(nothing->cause));
    }
    return "late " + format_ms(std::get<Late>(outcome).after.value) + " ms";
  };
  return text() + (is_resent ? " resent" : "");
}

std::string in_words(const JudgedEcho& echo) {
  std::string text;
  for (const auto& outcome : echo.allowed) {
    text += (text.empty() ? "" : " or ") + in_words(outcome, echo.is_resent);
  }
  return text + " (due at " + duration_text(echo.due.time_since_epoch()) + ")";
}

bool is_near(nanoseconds a, nanoseconds b, nanoseconds fuzz) {
  return std::chrono::abs(a - b) <= kRounding + fuzz;
}

bool is_same(const Outcome& wanted, const Outcome& got, nanoseconds fuzz) {
  const auto* wanted_ok = std::get_if<Ok>(&wanted);
  const auto* got_ok = std::get_if<Ok>(&got);
  return wanted_ok != nullptr && got_ok != nullptr
             ? is_near(wanted_ok->rtt.value, got_ok->rtt.value, fuzz)
             : wanted == got;
}

/// What one stream was told of one region, against what is true.
class PathJudge {
 public:
  PathJudge(const RunFacts& run, std::string place, JudgedPath path)
      : run_(run), place_(std::move(place)), path_(std::move(path)) {
    for (auto& echo : path_.echoes) {
      open_[echo.slot].push_back({&echo});
    }
  }

  void told(Slot slot, const EchoEntry& entry) {
    if (is_around_step(slot)) {
      told_around_step(slot, entry);
    } else if (const auto* late = std::get_if<Late>(&entry.outcome)) {
      told_late(slot, *late, entry.resent);
    } else {
      told_first(slot, entry);
    }
  }

  /// What was never told. `must_know_by`: later outcomes may be still to come.
  void finish(At must_know_by) {
    for (const auto& [slot, echoes] : open_) {
      for (const auto& echo : echoes) {
        const bool is_told =
            echo.is_told && (!echo.echo->late || echo.is_told_late || !echo.is_miss);
        if (!is_told && echo.echo->known <= must_know_by && !is_around_step(slot) &&
            slept_at_once(*echo.echo) < kMostAtOnce && !was_dropped(echo.echo->known)) {
          object(slot, in_words(*echo.echo) + (echo.is_told ? " and then late" : ""), "nothing");
        }
      }
    }
  }
  std::vector<Violation> take() { return std::move(violations_); }

 private:
  struct Open {
    const JudgedEcho* echo;
    bool is_told = false;
    bool is_miss = false;
    bool is_told_late = false;
  };

  void object(Slot slot, std::string expected, std::string got) {
    violations_.push_back({place_ + " slot " + std::to_string(slot.number - first.number),
                           std::move(expected), std::move(got)});
  }
  bool is_around_step(Slot slot) const {
    return std::any_of(path_.steps.begin(), path_.steps.end(), [&](const auto& step) {
      for (const At at : {step.from, step.to}) {
        // By the clock before the step and by the one after it.
        const Slot number = slot_of(wall_clock(run_, at), width);
        if (slot >= number - 8 && slot <= number + 8) {
          return true;
        }
      }
      return false;
    });
  }
  /// Nothing but the clock was touched: every echo came back.
  void told_around_step(Slot slot, const EchoEntry& entry) {
    const auto* ok = std::get_if<Ok>(&entry.outcome);
    bool is_true = false;
    for (const auto& step : path_.steps) {
      is_true = is_true || (ok != nullptr &&
                            std::any_of(step.rtts.begin(), step.rtts.end(), [&](nanoseconds rtt) {
                              return is_near(rtt, ok->rtt.value, nanoseconds{0});
                            }));
    }
    const auto found = open_.find(slot);
    if (found != open_.end()) {  // a number that was given twice: whose it is, the RTT tells
      for (auto& echo : found->second) {
        if (!echo.is_told && is_right(*echo.echo, entry)) {
          echo.is_told = true;
          echo.is_miss = std::holds_alternative<Miss>(entry.outcome);
          return;
        }
      }
    }
    if (!is_true) {
      object(slot, "an RTT measured around the step", in_words(entry.outcome, entry.resent));
    }
  }
  static bool is_right(const JudgedEcho& echo, const EchoEntry& entry) {
    return entry.resent == echo.is_resent &&
           std::any_of(echo.allowed.begin(), echo.allowed.end(), [&](const Outcome& wanted) {
             return is_same(wanted, entry.outcome, echo.fuzz);
           });
  }
  void told_first(Slot slot, const EchoEntry& entry) {
    const auto found = open_.find(slot);
    if (found != open_.end()) {
      for (auto& echo : found->second) {
        if (echo.is_told) {
          continue;
        }
        echo.is_told = true;
        echo.is_miss = std::holds_alternative<Miss>(entry.outcome);
        if (!is_right(*echo.echo, entry)) {
          object(slot, in_words(*echo.echo), in_words(entry.outcome, entry.resent));
        }
        return;
      }
    }
    object(slot, "nothing (more)", in_words(entry.outcome, entry.resent));
  }
  void told_late(Slot slot, const Late& late, bool is_resent) {
    const auto found = open_.find(slot);
    if (found != open_.end()) {
      for (auto& echo : found->second) {
        if (echo.is_miss && !echo.is_told_late && echo.echo->late &&
            echo.echo->is_resent == is_resent &&
            is_near(*echo.echo->late, late.after.value, echo.echo->fuzz)) {
          echo.is_told_late = true;
          return;
        }
      }
    }
    object(slot, "no such late echo", in_words(late, is_resent));
  }
  /// So much came after it while the report link was down that the oldest were let go.
  bool was_dropped(At known) const {
    At down = run_.started;
    for (const auto& link : run_.stream_links[stream]) {
      if (link.is_up && down <= known && known < link.at) {
        return link.at - known > kMostAtOnce * nanoseconds{width.value};
      }
      down = link.is_up ? At::max() : link.at;
    }
    return false;
  }
  std::int64_t slept_at_once(const JudgedEcho& echo) const {
    return std::count_if(path_.echoes.begin(), path_.echoes.end(),
                         [&](const auto& each) { return each.known == echo.known; });
  }

 public:
  std::size_t stream = 0;
  SlotWidth width;
  Slot first;

 private:
  const RunFacts& run_;
  std::string place_;
  JudgedPath path_;
  std::map<Slot, std::vector<Open>> open_;
  std::vector<Violation> violations_;
};

/// By when a run that was killed had told all that it knew so long before: its link had been up for
/// some time.
At told_by(const RunFacts& run, std::size_t stream) {
  const auto& links = run.stream_links[stream];
  At down = *run.stopped;
  for (auto fact = links.rbegin(); fact != links.rend(); ++fact) {
    if (fact->is_up && down - fact->at >= kFlush) {
      return down - kUntold;
    }
    down = fact->at;
  }
  return At::min();
}

}  // namespace

std::vector<Violation> judge_reports(const RunFacts& run, const MeshPlan& plan, At end) {
  const auto config = agent_config(plan, run.location);
  const agent::EchoGrid grid(config.location, plan.slot);
  const EchoRules rules{plan.limit, plan.slot, grid.phase(), plan.witnesses > 0};
  const At stopped = run.stopped.value_or(end);
  std::vector<Violation> violations;
  // Reports by stream, in the order of their numbers; what was sent again is the same.
  std::vector<std::map<std::int64_t, Report>> streams(run.streams.size());
  for (const auto& fact : run.reports) {
    const auto report = parse_report(fact.message->payload);
    const std::string place =
        plan.locations[run.location].id + " report " + std::to_string(fact.seq);
    if (!report || report->seq != fact.seq) {
      violations.push_back({place, "a report of that number", fact.message->payload});
      continue;
    }
    const auto [kept, is_new] = streams[fact.stream].emplace(fact.seq, *report);
    if (!is_new && (kept->second.echoes != report->echoes || kept->second.slot != report->slot)) {
      violations.push_back({place, "the same as before", fact.message->payload});
    }
  }
  for (std::size_t stream = 0; stream < streams.size(); ++stream) {
    for (const auto region : run.streams[stream]) {
      auto judged = judge_path(run, region, rules, stopped);
      const std::string place = plan.locations[run.location].id + " " + plan.regions[region];
      for (const auto& mistake : judged.mistakes) {
        violations.push_back({place, "echoes by the rules", mistake});
      }
      PathJudge judge(run, place, std::move(judged));
      judge.stream = stream;
      judge.width = plan.slot;
      judge.first = slot_of(kWorldBegin, plan.slot);
      for (const auto& [seq, report] : streams[stream]) {
        for (const auto& entry : report.echoes) {
          if (entry.region == config.regions[region].id) {
            judge.told(report.slot, entry);
          }
        }
      }
      judge.finish(run.stopped ? told_by(run, stream) : end - seconds{2});
      for (auto& violation : judge.take()) {
        violations.push_back(std::move(violation));
      }
    }
  }
  return violations;
}

}  // namespace echomesh::world
