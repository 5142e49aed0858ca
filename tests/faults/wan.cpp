/// wan: a wide-area line between two network namespaces, told on its standard input what to be.
/// The commands are in wan_commands.hpp; the end of the input ends it. A kernel without netem
/// suffices.
#include <sched.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>

#include "tests/faults/tun_device.hpp"
#include "tests/faults/wan_commands.hpp"
#include "tests/support/alarm.hpp"

namespace {

using echomesh::Alarm;
using echomesh::MonoTime;
using echomesh::TunDevice;
using echomesh::WanLine;
using echomesh::WanWay;

constexpr std::size_t kLongestCommand = 4096;
/// Waking up takes about so long: we wake so much earlier, and watch the clock for the rest.
constexpr std::chrono::microseconds kWakeUp{60};
/// So many packets are taken in before it is looked again what is due.
constexpr int kMostAtOnce = 64;

/// Reads packets from one device and writes them to the other when they are due.
class Carrier {
 public:
  Carrier(uv_loop_t* loop, TunDevice& from, TunDevice& to, WanWay& way)
      : from_(from), to_(to), way_(way), alarm_(loop, [this] { deliver(); }) {
    uv_poll_init(loop, &poll_, from.descriptor());
    poll_.data = this;
    uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int /*status*/, int /*events*/) {
      static_cast<Carrier*>(poll->data)->take_in();
    });
  }

 private:
  void take_in() {
    for (int i = 0; i < kMostAtOnce; ++i) {
      auto packet = from_.read();
      if (!packet) {
        break;
      }
      way_.hold(*std::move(packet), Alarm::now());
    }
    deliver();
  }

  void deliver() {
    auto due = way_.next_due();
    for (; due && *due <= Alarm::now() + kWakeUp; due = way_.next_due()) {
      while (*due > Alarm::now()) {
      }
      if (const auto packet = way_.take(*due)) {
        to_.write(*packet);
      }
    }
    if (due) {
      alarm_.set(*due - kWakeUp);
    }
  }

  TunDevice& from_;
  TunDevice& to_;
  WanWay& way_;
  Alarm alarm_;
  uv_poll_t poll_{};
};

/// Takes commands from the standard input, a pipe or a terminal.
class Commands {
 public:
  Commands(uv_loop_t* loop, WanLine& line) : loop_(loop), line_(line) {
    uv_poll_init(loop, &poll_, STDIN_FILENO);
    poll_.data = this;
    uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int /*status*/, int /*events*/) {
      static_cast<Commands*>(poll->data)->read_on();
    });
  }

 private:
  void read_on() {
    std::array<char, kLongestCommand> room;
    const ssize_t size = read(STDIN_FILENO, room.data(), room.size());
    if (size <= 0 || pending_.size() > kLongestCommand) {
      uv_stop(loop_);
      return;
    }
    pending_.append(room.data(), static_cast<std::size_t>(size));
    for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      std::puts(echomesh::obey(line_, pending_.substr(0, end)).c_str());
      std::fflush(stdout);
      pending_.erase(0, end + 1);
    }
  }

  uv_loop_t* loop_;
  WanLine& line_;
  uv_poll_t poll_{};
  std::string pending_;
};

/// A line is not slower because a machine is busy. Where we may not, it is a line as good as can
/// be.
void come_before_others() {
  sched_param wanted{};
  wanted.sched_priority = 1;
  sched_setscheduler(0, SCHED_FIFO, &wanted);
}

int carry(TunDevice& here, TunDevice& yonder) {
  uv_loop_t* loop = uv_default_loop();
  WanLine line;
  const Carrier there(loop, here, yonder, line.there);
  const Carrier back(loop, yonder, here, line.back);
  const Commands commands(loop, line);
  std::puts("ok ready");
  std::fflush(stdout);
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs(
        "usage: wan NAMESPACE DEVICE NAMESPACE DEVICE < COMMANDS\n"
        "Makes a TUN device in each of two network namespaces and carries packets between them.\n"
        "One command a line, WAY is there, back or both:\n"
        "  delay WAY MS [JITTER_MS]\n"
        "  loss WAY PERCENT\n"
        "  cut WAY, heal WAY\n"
        "  counts\n",
        stderr);
    return 64;
  }
  std::signal(SIGPIPE, SIG_IGN);
  auto here = TunDevice::open(argv[1], argv[2]);
  auto yonder = TunDevice::open(argv[3], argv[4]);
  if (!here.ok() || !yonder.ok()) {
    const auto& error = here.ok() ? yonder.error() : here.error();
    std::fprintf(stderr, "wan: %s\n", to_string(error).c_str());
    return 69;
  }
  come_before_others();
  TunDevice first = std::move(here).value();
  TunDevice second = std::move(yonder).value();
  return carry(first, second);
}
