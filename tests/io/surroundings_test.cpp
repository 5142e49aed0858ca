// Who is asked around here, and what the log says of those who never answer.

#include "agent/io/surroundings.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/log_capture.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/test_socket.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;

Config with_witness(std::uint16_t port) {
  Config config{LocationId::parse("x").value(), {}, {}};
  config.witnesses = {{"127.0.0.1", port}};
  return config;
}

int words_on_silence(std::uint16_t port, int askings) {
  const LogCapture log;
  io::Loop loop;
  Surroundings surroundings(loop, with_witness(port), [](const Event&) {});
  loop_for(loop, milliseconds{20});  // the address is known
  for (int i = 0; i < askings; ++i) {
    surroundings.ask({});
    loop_for(loop, milliseconds{20});
  }
  return log.count("no witness has ever answered");
}

}  // namespace

TEST_SUITE("surroundings") {
  TEST_CASE("witnesses that never answered in three askings are warned of once, and no sooner") {
    const ScriptedPeer silent(ScriptedPeer::Habit::does_not_answer);
    CHECK(words_on_silence(silent.port(), 3) == 0);
    CHECK(words_on_silence(silent.port(), 4) == 1);
    CHECK(words_on_silence(silent.port(), 12) == 1);
    const TestSocket listening = TestSocket::listening();
    CHECK(words_on_silence(listening.port(), 12) == 0);
  }
}

}  // namespace echomesh::agent
