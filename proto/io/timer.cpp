#include "proto/io/timer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>

#include "proto/io/log.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/program.hpp"

namespace echomesh::io {
namespace {

/// Without its timers a program is of no use.
[[noreturn]] void give_up(int error) {
  log(LogLevel::error, std::string("cannot make a timer: ") + std::strerror(error) +
                           ": raise the limit of open files (LimitNOFILE= of the unit, ulimit -n); "
                           "a region takes about seven");
  std::_Exit(kMissingNeed);
}

}  // namespace

Timer::Timer(Loop& loop, std::function<void()> expired)
    : fd_(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC)),
      poll_(new uv_poll_t{}),
      expired_(std::move(expired)) {
  if (fd_ < 0) {
    give_up(errno);
  }
  uv_poll_init(loop.raw(), poll_, fd_);
  poll_->data = this;
  uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* poll, int /*status*/, int /*events*/) {
    static_cast<Timer*>(poll->data)->readable();
  });
}

Timer::~Timer() {
  uv_poll_stop(poll_);
  close_and_free(poll_);
  close(fd_);
}

void Timer::arm(MonoTime at) {
  // An all-zero time would disarm.
  const auto since_boot = std::max(at.time_since_epoch(), nanoseconds{1});
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_boot);
  itimerspec spec{};
  spec.it_value.tv_sec = whole.count();
  spec.it_value.tv_nsec = (since_boot - whole).count();
  timerfd_settime(fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Timer::disarm() {
  const itimerspec never{};
  timerfd_settime(fd_, 0, &never, nullptr);
}

void Timer::readable() {
  std::uint64_t expirations = 0;
  if (read(fd_, &expirations, sizeof expirations) == sizeof expirations) {
    expired_();
  }
}

}  // namespace echomesh::io
