#include "proto/io/timer.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "proto/io/clock.hpp"
#include "proto/io/loop.hpp"
#include "tests/support/log_capture.hpp"
#include "tests/support/loop_until.hpp"

namespace echomesh {
namespace {

using io::Loop;
using io::mono_now;
using io::Timer;
using std::chrono::milliseconds;

timespec realtime(nanoseconds shift = nanoseconds{0}) {
  const auto at = io::utc_now().time_since_epoch() + shift;
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  return {whole.count(), (at - whole).count()};
}

}  // namespace

TEST_SUITE_BEGIN("timer");

TEST_CASE("a timer rings at its time, never before, and once") {
  Loop loop;
  int rings = 0;
  MonoTime rang;
  Timer timer(loop, [&] {
    ++rings;
    rang = mono_now();
  });
  const MonoTime due = mono_now() + std::chrono::microseconds{20'300};
  timer.arm(due);
  CHECK(loop_until(loop, [&] { return rings > 0; }));
  CHECK(rang >= due);
  CHECK(rang - due < milliseconds{20});  // on a busy machine; microseconds else
  loop_for(loop, milliseconds{30});
  CHECK(rings == 1);
}

TEST_CASE("a program without a descriptor left ends with a word on what to do, and status 69") {
  const LogCapture log;
  const pid_t child = fork();
  if (child == 0) {
    Loop loop;
    const rlimit none{0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
    const Timer timer(loop, [] {});
    std::_Exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 69);
  CHECK(log.count("LimitNOFILE") == 1);
}

TEST_CASE("a time that has passed rings at once, but from the loop") {
  Loop loop;
  int rings = 0;
  Timer timer(loop, [&] { ++rings; });
  timer.arm(MonoTime{});
  CHECK(rings == 0);
  CHECK(loop_until(
      loop, [&] { return rings == 1; }, milliseconds{500}));
}

TEST_CASE("a timer that is disarmed keeps still, and one that is armed anew forgets the old time") {
  Loop loop;
  int rings = 0;
  Timer disarmed(loop, [&] { ++rings; });
  disarmed.arm(mono_now() + milliseconds{5});
  disarmed.disarm();
  Timer moved(loop, [&] { rings += 100; });
  moved.arm(mono_now() + milliseconds{5});
  moved.arm(mono_now() + milliseconds{60});
  loop_for(loop, milliseconds{30});
  CHECK(rings == 0);
  CHECK(loop_until(loop, [&] { return rings == 100; }));
}

TEST_CASE("a call that is put off is made from the loop, and one of a thing that is gone is not") {
  Loop loop;
  int calls = 0;
  loop.defer([&] { ++calls; });
  {
    io::Deferrals deferrals(loop);
    deferrals.add([&] { calls += 100; });
  }
  CHECK(calls == 0);
  CHECK(loop_until(loop, [&] { return calls > 0; }));
  CHECK(calls == 1);
}

TEST_CASE("a signal is heard on the loop") {
  Loop loop;
  int hangups = 0;
  loop.on_signal(SIGHUP, [&] { ++hangups; });
  std::raise(SIGHUP);
  CHECK(loop_until(loop, [&] { return hangups == 1; }));
}

TEST_CASE("a kernel time becomes a monotonic one") {
  io::KernelClock clock;
  const auto before = mono_now();
  const auto at = clock.to_mono(realtime(-milliseconds{250}));
  REQUIRE(at);
  CHECK(*at - before > -milliseconds{251});
  CHECK(*at - before < milliseconds{0});
}

TEST_SUITE_END();

}  // namespace echomesh
