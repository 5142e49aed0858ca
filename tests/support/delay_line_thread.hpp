/// A delay line that runs on a loop and thread of its own, for tests whose sockets block.
#pragma once

#include <uv.h>

#include <cassert>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/delay_line.hpp"

namespace echomesh {

class DelayLineThread {
 public:
  DelayLineThread() {
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &wake_,
                  [](uv_async_t* wake) { static_cast<DelayLineThread*>(wake->data)->work(); });
    wake_.data = this;
    line_ = std::make_unique<DelayLine>(&loop_);
    thread_ = std::thread([this] { uv_run(&loop_, UV_RUN_DEFAULT); });
  }
  ~DelayLineThread() {
    post([this] {
      line_.reset();
      uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
    });
    thread_.join();
    [[maybe_unused]] const int rc = uv_loop_close(&loop_);
    assert(rc == 0);
  }
  DelayLineThread(const DelayLineThread&) = delete;
  DelayLineThread& operator=(const DelayLineThread&) = delete;

  /// Calls `order` with the delay line on its thread, and waits for what it returns.
  template <class Order>
  auto tell(Order order) {
    std::packaged_task<decltype(order(*line_))()> task([&] { return order(*line_); });
    auto done = task.get_future();
    post([&task] { task(); });
    return done.get();
  }

 private:
  void post(std::function<void()> order) {
    const std::lock_guard<std::mutex> lock(mutex_);
    orders_.push_back(std::move(order));
    uv_async_send(&wake_);
  }
  void work() {
    std::vector<std::function<void()>> orders;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      orders.swap(orders_);
    }
    for (const auto& order : orders) {
      order();
    }
  }

  uv_loop_t loop_{};
  uv_async_t wake_{};
  std::unique_ptr<DelayLine> line_;
  std::mutex mutex_;
  std::vector<std::function<void()>> orders_;
  std::thread thread_;
};

}  // namespace echomesh
