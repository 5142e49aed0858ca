/// The world's own time, and what is to happen when: events of one moment happen in the order in
/// which they were planned, what the network brings before what timers begin.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/world/task.hpp"

namespace echomesh::world {

using std::chrono::nanoseconds;

/// True time since the world began. Every host has clocks of its own that show something else.
struct TrueClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = nanoseconds;
};
using At = std::chrono::time_point<TrueClock, nanoseconds>;

enum class Turn : std::uint8_t { network, timer };

class EventQueue {
 public:
  At now() const { return now_; }

  /// REQUIRES: at >= now()
  void plan(At at, Turn turn, Task task) {
    std::uint32_t place = 0;
    if (free_.empty()) {
      place = static_cast<std::uint32_t>(tasks_.size());
      tasks_.push_back(std::move(task));
    } else {
      place = free_.back();
      free_.pop_back();
      tasks_[place] = std::move(task);
    }
    order_.push_back(
        {std::max(at, now_), (static_cast<std::uint64_t>(turn) << 62U) | count_++, place});
    std::push_heap(order_.begin(), order_.end());
  }

  /// Lets everything happen that is planned up to and including `end`.
  void run_until(At end) {
    while (!order_.empty() && order_.front().at <= end) {
      const Planned next = order_.front();
      std::pop_heap(order_.begin(), order_.end());
      order_.pop_back();
      now_ = next.at;
      Task task = std::move(tasks_[next.place]);
      free_.push_back(next.place);
      ++happened_;
      task();
    }
    now_ = std::max(now_, end);
  }

  std::uint64_t happened() const { return happened_; }

 private:
  struct Planned {
    At at;
    std::uint64_t turn;
    std::uint32_t place;
    bool operator<(const Planned& other) const {  // the heap's top is what comes first
      return at != other.at ? at > other.at : turn > other.turn;
    }
  };

  At now_{};
  std::uint64_t count_ = 0;
  std::uint64_t happened_ = 0;
  std::vector<Planned> order_;
  std::vector<Task> tasks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace echomesh::world
