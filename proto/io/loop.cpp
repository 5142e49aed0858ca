#include "proto/io/loop.hpp"

#include <cassert>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include "proto/io/clock.hpp"

namespace echomesh::io {

namespace {

/// Most lookups take milliseconds; that long their end is waited for.
constexpr std::chrono::milliseconds kLookupsEnd{100};
constexpr std::chrono::milliseconds kLook{1};

}  // namespace

struct Loop::Signal {
  uv_signal_t handle{};
  std::function<void()> action;
};

Loop::Loop() : loop_(new uv_loop_t{}), idle_(new uv_idle_t{}) {
  // OpenSSL writes to sockets without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  int status = uv_loop_init(loop_);
  assert(status == 0);
  status = uv_idle_init(loop_, idle_);
  assert(status == 0);
  idle_->data = this;
}

Loop::~Loop() {
  for (auto* signal : signals_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&signal->handle),  // NOLINT: libuv's way to inherit
             [](uv_handle_t* closed) { delete static_cast<Signal*>(closed->data); });
  }
  deferred_.clear();
  close_and_free(idle_);
  for (int turn = 0; turn < 3; ++turn) {
    uv_run(loop_, UV_RUN_NOWAIT);
  }
  // A hung resolver may hold a lookup for seconds, and its thread will write to the loop: nobody
  // waits for that, so the loop is left to it.
  const MonoTime deadline = mono_now() + kLookupsEnd;
  while (is_resolving() && mono_now() < deadline) {
    uv_run(loop_, UV_RUN_NOWAIT);
    std::this_thread::sleep_for(kLook);
  }
  if (!is_resolving()) {
    const int status = uv_loop_close(loop_);
    assert(status == 0);
    delete loop_;
  }
}

void Loop::run() {
  uv_run(loop_, UV_RUN_DEFAULT);
}

void Loop::defer(std::function<void()> action) {
  deferred_.push_back(std::move(action));
  uv_idle_start(idle_, [](uv_idle_t* idle) {
    auto& loop = *static_cast<Loop*>(idle->data);
    uv_idle_stop(idle);
    for (auto& next : std::exchange(loop.deferred_, {})) {
      next();
    }
  });
}

void Loop::on_signal(int number, std::function<void()> action) {
  auto* signal = new Signal;  // freed when the loop closes its handle
  signal->action = std::move(action);
  signals_.push_back(signal);
  uv_signal_init(loop_, &signal->handle);
  signal->handle.data = signal;
  uv_signal_start(
      &signal->handle,
      [](uv_signal_t* handle, int /*number*/) { static_cast<Signal*>(handle->data)->action(); },
      number);
}

}  // namespace echomesh::io
