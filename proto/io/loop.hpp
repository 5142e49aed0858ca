/// The libuv loop that a program runs on: signals, and calls put off until a callback has returned.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace echomesh::io {

struct NameLookup;

class Loop {
 public:
  Loop();
  /// REQUIRES: everything that lives on the loop is gone. Name lookups may still be under way.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uv_loop_t* raw() { return loop_; }

  /// Runs until stop().
  void run();
  void stop() { uv_stop(loop_); }
  /// Calls `action` from the loop, soon, never from inside this call.
  void defer(std::function<void()> action);
  void on_signal(int number, std::function<void()> action);
  /// A name is still being looked up: the process should not wait for it to end.
  bool is_resolving() const { return !lookups_.empty(); }
  /// Names under way, by name; kept by Resolver.
  std::unordered_map<std::string, NameLookup*>& lookups() { return lookups_; }

 private:
  struct Signal;

  uv_loop_t* loop_;  ///< outlives us where a lookup does
  uv_idle_t* idle_;  ///< freed by its close callback
  std::vector<std::function<void()>> deferred_;
  std::vector<Signal*> signals_;  ///< freed by their close callbacks
  std::unordered_map<std::string, NameLookup*> lookups_;
};

/// Calls that an object puts off; they are forgotten when it goes.
class Deferrals {
 public:
  explicit Deferrals(Loop& loop) : loop_(loop) {}

  void add(std::function<void()> action) {
    loop_.defer([alive = std::weak_ptr(alive_), action = std::move(action)] {
      if (!alive.expired()) {
        action();
      }
    });
  }

 private:
  Loop& loop_;
  /// Watched by the calls that wait in the loop.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Closes a handle that was made by `new` and frees it when libuv lets go of it.
template <class Handle>
void close_and_free(Handle* handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(handle),  // NOLINT: libuv's way to inherit
           [](uv_handle_t* closed) {
             delete reinterpret_cast<Handle*>(closed);  // NOLINT: see above
           });
}

}  // namespace echomesh::io
