#include "tests/support/delay_line.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/delay_line_thread.hpp"
#include "tests/support/test_socket.hpp"

namespace echomesh {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// A client and a target with the delay line between them.
struct Network {
  TestSocket target = TestSocket::listening();
  DelayLineThread line;
  std::uint16_t port =
      line.tell([this](DelayLine& it) { return it.listen("path", 0, target.port()).value(); });

  TestSocket client() const { return TestSocket::connected_to(port); }
  void delay(OneWayDelay delay) {
    REQUIRE(line.tell([&](DelayLine& it) { return it.delay({"path"}, delay); }).ok());
  }
  void freeze() {
    REQUIRE(line.tell([](DelayLine& it) { return it.freeze({"path"}); }).ok());
  }
  void thaw() {
    REQUIRE(line.tell([](DelayLine& it) { return it.thaw({"path"}); }).ok());
  }
  std::size_t drop() {
    return line.tell([](DelayLine& it) { return it.drop({"path"}).value(); });
  }
  std::vector<ConnectionId> connections() {
    return line.tell([](DelayLine& it) { return it.connections("path").value(); });
  }
};

/// How long one byte takes through an open connection at best, on a machine that may be busy.
nanoseconds least_time(TestSocket& from, TestSocket& to, int tries) {
  std::vector<nanoseconds> times;
  for (int i = 0; i < tries; ++i) {
    const MonoTime sent = Alarm::now();
    from.send("x");
    to.receive(1);
    times.push_back(Alarm::now() - sent);
  }
  return std::reduce(times.begin(), times.end(), nanoseconds::max(),
                     [](auto a, auto b) { return std::min(a, b); });
}

TEST_SUITE("delay line") {
  TEST_CASE("a byte takes the delay, each way, and hardly longer") {
    Network network;
    TestSocket client = network.client();
    TestSocket server = network.target.accept();
    for (const nanoseconds delay : {nanoseconds{microseconds{400}}, nanoseconds{microseconds{7300}},
                                    nanoseconds{milliseconds{40}}}) {
      network.delay({delay});
      for (const nanoseconds taken :
           {least_time(client, server, 21), least_time(server, client, 21)}) {
        MESSAGE("delay " << delay.count() / 1000 << " us, " << (taken - delay).count() / 1000
                         << " us over");
        CHECK(taken >= delay);
        CHECK(taken < delay + microseconds{500});  // some 0.1 ms on an idle machine
      }
    }
  }

  TEST_CASE("it delays, it does not queue: pieces in flight overlap") {
    Network network;
    network.delay({milliseconds{60}});
    TestSocket client = network.client();
    TestSocket server = network.target.accept();
    const MonoTime sent = Alarm::now();
    for (int i = 0; i < 20; ++i) {
      client.send("x");
      std::this_thread::sleep_for(milliseconds{1});
    }
    CHECK(server.receive(20).size() == 20);
    CHECK(Alarm::now() - sent < milliseconds{300});
  }

  TEST_CASE("jitter never changes the order of bytes") {
    Network network;
    network.delay({milliseconds{1}, milliseconds{5}});
    TestSocket client = network.client();
    TestSocket server = network.target.accept();
    std::string sent;
    for (int i = 0; i < 200; ++i) {
      const std::string piece = std::to_string(i) + ";";
      sent += piece;
      client.send(piece);
      std::this_thread::sleep_for(microseconds{200});
    }
    CHECK(server.receive(sent.size()) == sent);
  }

  TEST_CASE("freeze holds both directions and closes nothing, thaw lets go what was held") {
    Network network;
    TestSocket client = network.client();
    TestSocket server = network.target.accept();
    network.freeze();
    client.send("there");
    server.send("back");
    CHECK_FALSE(server.is_readable_within(100));
    CHECK_FALSE(client.is_readable_within(0));
    network.thaw();
    CHECK(server.receive(5) == "there");
    CHECK(client.receive(4) == "back");
  }

  TEST_CASE("a connection made while frozen is accepted, and reaches the target at the thaw") {
    Network network;
    network.freeze();
    TestSocket client = network.client();
    CHECK(client.error() == 0);
    client.send("hello");
    CHECK_FALSE(network.target.is_readable_within(100));
    network.thaw();
    CHECK(network.target.accept().receive(5) == "hello");
  }

  TEST_CASE("a client that left while frozen never reaches the target") {
    Network network;
    network.freeze();
    TestSocket client = network.client();
    client.send("hello");
    client.close();
    std::this_thread::sleep_for(milliseconds{50});
    network.thaw();
    CHECK_FALSE(network.target.is_readable_within(100));
    CHECK(network.connections().empty());
  }

  TEST_CASE("freezing one connection leaves the others alone, thawing the listener frees it") {
    Network network;
    TestSocket first = network.client();
    TestSocket first_server = network.target.accept();
    TestSocket second = network.client();
    TestSocket second_server = network.target.accept();
    const auto ids = network.connections();
    REQUIRE(ids.size() == 2);
    CHECK(network.line.tell([&](DelayLine& it) { return it.freeze({"path", ids[0]}); }).ok());
    first.send("1");
    second.send("2");
    CHECK(second_server.receive(1) == "2");
    CHECK_FALSE(first_server.is_readable_within(50));
    network.thaw();
    CHECK(first_server.receive(1) == "1");
  }

  TEST_CASE("drop resets both sides") {
    Network network;
    TestSocket client = network.client();
    TestSocket server = network.target.accept();
    CHECK(network.drop() == 1);
    client.receive(1);
    CHECK(client.error() == ECONNRESET);
    server.receive(1);
    CHECK(server.error() == ECONNRESET);
    CHECK(network.connections().empty());
  }

  TEST_CASE("refuse answers with RST and keeps old connections, accept opens the same port") {
    Network network;
    TestSocket old = network.client();
    TestSocket old_server = network.target.accept();
    CHECK(network.line.tell([](DelayLine& it) { return it.refuse("path"); }).ok());
    CHECK(network.client().error() == ECONNREFUSED);
    old.send("x");
    CHECK(old_server.receive(1) == "x");
    CHECK(network.line.tell([](DelayLine& it) { return it.accept("*"); }).ok());
    CHECK(network.client().error() == 0);
  }

  TEST_CASE("a half close is passed on, the other direction stays open") {
    Network network;
    network.delay({milliseconds{5}});
    TestSocket client = network.client();
    TestSocket server = network.target.accept();
    client.send("question");
    client.shut();
    CHECK(server.receive(100) == "question");
    CHECK(server.error() == 0);
    server.send("answer");
    server.close();
    CHECK(client.receive(100) == "answer");
    CHECK(client.error() == 0);
    std::this_thread::sleep_for(milliseconds{20});
    CHECK(network.connections().empty());
  }

  TEST_CASE("a reset is passed on, and so is a target that is not there") {
    Network network;
    TestSocket client = network.client();
    CHECK(network.target.accept().is_open());  // and closed at once
    CHECK(client.receive(1).empty());
    network.target.close();
    TestSocket second = network.client();
    second.receive(1);
    CHECK(second.error() == ECONNRESET);
  }

  TEST_CASE("a sender is stopped when enough is held, and nothing of it is lost") {
    Network network;
    TestSocket client = network.client();
    TestSocket server = network.target.accept();
    network.freeze();
    const std::string block(65536, 'b');
    std::size_t sent = 0;
    for (int quiet = 0; quiet < 5;) {
      const std::size_t now = client.send(block, MSG_DONTWAIT);
      sent += now;
      quiet = now == 0 ? quiet + 1 : 0;
      std::this_thread::sleep_for(milliseconds{now == 0 ? 20 : 0});
    }
    MESSAGE("stopped after " << sent << " bytes");
    CHECK(sent < 16'000'000);  // 1 MiB here, the rest in the kernel's buffers
    network.thaw();
    CHECK(server.receive(sent).size() == sent);
  }

  TEST_CASE("a name that is not known is an error, so is a port in use") {
    Network network;
    CHECK_FALSE(network.line.tell([](DelayLine& it) { return it.freeze({"nowhere"}); }).ok());
    CHECK_FALSE(network.line.tell([](DelayLine& it) { return it.drop({"path", 99}); }).ok());
    const auto taken = network.line.tell(
        [&](DelayLine& it) { return it.listen("second", network.target.port(), 1); });
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().what == "cannot bind: address already in use");
  }
}

}  // namespace
}  // namespace echomesh
