#include "aggregator/timeline_view.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace echomesh::aggregator {
namespace {

constexpr std::int64_t kBarLetters = 288;
/// Steps that a timeline is coarsened to, in slots, aligned to UTC.
constexpr std::array<std::int64_t, 5> kResolutions = {1, 12, 60, 360, 1800};

/// inaccessible over slow over maintenance over accessible over unknown.
int badness(LocationState state) {
  switch (state) {
    case LocationState::inaccessible:
      return 4;
    case LocationState::slow:
      return 3;
    case LocationState::maintenance:
      return 2;
    case LocationState::accessible:
      return 1;
    case LocationState::unknown:
      break;
  }
  return 0;
}

char letter(LocationState state) {
  switch (state) {
    case LocationState::accessible:
      return 'a';
    case LocationState::slow:
      return 's';
    case LocationState::inaccessible:
      return 'i';
    case LocationState::maintenance:
      return 'm';
    case LocationState::unknown:
      break;
  }
  return 'u';
}

/// The cell that stands for the slots from `first` up to, not including, `past`: of the worst state
/// among them, the cause that the join would keep.
SlotCell worst(const PathHistory& history, Slot first, Slot past) {
  SlotCell found;
  for (Slot slot = first; slot < past; slot = slot + 1) {
    const auto cell = history.at(slot);
    const int difference = badness(cell.state()) - badness(found.state());
    if (difference > 0) {
      found = cell;
    } else if (difference == 0) {
      found = found.join(cell);
    }
  }
  return found;
}

/// The first slot after `slot` that begins a step.
Slot next_step(Slot slot, std::int64_t step) {
  return {(slot.number / step + 1) * step};
}

std::vector<TimelineRun> runs_of(const PathHistory& history, Slot from, Slot past,
                                 std::int64_t step) {
  std::vector<TimelineRun> runs;
  std::int64_t last_end = -1;
  for (Slot first = from; first < past; first = next_step(first, step)) {
    const Slot next = std::min(next_step(first, step), past);
    const auto cell = step == 1 ? history.at(first) : worst(history, first, next);
    const auto state = cell.state();
    if (state == LocationState::accessible) {
      continue;
    }
    const auto word = cell.cause();
    const auto cause = word.empty() ? std::nullopt : std::optional<std::string>(word);
    if (last_end == first - from && runs.back().state == state && runs.back().cause == cause) {
      runs.back().slots += next - first;
    } else {
      runs.push_back({first - from, next - first, state, cause});
    }
    last_end = next - from;
  }
  return runs;
}

std::size_t digits(std::int64_t number) {
  return std::to_string(number).size();
}

/// The bytes of `[offset,slots,"state","cause"],` each.
std::size_t json_bytes(const std::vector<TimelineRun>& runs) {
  std::size_t bytes = 0;
  for (const auto& run : runs) {
    constexpr std::size_t kPunctuation = 7;  // [ , , " " ] ,
    bytes += digits(run.offset) + digits(run.slots) + to_string(run.state).size() + kPunctuation;
    bytes += run.cause ? run.cause->size() + 3 : 0;
  }
  return bytes;
}

std::string bar_of(const PathHistory& history, Slot from) {
  const auto slots = history.window_slots() / kBarLetters;
  std::string bar;
  for (std::int64_t i = 0; i < kBarLetters; ++i) {
    bar += letter(worst(history, from + i * slots, from + (i + 1) * slots).state());
  }
  return bar;
}

}  // namespace

TimelineView timeline_view(const PathHistory& history, Slot end, std::size_t max_runs_bytes) {
  TimelineView view;
  view.past_end = end + 1;
  view.from = view.past_end - history.window_slots();
  for (const auto step : kResolutions) {
    view.resolution_slots = step;
    view.runs = runs_of(history, view.from, view.past_end, step);
    if (json_bytes(view.runs) <= max_runs_bytes) {
      break;
    }
  }
  view.bar = bar_of(history, view.from);
  return view;
}

}  // namespace echomesh::aggregator
