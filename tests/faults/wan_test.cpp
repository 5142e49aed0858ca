#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/faults/wan_commands.hpp"

namespace echomesh {
namespace {

using std::chrono::milliseconds;

constexpr MonoTime kStart{std::chrono::hours{1}};

TEST_SUITE("wan") {
  TEST_CASE("a packet is due when its delay has passed, and not a nanosecond before") {
    WanLine line;
    CHECK(obey(line, "delay there 20.5") == "ok");
    line.there.hold("x", kStart);
    const MonoTime due = kStart + std::chrono::microseconds{20'500};
    CHECK(line.there.next_due() == due);
    CHECK_FALSE(line.there.take(due - nanoseconds{1}));
    CHECK(line.there.take(due) == "x");
  }

  TEST_CASE("each way has a delay of its own") {
    WanLine line;
    CHECK(obey(line, "delay there 20") == "ok");
    CHECK(obey(line, "delay back 3") == "ok");
    line.there.hold("x", kStart);
    line.back.hold("y", kStart);
    CHECK(line.there.next_due() == kStart + milliseconds{20});
    CHECK(line.back.next_due() == kStart + milliseconds{3});
  }

  TEST_CASE("jitter adds up to its size, and order is kept") {
    WanLine line;
    CHECK(obey(line, "delay both 10 5") == "ok");
    MonoTime last = kStart;
    for (int i = 0; i < 100; ++i) {
      line.there.hold(std::to_string(i), kStart + milliseconds{i});
    }
    for (int i = 0; i < 100; ++i) {
      const MonoTime due = *line.there.next_due();
      CHECK(due >= last);
      CHECK(due >= kStart + milliseconds{i + 10});
      CHECK(due <= kStart + milliseconds{i + 15});
      CHECK(line.there.take(due) == std::to_string(i));
      last = due;
    }
  }

  TEST_CASE("a cut loses what comes in, what is on its way arrives, a heal ends it") {
    WanLine line;
    CHECK(obey(line, "delay both 10") == "ok");
    line.there.hold("before", kStart);
    CHECK(obey(line, "cut there") == "ok");
    line.there.hold("during", kStart);
    line.back.hold("other way", kStart);
    CHECK(obey(line, "heal both") == "ok");
    line.there.hold("after", kStart);
    const MonoTime due = kStart + milliseconds{10};
    CHECK(line.there.take(due) == "before");
    CHECK(line.there.take(due) == "after");
    CHECK_FALSE(line.there.take(due));
    CHECK(line.back.take(due) == "other way");
    CHECK(obey(line, "counts") == "ok 2 1 1 0");
  }

  TEST_CASE("loss of 20 percent loses about a fifth; of 0 none, of 100 all") {
    WanLine line;
    const auto lost = [&line](const std::string& percent) {
      CHECK(obey(line, "loss there " + percent) == "ok");
      const auto before = line.there.counts().lost;
      for (int i = 0; i < 10'000; ++i) {
        line.there.hold("x", kStart);
      }
      return line.there.counts().lost - before;
    };
    CHECK(lost("20") > 1'800);
    CHECK(lost("20") < 2'200);
    CHECK(lost("0") == 0);
    CHECK(lost("100") == 10'000);
  }

  TEST_CASE("what is no command is answered by what would be") {
    WanLine line;
    CHECK(obey(line, "") ==
          "error: there is no such command; there are delay, loss, cut, heal and counts");
    CHECK(obey(line, "cut") == "error: cut: expected there, back or both, got \"\"");
    CHECK(obey(line, "cut here") == "error: cut: expected there, back or both, got \"here\"");
    CHECK(obey(line, "cut both 3") == "error: cut: expected WAY and nothing more");
    CHECK(obey(line, "loss both 101") == "error: loss: expected WAY PERCENT, from 0 to 100");
    for (const std::string wrong : {"", " x", " -1", " 1 2 3", " 600001", " nan"}) {
      CHECK(obey(line, "delay both" + wrong) ==
            "error: delay: expected WAY MS [JITTER_MS], each from 0 to 600000");
    }
    CHECK(obey(line, "delay both 600000") == "ok");
  }
}

}  // namespace
}  // namespace echomesh
