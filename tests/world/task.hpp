/// Something to be done later: a call with what it needs, kept without a heap block of its own.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace echomesh::world {

class Task {
 public:
  Task() = default;
  template <class Call, class = std::enable_if_t<!std::is_same_v<std::decay_t<Call>, Task>>>
  Task(Call&& call) {  // NOLINT(google-explicit-constructor): a call is a task
    using Kept = std::decay_t<Call>;
    static_assert(sizeof(Kept) <= kRoom && alignof(Kept) <= alignof(std::max_align_t));
    new (room_) Kept(std::forward<Call>(call));
    ways_ = &kWays<Kept>;
  }
  Task(Task&& other) noexcept { take(other); }
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      drop();
      take(other);
    }
    return *this;
  }
  ~Task() { drop(); }

  /// REQUIRES: there is a call
  void operator()() { ways_->call(room_); }

 private:
  static constexpr std::size_t kRoom = 72;
  struct Ways {
    void (*call)(void*);
    void (*move)(void* from, void* to);
    void (*drop)(void*);
  };
  template <class Kept>
  static constexpr Ways kWays{[](void* kept) { (*static_cast<Kept*>(kept))(); },
                              [](void* from, void* to) {
                                auto* kept = static_cast<Kept*>(from);
                                new (to) Kept(std::move(*kept));
                                kept->~Kept();
                              },
                              [](void* kept) { static_cast<Kept*>(kept)->~Kept(); }};

  void take(Task& other) {
    ways_ = std::exchange(other.ways_, nullptr);
    if (ways_ != nullptr) {
      ways_->move(other.room_, room_);
    }
  }
  void drop() {
    if (const auto* ways = std::exchange(ways_, nullptr)) {
      ways->drop(room_);
    }
  }

  const Ways* ways_ = nullptr;
  alignas(std::max_align_t) std::byte room_[kRoom];
};

}  // namespace echomesh::world
