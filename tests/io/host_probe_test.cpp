// Who answers a TCP connect: hosts that do, refuse, keep silent, or have no address.

#include "agent/io/host_probe.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

#include "agent/io/address_watch.hpp"
#include "tests/support/broker_process.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scripted_names.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/test_socket.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Asked {
  io::Loop loop;
  int answers = 0;
  HostProbe probe;

  Asked(const std::string& host, std::uint16_t port)
      : probe(loop, host, port, [this] { ++answers; }) {
    probe.ask();
  }
  bool is_answered() {
    return loop_until(
        loop, [this] { return answers > 0; }, seconds{5});
  }
};

using Told = std::pair<std::uint32_t, std::uint32_t>;

/// Of TEST-NET-1: nobody is there to accept a connect.
constexpr const char* kNobody = "192.0.2.1";
/// Longer than a round by more than a stall.
constexpr milliseconds kRound{4700};

struct Watched {
  io::Loop loop;
  std::optional<Told> told;
  AddressWatch watch;

  Watched(const std::string& host, std::uint16_t port)
      : watch(
            loop, {host, port, false}, [] {},
            [this](std::uint32_t addresses, std::uint32_t dead) {
              told = Told{addresses, dead};
            }) {
    watch.start();
  }
};

}  // namespace

TEST_SUITE("host probe") {
  TEST_CASE("a host that accepts has answered, and so has one that refuses") {
    const TestSocket listening = TestSocket::listening();
    Asked accepting("127.0.0.1", listening.port());
    CHECK(accepting.is_answered());
    CHECK(accepting.probe.accepted() == 1);
    Asked refusing("127.0.0.1", free_port());
    CHECK(refusing.is_answered());
    CHECK(refusing.probe.accepted() == 0);
  }

  TEST_CASE("a host that keeps silent has not, nor has a name without address") {
    const ScriptedPeer unanswering(ScriptedPeer::Habit::does_not_answer);
    Asked silent("127.0.0.1", unanswering.port());
    Asked nameless("no-such-host.invalid", 1883);
    loop_for(silent.loop, milliseconds{300});
    loop_for(nameless.loop, milliseconds{300});
    CHECK(silent.answers == 0);
    CHECK(nameless.answers == 0);
  }

  TEST_CASE("each asking is answered anew, and an answer is told once") {
    const TestSocket listening = TestSocket::listening();
    Asked asked("localhost", listening.port());
    REQUIRE(asked.is_answered());
    loop_for(asked.loop, milliseconds{50});
    const int first = asked.answers;
    CHECK(first == static_cast<int>(asked.probe.asked()));  // localhost may have two addresses
    asked.probe.ask();
    CHECK(loop_until(
        asked.loop, [&] { return asked.answers == 2 * first; }, seconds{5}));
  }

  TEST_CASE("an answer that has come is found by looking, without the loop") {
    const TestSocket listening = TestSocket::listening();
    Asked asked("127.0.0.1", listening.port());
    REQUIRE(asked.is_answered());  // the address is known
    asked.answers = 0;
    asked.probe.ask();
    while (asked.answers == 0) {
      asked.probe.look();
    }
    CHECK(asked.answers == 1);
    loop_for(asked.loop, milliseconds{20});
    CHECK(asked.answers == 1);
  }

  TEST_CASE("one address that answers and one that does not: the silent one is dead") {
    const TestSocket listening = TestSocket::listening();
    ScriptedNames names;
    names.set("two.test", {"127.0.0.1", kNobody});
    Watched watched("two.test", listening.port());
    REQUIRE(loop_until(watched.loop, [&] { return watched.told.has_value(); }));
    CHECK(*watched.told == Told{2, 1});
  }

  TEST_CASE(
      "where no address answers at all, our own uplink may be down: nothing is told of them") {
    const ScriptedPeer silent(ScriptedPeer::Habit::does_not_answer);
    ScriptedNames names;
    names.set("two.test", {"127.0.0.1", "::ffff:127.0.0.1"});
    Watched watched("two.test", silent.port());
    loop_for(watched.loop, kRound);
    CHECK_FALSE(watched.told);
  }

  TEST_CASE("a round that ended late, for we were stopped, tells nothing") {
    const TestSocket listening = TestSocket::listening();
    ScriptedNames names;
    names.set("two.test", {"127.0.0.1", kNobody});
    Watched watched("two.test", listening.port());
    loop_for(watched.loop, milliseconds{100});
    std::this_thread::sleep_for(kRound);
    loop_for(watched.loop, milliseconds{100});
    CHECK_FALSE(watched.told);
  }

  TEST_CASE("a broker with one address is not connected to for it") {
    const TestSocket listening = TestSocket::listening();
    io::Loop loop;
    int answers = 0;
    std::optional<std::pair<std::uint32_t, std::uint32_t>> told;
    AddressWatch watch(
        loop, {"127.0.0.1", listening.port(), false}, [&] { ++answers; },
        [&](std::uint32_t addresses, std::uint32_t dead) {
          told = std::pair{addresses, dead};
        });
    watch.start();
    REQUIRE(loop_until(
        loop, [&] { return told.has_value(); }, seconds{10}));
    CHECK(*told == std::pair<std::uint32_t, std::uint32_t>{0, 0});
    CHECK(answers == 0);
  }
}

}  // namespace echomesh::agent
