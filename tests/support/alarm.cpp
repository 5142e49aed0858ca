#include "tests/support/alarm.hpp"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

namespace echomesh {

struct Alarm::Watch {
  uv_poll_t poll{};
  int timer = -1;
};

namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

timespec to_timespec(nanoseconds time) {
  timespec spec{};
  spec.tv_sec = time.count() / kNanosecondsPerSecond;
  spec.tv_nsec = time.count() % kNanosecondsPerSecond;
  return spec;
}

}  // namespace

Alarm::Alarm(uv_loop_t* loop, std::function<void()> ring)
    : watch_(new Watch), ring_(std::move(ring)) {
  watch_->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  assert(watch_->timer >= 0);
  [[maybe_unused]] const int rc = uv_poll_init(loop, &watch_->poll, watch_->timer);
  assert(rc == 0);
  watch_->poll.data = this;
  uv_poll_start(&watch_->poll, UV_READABLE, on_readable);
}

Alarm::~Alarm() {
  watch_->poll.data = watch_;
  uv_close(reinterpret_cast<uv_handle_t*>(&watch_->poll), [](uv_handle_t* handle) {
    auto* watch = static_cast<Watch*>(handle->data);
    close(watch->timer);
    delete watch;
  });
}

void Alarm::set(MonoTime at) {
  itimerspec spec{};
  // An all-zero time would disarm the timer.
  spec.it_value = to_timespec(std::max(at.time_since_epoch(), nanoseconds{1}));
  timerfd_settime(watch_->timer, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Alarm::clear() {
  const itimerspec spec{};
  timerfd_settime(watch_->timer, 0, &spec, nullptr);
}

MonoTime Alarm::now() {
  timespec spec{};
  clock_gettime(CLOCK_BOOTTIME, &spec);
  return MonoTime{nanoseconds{spec.tv_sec * kNanosecondsPerSecond + spec.tv_nsec}};
}

void Alarm::on_readable(uv_poll_t* poll, int /*status*/, int /*events*/) {
  auto* alarm = static_cast<Alarm*>(poll->data);
  std::uint64_t rings = 0;
  if (read(alarm->watch_->timer, &rings, sizeof rings) != sizeof rings) {
    return;  // set anew since the loop woke up
  }
  const auto ring = alarm->ring_;  // a copy: ringing may destroy the alarm
  ring();
}

}  // namespace echomesh
