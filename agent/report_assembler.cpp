#include "agent/report_assembler.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace echomesh::agent {
namespace {

/// How long the first report of a slot waits for its outcomes.
constexpr std::chrono::seconds kGather{1};

}  // namespace

void ReportAssembler::open(Slot slot, MonoTime due) {
  slots_.push_back({slot, due + kGather, 0, {}});
}

void ReportAssembler::add(Slot slot, EchoEntry entry) {
  if (std::holds_alternative<Late>(entry.outcome)) {
    late_.push_back({slot, {std::move(entry)}});
    return;
  }
  // A step of the clock may have opened a number twice.
  const auto gathering = std::find_if(slots_.begin(), slots_.end(), [&](const auto& open) {
    return open.slot == slot && open.outcomes < regions_;
  });
  if (gathering != slots_.end()) {
    ++gathering->outcomes;
    gathering->echoes.push_back(std::move(entry));
  }
}

std::vector<SlotOutcomes> ReportAssembler::take(MonoTime now) {
  std::vector<SlotOutcomes> reports;
  for (auto& open : slots_) {
    const bool complete = open.outcomes >= regions_;
    if (!open.echoes.empty() && (complete || open.flush_at <= now)) {
      reports.push_back({open.slot, std::exchange(open.echoes, {})});
    }
  }
  std::erase_if(slots_, [this](const auto& open) { return open.outcomes >= regions_; });
  for (auto& late : std::exchange(late_, {})) {
    reports.push_back(std::move(late));
  }
  return reports;
}

std::optional<MonoTime> ReportAssembler::next_deadline() const {
  std::optional<MonoTime> deadline;
  for (const auto& open : slots_) {
    if (!open.echoes.empty()) {
      deadline = std::min(deadline.value_or(open.flush_at), open.flush_at);
    }
  }
  return deadline;
}

}  // namespace echomesh::agent
