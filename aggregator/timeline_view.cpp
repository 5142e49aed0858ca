#include "aggregator/timeline_view.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

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

/// By badness.
constexpr std::array<char, 5> kLetters = {'u', 'a', 'm', 's', 'i'};

/// The cell that stands for two: of the worse state, of one state the cause that the join would
/// keep.
SlotCell worse(SlotCell one, SlotCell other) {
  const int difference = badness(other.state()) - badness(one.state());
  return difference > 0 ? other : difference == 0 ? one.join(other) : one;
}

/// The first slot after `slot` that begins a step.
Slot next_step(Slot slot, std::int64_t step) {
  return {(slot.number / step + 1) * step};
}

std::size_t digits(std::int64_t number) {
  std::size_t count = 1;
  for (; number >= 10; number /= 10) {
    ++count;
  }
  return count;
}

/// The bytes of `[offset,slots,"state","cause"],`
std::size_t json_bytes(const TimelineRun& run) {
  constexpr std::size_t kPunctuation = 7;  // [ , , " " ] ,
  return digits(run.offset) + digits(run.slots) + to_string(run.state).size() + kPunctuation +
         (run.cause ? run.cause->size() + 3 : 0);
}

/// Gathers what is not accessible into runs, up to so many bytes of JSON.
class RunList {
 public:
  explicit RunList(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Of slots that follow those told before.
  void tell(SlotCell cell, std::int64_t offset, std::int64_t slots) {
    if (cell.state() == LocationState::accessible) {
      return;
    }
    if (!runs_.empty() && cell.looks_like(last_cell_) &&
        runs_.back().offset + runs_.back().slots == offset) {
      runs_.back().slots += slots;
      return;
    }
    bytes_ += runs_.empty() ? 0 : json_bytes(runs_.back());
    const auto word = cell.cause();
    runs_.push_back({offset, slots, cell.state(),
                     word.empty() ? std::nullopt : std::optional<std::string>(word)});
    last_cell_ = cell;
  }
  bool fits() const {
    return bytes_ + (runs_.empty() ? 0 : json_bytes(runs_.back())) <= max_bytes_;
  }
  std::vector<TimelineRun> take() { return std::move(runs_); }

 private:
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;  ///< of all but the last, which may grow
  std::vector<TimelineRun> runs_;
  SlotCell last_cell_;
};

/// The runs of the slots from `from` up to, not including, `past`, each step of them shown as the
/// worst in it; given up where they would not fit.
std::optional<std::vector<TimelineRun>> runs_of(const PathHistory& history, Slot from, Slot past,
                                                std::int64_t step, std::size_t max_bytes) {
  RunList runs(max_bytes);
  for (Slot first = from; first < past;) {
    auto cell = history.at(first);
    Slot next = history.same_until(first, past);
    const Slot step_end = std::min(next_step(first, step), past);
    if (next >= step_end) {  // at once for all the steps that look the same throughout
      next = next == past ? past : Slot{next.number / step * step};
    } else {
      for (; next < step_end; next = history.same_until(next, step_end)) {
        cell = worse(cell, history.at(next));
      }
    }
    runs.tell(cell, first - from, next - first);
    if (!runs.fits()) {
      return std::nullopt;
    }
    first = next;
  }
  return runs.take();
}

std::string bar_of(const PathHistory& history, Slot from) {
  const auto slots = history.window_slots() / kBarLetters;
  std::array<int, kBarLetters> worst{};
  const Slot past = from + history.window_slots();
  for (Slot first = from; first < past;) {
    const Slot next = history.same_until(first, past);
    const int bad = badness(history.at(first).state());
    for (auto i = (first - from) / slots; i * slots < next - from; ++i) {
      auto& letter = worst[static_cast<std::size_t>(i)];
      letter = std::max(letter, bad);
    }
    first = next;
  }
  std::string bar(worst.size(), ' ');
  std::transform(worst.begin(), worst.end(), bar.begin(),
                 [](int bad) { return kLetters[static_cast<std::size_t>(bad)]; });
  return bar;
}

}  // namespace

TimelineView timeline_view(const PathHistory& history, Slot end, std::size_t max_runs_bytes) {
  TimelineView view;
  view.past_end = end + 1;
  view.from = view.past_end - history.window_slots();
  for (const auto step : kResolutions) {
    const bool is_last = step == kResolutions.back();
    const auto room = is_last ? std::numeric_limits<std::size_t>::max() : max_runs_bytes;
    if (auto runs = runs_of(history, view.from, view.past_end, step, room)) {
      view.resolution_slots = step;
      view.runs = std::move(*runs);
      break;
    }
  }
  view.bar = bar_of(history, view.from);
  return view;
}

}  // namespace echomesh::aggregator
