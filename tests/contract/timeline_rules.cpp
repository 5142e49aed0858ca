#include "tests/contract/timeline_rules.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace echomesh::contract {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kBarLetters = 288;

struct Run {
  std::int64_t from;
  std::int64_t slots;
  std::string_view state;
  std::string_view cause;  // empty: none

  std::int64_t to() const { return from + slots; }
};

std::string_view text(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

std::vector<Run> runs_of(const rapidjson::Value& timeline) {
  std::vector<Run> runs;
  for (const auto& run : timeline["runs"].GetArray()) {
    runs.push_back({run[0].GetInt64(), run[1].GetInt64(), text(run[2]),
                    run.Size() == 4 ? text(run[3]) : std::string_view()});
  }
  return runs;
}

bool cause_fits(const Run& run) {
  constexpr std::string_view kVoid = "unwitnessed blind stalled never_reported";
  const bool is_void = !run.cause.empty() && kVoid.find(run.cause) != std::string_view::npos;
  if (run.state == "inaccessible") {
    return !run.cause.empty() && !is_void;
  }
  return run.state == "unknown" ? run.cause.empty() || is_void : run.cause.empty();
}

/// Coarse steps are aligned to UTC, so a run may only begin and end on a step or at the window.
bool on_step(std::int64_t offset, std::int64_t first_slot, std::int64_t step, std::int64_t total) {
  return offset == 0 || offset == total || (first_slot + offset) % step == 0;
}

void check_runs(const std::vector<Run>& runs, std::int64_t first_slot, std::int64_t step,
                std::int64_t total, Findings& findings) {
  std::optional<Run> before;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const std::string at = "/runs/" + std::to_string(i);
    if (run.to() > total) {
      findings.add(at, "runs", "a run must end within the window of " + std::to_string(total));
    }
    if (!cause_fits(run)) {
      findings.add(at, "runs",
                   "the cause does not fit the state: inaccessible has a miss cause, unknown a "
                   "void cause or none, the others none");
    }
    if (before && run.from < before->to()) {
      findings.add(at, "runs", "runs must be sorted and disjoint");
    }
    if (before && run.from == before->to() && run.state == before->state &&
        run.cause == before->cause) {
      findings.add(at, "runs", "touching runs of the same state and cause must be joined");
    }
    if (!on_step(run.from, first_slot, step, total) ||
        !on_step(run.to(), first_slot, step, total)) {
      findings.add(at, "runs", "a coarse run must begin and end on a step of UTC");
    }
    before = run;
  }
}

/// `i` over `s` over `m` over `a` over `u`.
int rank(char letter) {
  constexpr std::string_view kWorstLast = "uamsi";
  return static_cast<int>(kWorstLast.find(letter));
}

void check_bar(const std::vector<Run>& runs, std::string_view bar, std::int64_t total,
               Findings& findings) {
  const std::int64_t width = total / kBarLetters;
  std::array<char, kBarLetters> worst;
  std::array<std::int64_t, kBarLetters> covered{};
  worst.fill('u');
  for (const Run& run : runs) {
    for (std::int64_t part = run.from / width; part <= (run.to() - 1) / width; ++part) {
      const auto i = static_cast<std::size_t>(part);
      covered[i] += std::min(run.to(), (part + 1) * width) - std::max(run.from, part * width);
      if (rank(run.state.front()) > rank(worst[i])) {
        worst[i] = run.state.front();
      }
    }
  }
  for (std::size_t i = 0; i < worst.size(); ++i) {
    if (covered[i] < width && rank('a') > rank(worst[i])) {
      worst[i] = 'a';  // what no run covers is accessible
    }
    if (bar[i] != worst[i]) {
      findings.add(
          "/bar", "bar",
          "letter " + std::to_string(i) + " is '" + bar[i] + "', the runs say '" + worst[i] + "'");
      return;
    }
  }
}

}  // namespace

void check_timeline(const rapidjson::Value& timeline, Findings& findings) {
  const std::int64_t from = timeline["from_ms"].GetInt64();
  const std::int64_t to = timeline["to_ms"].GetInt64();
  const std::int64_t slot_ms = timeline["slot_ms"].GetInt64();
  const std::int64_t step = timeline["resolution_slots"].GetInt64();
  if (to - from != kDayMs || from % slot_ms != 0) {
    findings.add("/to_ms", "window", "the window must be 24 h of whole slots");
    return;
  }
  const std::int64_t total = kDayMs / slot_ms;
  const std::vector<Run> runs = runs_of(timeline);
  check_runs(runs, from / slot_ms, step, total, findings);
  // Coarse runs hide what the bar still knows, so only a full timeline can be redrawn.
  if (!findings.has("runs") && step == 1) {
    check_bar(runs, text(timeline["bar"]), total, findings);
  }
}

}  // namespace echomesh::contract
