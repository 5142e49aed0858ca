// A router on the way says that there is none: that is no word of the broker's.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>

#include "tests/faults/answering_line.hpp"
#include "tests/faults/own_network.hpp"
#include "tests/support/link_harness.hpp"

namespace echomesh {
namespace {

using std::chrono::microseconds;
using Answer = AnsweringLine::Answer;

constexpr int kTries = 10;

io::LinkSettings far_settings(bool with_tls) {
  auto settings = link_settings(8883);
  settings.url = {"10.99.0.1", 8883, with_tls};
  if (with_tls) {
    settings.tls = io::TlsContext::make({}, "10.99.0.1").value();
  }
  return settings;
}

}  // namespace

TEST_SUITE("unreachable") {
  TEST_CASE("a router that says unreachable is not the region heard, a reset is, also over TLS") {
    const OwnNetwork network;
    REQUIRE_MESSAGE(network.is_there(), "needs root");
    auto device = uplink();
    REQUIRE_MESSAGE(device, "needs /dev/net/tun");
    AnsweringLine line(*std::move(device));
    for (const bool with_tls : {false, true}) {
      for (const auto answer : {Answer::net_unreachable, Answer::host_unreachable, Answer::reset}) {
        for (const int us : {0, 20, 50, 100, 200, 500, 1000}) {
          line.answer(answer, microseconds{us});
          const bool is_reset = answer == Answer::reset;
          int heard = 0;
          for (int i = 0; i < kTries; ++i) {
            LinkHarness harness(far_settings(with_tls));
            harness.link->start();
            REQUIRE(harness.fails_with(MissCause::connect));
            CHECK(harness.listener.has_failed_only_with(MissCause::connect));
            heard += harness.listener.heard > 0 ? 1 : 0;
            const auto text = harness.listener.text_of(MissCause::connect);
            // Told while the connect had the socket, it is forgotten, and the SYN sent again.
            const bool is_named =
                text.find(is_reset ? "refused" : "No route to host") != std::string::npos ||
                text.find("Network is unreachable") != std::string::npos ||
                text.find("not answered") != std::string::npos ||
                (with_tls && !is_reset && text.find("the TLS library") != std::string::npos);
            CHECK_MESSAGE(is_named, text);
          }
          INFO("tls ", with_tls, " answer ", static_cast<int>(answer), " after us ", us);
          CHECK(heard == (is_reset ? kTries : 0));
        }
      }
    }
  }
}

}  // namespace echomesh
