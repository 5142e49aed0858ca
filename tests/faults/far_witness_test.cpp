// A host that takes longer to answer than it takes to be asked again.

#include <doctest/doctest.h>

#include <chrono>
#include <utility>

#include "agent/io/host_probe.hpp"
#include "tests/faults/answering_line.hpp"
#include "tests/faults/own_network.hpp"
#include "tests/support/loop_until.hpp"

namespace echomesh {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAway{210};
constexpr milliseconds kAskedEvery{200};
constexpr milliseconds kTry{400};
constexpr int kAskings = 50;  ///< on a machine that is busy elsewhere

/// Asked until it answers.
int answers_of_far_host(milliseconds patience) {
  io::Loop loop;
  int answers = 0;
  agent::HostProbe probe(
      loop, "10.99.0.1", 443, [&] { ++answers; }, patience);
  loop_for(loop, milliseconds{20});  // the address is known
  for (int i = 0; i < kAskings && answers == 0; ++i) {
    probe.ask();
    loop_for(loop, kAskedEvery);
  }
  return answers;
}

}  // namespace

TEST_SUITE("far witness") {
  TEST_CASE("a witness 210 ms away is heard though it is asked every 200 ms") {
    const OwnNetwork network;
    REQUIRE_MESSAGE(network.is_there(), "needs root");
    auto device = uplink();
    REQUIRE_MESSAGE(device, "needs /dev/net/tun");
    AnsweringLine line(*std::move(device));
    line.answer(AnsweringLine::Answer::reset, kAway);
    CHECK(answers_of_far_host(kTry) > 0);
  }
}

}  // namespace echomesh
