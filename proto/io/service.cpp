#include "proto/io/service.hpp"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <utility>

#include "proto/io/clock.hpp"
#include "proto/io/log.hpp"
#include "proto/io/loop.hpp"

namespace echomesh::io {
namespace {

std::optional<nanoseconds> alive_interval() {
  constexpr int kKeepEnvironment = 0;
  std::uint64_t allowed_us = 0;
  if (sd_watchdog_enabled(kKeepEnvironment, &allowed_us) <= 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds{allowed_us / 2};
}

/// The manager's clock, which stands still while the machine sleeps: for its eyes alone.
std::uint64_t manager_clock_us() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  constexpr std::uint64_t kPerSecond = 1'000'000;
  constexpr std::uint64_t kNanoseconds = 1'000;
  return static_cast<std::uint64_t>(time.tv_sec) * kPerSecond +
         static_cast<std::uint64_t>(time.tv_nsec) / kNanoseconds;
}

/// A line break would begin another message.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    c = c == '\n' || c == '\r' ? ' ' : c;
  }
  return line;
}

}  // namespace

Service::Service(Loop& loop)
    : alive_every_(alive_interval()), alive_(loop, [this] { stay_alive(); }) {}

void Service::ready(std::string_view status) {
  tell("READY=1\nSTATUS=" + one_line(status));
  stay_alive();
}

void Service::reloading() {
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(manager_clock_us()) +
       "\nSTATUS=reading its certificates again");
}

void Service::stopping() {
  tell("STOPPING=1\nSTATUS=stopping");
}

void Service::stay_alive() {
  if (alive_every_) {
    tell("WATCHDOG=1");
    alive_.arm(mono_now() + *alive_every_);
  }
}

void Service::tell(const std::string& message) {
  constexpr int kKeepEnvironment = 0;
  const int status = sd_notify(kKeepEnvironment, message.c_str());
  if (status < 0 && !std::exchange(is_deaf_, true)) {
    log(LogLevel::warning, std::string("$NOTIFY_SOCKET: the service manager takes no messages: ") +
                               std::strerror(-status));
  }
}

}  // namespace echomesh::io
