#include "proto/io/loop.hpp"

#include <cassert>
#include <csignal>
#include <utility>

namespace echomesh::io {

struct Loop::Signal {
  uv_signal_t handle{};
  std::function<void()> action;
};

Loop::Loop() {
  // OpenSSL writes to sockets without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  int status = uv_loop_init(&loop_);
  assert(status == 0);
  status = uv_idle_init(&loop_, &idle_);
  assert(status == 0);
  idle_.data = this;
}

Loop::~Loop() {
  for (auto* signal : signals_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&signal->handle),  // NOLINT: libuv's way to inherit
             [](uv_handle_t* closed) { delete static_cast<Signal*>(closed->data); });
  }
  deferred_.clear();
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);  // NOLINT: see above
  // A hung resolver may hold the loop for seconds; nobody waits for it.
  for (int turn = 0; turn < 3; ++turn) {
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
  uv_loop_close(&loop_);
}

void Loop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::defer(std::function<void()> action) {
  deferred_.push_back(std::move(action));
  uv_idle_start(&idle_, [](uv_idle_t* idle) {
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
  uv_signal_init(&loop_, &signal->handle);
  signal->handle.data = signal;
  uv_signal_start(
      &signal->handle,
      [](uv_signal_t* handle, int /*number*/) { static_cast<Signal*>(handle->data)->action(); },
      number);
}

}  // namespace echomesh::io
