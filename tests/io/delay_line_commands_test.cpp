#include "tests/support/delay_line_commands.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/delay_pipe.hpp"

namespace echomesh {
namespace {

constexpr MonoTime at(int ms) {
  return MonoTime{std::chrono::milliseconds{ms}};
}

TEST_SUITE("delay line commands") {
  TEST_CASE("each line has one answer, and a mistake names the word that is wrong") {
    uv_loop_t loop{};
    uv_loop_init(&loop);
    {
      DelayLine line(&loop);
      REQUIRE(obey(line, "listen eu 0 1883").starts_with("ok eu "));
      REQUIRE(obey(line, " listen  us 0 1884 ").starts_with("ok us "));
      struct Row {
        std::string command;
        std::string answer;
      };
      const std::vector<Row> rows = {
          {"delay eu 12.5", "ok 1"},
          {"delay * 12.5 0.4", "ok 2"},
          {"freeze eu", "ok 1"},
          {"thaw *", "ok 2"},
          {"drop eu", "ok 0"},
          {"refuse us", "ok 1"},
          {"accept us", "ok 1"},
          {"connections *", "ok"},
          {"freeze eu #7", "error: connection #7: there is none open"},
          {"freeze eu #x", "error: freeze: expected a connection as #NUMBER, got #x"},
          {"freeze ap", "error: listener ap: there is none of that name"},
          {"freeze", "error: freeze: expected NAME or NAME #CONNECTION"},
          {"freeze eu us", "error: freeze: expected no further words, got us"},
          {"refuse eu #7", "error: refuse: expected a whole listener, not one connection"},
          {"delay eu", "error: delay: expected NAME [#CONNECTION] MS [JITTER_MS]"},
          {"delay eu -1", "error: delay: expected milliseconds from 0 to 600000, got -1"},
          {"delay eu nan", "error: delay: expected milliseconds from 0 to 600000, got nan"},
          {"listen eu 0 1883", "error: listener eu: a name must be new, and not empty or *"},
          {"listen x 70000 1883", "error: listen: expected NAME PORT TARGET_PORT"},
          {"listen x 0 0", "error: listener x: the target port must be 1 to 65535"},
          {"melt eu", "error: melt: there is no such command"},
      };
      for (const Row& row : rows) {
        CAPTURE(row.command);
        CHECK(obey(line, row.command) == row.answer);
      }
      CHECK(obey(line, "").starts_with("error: expected a command"));
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
  }
}

TEST_SUITE("delay pipe") {
  TEST_CASE("a piece goes out when it is due, and not one nanosecond before") {
    DelayPipe pipe;
    pipe.hold("a", at(10));
    CHECK_FALSE(pipe.take(at(10) - nanoseconds{1}).has_value());
    CHECK(pipe.next_due() == at(10));
    CHECK(pipe.take(at(10))->bytes == "a");
    CHECK_FALSE(pipe.next_due().has_value());
  }

  TEST_CASE("what came in later never goes out earlier, an end goes last") {
    DelayPipe pipe;
    pipe.hold("a", at(10));
    pipe.hold("b", at(5));
    pipe.hold(End::kClosed, at(1));
    CHECK(pipe.has_end());
    CHECK(pipe.held_bytes() == 2);
    CHECK_FALSE(pipe.take(at(9)).has_value());
    CHECK(pipe.take(at(10))->bytes == "a");
    CHECK(pipe.take(at(10))->bytes == "b");
    CHECK(pipe.take(at(10))->end == End::kClosed);
    CHECK(pipe.held_bytes() == 0);
  }

  TEST_CASE("a frozen pipe yields nothing, however late it is") {
    DelayPipe pipe;
    pipe.hold("a", at(10));
    pipe.freeze();
    CHECK_FALSE(pipe.take(at(1000)).has_value());
    CHECK_FALSE(pipe.next_due().has_value());
    pipe.thaw();
    CHECK(pipe.take(at(1000))->bytes == "a");
  }
}

}  // namespace
}  // namespace echomesh
