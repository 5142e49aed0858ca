/// A machine with one program on it: its clocks, and a loop that can be kept from running. What
/// the network brings meanwhile waits at the sockets.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "tests/world/event_queue.hpp"
#include "tests/world/sim_clock.hpp"

namespace echomesh::world {

class SimHost {
 public:
  SimHost(EventQueue& events, SimClock clock) : events_(events), clock_(clock) {}

  EventQueue& events() { return events_; }
  SimClock& clock() { return clock_; }
  Now now() const { return clock_.now(events_.now()); }
  bool is_running() const { return stops_ == 0; }

  /// The kernel has something for the program: heard now, or when the loop runs again.
  void receive(bool is_echo, Task task) {
    if (is_running()) {
      task();
    } else {
      sockets_.push_back({is_echo, std::move(task)});
    }
  }
  /// Calls `task` at `at`, or when the loop runs again. `wakes_core`: this timer drains the sockets
  /// of echo links first.
  void set_timer(At at, bool wakes_core, Task task) {
    // A task of a task would not fit: the timer's own is kept aside while the loop stands still.
    events_.plan(at, Turn::timer, [this, wakes_core, kept = put(std::move(task))] {
      Task due = get(kept);
      if (is_running()) {
        due();
      } else {
        (wakes_core ? wakings_ : timers_).push_back(std::move(due));
      }
    });
  }
  void stop_loop() { ++stops_; }
  /// The sockets are read first or the core is woken first: epoll tells in any order.
  void resume_loop(bool sockets_first) {
    if (--stops_ > 0) {
      return;
    }
    if (sockets_first) {
      drain(false);
    }
    run(std::exchange(wakings_, {}));
    drain(false);
    run(std::exchange(timers_, {}));
  }
  /// Reads what waits at the sockets; only those of echo links, if so told.
  void drain(bool echoes_only) {
    auto waiting = std::exchange(sockets_, {});
    for (auto& [is_echo, task] : waiting) {
      if (is_echo || !echoes_only) {
        task();
      } else {
        sockets_.push_back({is_echo, std::move(task)});
      }
    }
  }
  /// The program was killed: nobody reads that any more.
  void forget() {
    sockets_.clear();
    wakings_.clear();
    timers_.clear();
  }

 private:
  struct Waiting {
    bool is_echo;
    Task task;
  };

  static void run(std::vector<Task> tasks) {
    for (auto& task : tasks) {
      task();
    }
  }
  std::size_t put(Task task) {
    if (free_.empty()) {
      kept_.push_back(std::move(task));
      return kept_.size() - 1;
    }
    const std::size_t place = free_.back();
    free_.pop_back();
    kept_[place] = std::move(task);
    return place;
  }
  Task get(std::size_t place) {
    free_.push_back(place);
    return std::move(kept_[place]);
  }

  EventQueue& events_;
  SimClock clock_;
  int stops_ = 0;
  std::vector<Waiting> sockets_;
  std::vector<Task> wakings_;
  std::vector<Task> timers_;
  std::vector<Task> kept_;
  std::vector<std::size_t> free_;
};

}  // namespace echomesh::world
