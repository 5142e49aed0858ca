#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "proto/io/mqtt_link.hpp"
#include "tests/support/broker_process.hpp"
#include "tests/support/link_harness.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/test_certificates.hpp"
#include "tests/support/tls_peer.hpp"

namespace echomesh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kTlsListener =
    "allow_anonymous true\ncertfile {dir}/server.crt\nkeyfile {dir}/server.key\n";

io::LinkSettings tls_settings(std::uint16_t port, const std::string& name,
                              const io::TlsFiles& files) {
  auto made = io::TlsContext::make(files, name);
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : to_string(made.error())));
  auto settings = link_settings(port);
  settings.url = {name, port, true};
  settings.tls = made.value();
  return settings;
}

/// A wire to a broker that goes dead after so many bytes from it, within a TLS record.
class DyingWire {
 public:
  DyingWire(std::uint16_t to, std::size_t bytes)
      : listener_(TestSocket::listening()), thread_([this, to, bytes] { carry(to, bytes); }) {}
  ~DyingWire() {
    is_over_ = true;
    thread_.join();
  }
  DyingWire(const DyingWire&) = delete;
  DyingWire& operator=(const DyingWire&) = delete;

  std::uint16_t port() const { return listener_.port(); }
  bool is_dead() const { return is_dead_; }

 private:
  void carry(std::uint16_t to, std::size_t bytes) {
    while (!is_over_ && !listener_.is_readable_within(10)) {
    }
    TestSocket client = listener_.accept();
    TestSocket broker = TestSocket::connected_to(to);
    while (!is_over_) {
      if (client.is_readable_within(1)) {
        broker.send(client.receive(1));
      }
      while (bytes > 0 && broker.is_readable_within(0)) {
        client.send(broker.receive(1));
        --bytes;
      }
      is_dead_ = bytes == 0;
    }
  }

  TestSocket listener_;
  std::atomic<bool> is_over_{false};
  std::atomic<bool> is_dead_{false};
  std::thread thread_;
};

}  // namespace

TEST_SUITE_BEGIN("mqtt_link over tls");

TEST_CASE("a link takes the certificate that its authority issued for the name, and no other") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  const TestAuthority theirs(dir, "theirs");

  SUBCASE("by DNS name") {
    ours.issue("server", "DNS:localhost");
    const BrokerProcess broker(dir, kTlsListener);
    LinkHarness harness(tls_settings(broker.port(), "localhost", {ours.crt(), {}, {}}));
    harness.link->start();
    REQUIRE(harness.up());
    harness.link->publish(echo("1"));
    REQUIRE(harness.hears(1));
    CHECK(harness.listener.messages.front().is_kernel_time);
  }
  SUBCASE("by address") {
    ours.issue("server", "IP:127.0.0.1");
    const BrokerProcess broker(dir, kTlsListener);
    LinkHarness harness(tls_settings(broker.port(), "127.0.0.1", {ours.crt(), {}, {}}));
    harness.link->start();
    CHECK(harness.up());
  }
  SUBCASE("not for another name") {
    ours.issue("server", "DNS:elsewhere.test");
    const BrokerProcess broker(dir, kTlsListener);
    LinkHarness harness(tls_settings(broker.port(), "localhost", {ours.crt(), {}, {}}));
    harness.link->start();
    REQUIRE(harness.fails_with(MissCause::tls));
    INFO(harness.listener.text_of(MissCause::tls));
    CHECK(harness.listener.text_of(MissCause::tls).find("hostname mismatch") != std::string::npos);
  }
  SUBCASE("not for another address") {
    ours.issue("server", "IP:127.0.0.2,DNS:localhost");
    const BrokerProcess broker(dir, kTlsListener);
    LinkHarness harness(tls_settings(broker.port(), "127.0.0.1", {ours.crt(), {}, {}}));
    harness.link->start();
    REQUIRE(harness.fails_with(MissCause::tls));
    INFO(harness.listener.text_of(MissCause::tls));
    CHECK(harness.listener.text_of(MissCause::tls).find("IP address mismatch") !=
          std::string::npos);
  }
  SUBCASE("not by an unknown authority") {
    theirs.issue("server", "DNS:localhost");
    const BrokerProcess broker(dir, kTlsListener);
    LinkHarness harness(tls_settings(broker.port(), "localhost", {ours.crt(), {}, {}}));
    harness.link->start();
    REQUIRE(harness.fails_with(MissCause::tls));
    INFO(harness.listener.text_of(MissCause::tls));
    CHECK(harness.listener.text_of(MissCause::tls).find("issuer") != std::string::npos);
  }
  SUBCASE("not one that has expired") {
    ours.issue("server", "DNS:localhost", -1);
    const BrokerProcess broker(dir, kTlsListener);
    LinkHarness harness(tls_settings(broker.port(), "localhost", {ours.crt(), {}, {}}));
    harness.link->start();
    REQUIRE(harness.fails_with(MissCause::tls));
    INFO(harness.listener.text_of(MissCause::tls));
    CHECK(harness.listener.text_of(MissCause::tls).find("expired") != std::string::npos);
  }
}

TEST_CASE("a broker that wants to know who we are is told, and refuses strangers with cause tls") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  ours.issue("server", "DNS:localhost");
  ours.issue("client", "DNS:agent");
  const BrokerProcess broker(
      dir, std::string(kTlsListener) + "cafile {dir}/ours.crt\nrequire_certificate true\n");
  LinkHarness known(tls_settings(broker.port(), "localhost",
                                 {ours.crt(), dir.path("client.crt"), dir.path("client.key")}));
  known.link->start();
  CHECK(known.up());

  LinkHarness stranger(tls_settings(broker.port(), "localhost", {ours.crt(), {}, {}}));
  stranger.link->start();
  const auto& failures = stranger.listener.failures;
  // The peer's alert may be lost to the reset that follows it: then only the cause is told.
  CHECK(stranger.until([&] {
    return failures.size() >= 3 && failures.back().text.find("certificate") != std::string::npos;
  }));
  CHECK(stranger.listener.has_failed_only_with(MissCause::tls));
  CHECK_FALSE(stranger.listener.is_up);
}

TEST_CASE("a proxy that took our certificate and closes has no broker: that is connect, not tls") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  ours.issue("server", "DNS:localhost");
  ours.issue("client", "DNS:agent");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsPeer proxy(TlsPeer::Habit::closes_on_connect, dir, version);
    LinkHarness harness(tls_settings(proxy.port(), "localhost",
                                     {ours.crt(), dir.path("client.crt"), dir.path("client.key")}));
    harness.link->start();
    CHECK(harness.until([&] { return harness.listener.failures.size() >= 2; }));
    INFO("TLS version ", version, ": ", harness.listener.text_of(MissCause::tls));
    CHECK(harness.listener.has_failed_only_with(MissCause::connect));
  }
}

TEST_CASE("a broker that knows clients by certificate and closes on MQTT 5 is reached by 3.1.1") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  ours.issue("server", "DNS:localhost");
  ours.issue("client", "DNS:agent");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsPeer old(TlsPeer::Habit::closes_on_v5, dir, version);
    LinkHarness harness(tls_settings(old.port(), "localhost",
                                     {ours.crt(), dir.path("client.crt"), dir.path("client.key")}));
    harness.link->start();
    CHECK(harness.up());
    CHECK(harness.listener.spoken == io::MqttVersion::v311);
  }
}

TEST_CASE("certificate files that cannot be used are named, with the reason") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  ours.issue("a", "DNS:a");
  ours.issue("b", "DNS:b");
  const std::string junk = dir.write("junk.pem", "junk");
  const std::string missing = dir.path("missing.pem");
  for (const auto& [files, culprit] :
       {std::pair{io::TlsFiles{missing, {}, {}}, missing},
        std::pair{io::TlsFiles{junk, {}, {}}, junk},
        std::pair{io::TlsFiles{ours.crt(), junk, dir.path("a.key")}, junk},
        std::pair{io::TlsFiles{ours.crt(), dir.path("a.crt"), dir.path("b.key")},
                  dir.path("b.key")}}) {
    const auto made = io::TlsContext::make(files, "localhost");
    REQUIRE_FALSE(made.ok());
    CHECK(to_string(made.error()).find(culprit) != std::string::npos);
    MESSAGE(to_string(made.error()));
  }
}

TEST_CASE("a peer that accepts and stays silent within TLS fails with cause tls, at no cost") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  const ScriptedPeer peer(ScriptedPeer::Habit::silent);
  LinkHarness harness(tls_settings(peer.port(), "localhost", {ours.crt(), {}, {}}));
  harness.link->start();
  const nanoseconds before = cpu_time();
  REQUIRE(harness.until(
      [&] { return harness.listener.text_of(MissCause::tls).find("5 s") != std::string::npos; }));
  CHECK(cpu_time() - before < milliseconds{300});
}

TEST_CASE("ports that nobody listens on, and peers that close, cost nothing under TLS either") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  const ScriptedPeer closing(ScriptedPeer::Habit::closes_at_once);
  const ScriptedPeer unanswering(ScriptedPeer::Habit::does_not_answer);
  struct Case {
    std::uint16_t port;
    MissCause cause;
    bool is_heard;
  };
  for (const auto& [port, cause, is_heard] :
       {Case{free_port(), MissCause::connect, true}, Case{closing.port(), MissCause::tls, true},
        Case{unanswering.port(), MissCause::connect, false}}) {
    LinkHarness harness(tls_settings(port, "127.0.0.1", {ours.crt(), {}, {}}));
    harness.link->start();
    const nanoseconds before = cpu_time();
    loop_for(harness.loop, seconds{2});
    CHECK(cpu_time() - before < milliseconds{300});
    CHECK(harness.listener.has_failed_only_with(cause));
    CHECK(harness.listener.failures.size() <= 3);
    CHECK((harness.listener.heard > 0) == is_heard);
  }
}

TEST_CASE("half a TLS record on a dead wire does not keep the loop busy") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  ours.issue("server", "DNS:localhost");
  const BrokerProcess broker(dir, kTlsListener);
  const DyingWire wire(broker.port(), 9'000);
  auto settings = tls_settings(wire.port(), "localhost", {ours.crt(), {}, {}});
  settings.kernel_receive_time = false;  // OpenSSL reads ahead
  settings.url.host = "127.0.0.1";
  LinkHarness harness(std::move(settings));
  harness.link->start();
  REQUIRE(harness.up());
  harness.link->publish(echo(std::string(14'000, 'x')));
  REQUIRE(harness.until([&] { return wire.is_dead(); }));
  loop_for(harness.loop, milliseconds{100});
  const nanoseconds before = cpu_time();
  std::this_thread::yield();
  loop_for(harness.loop, seconds{1});
  MESSAGE("cpu ms: ", (cpu_time() - before) / milliseconds{1});
  CHECK(cpu_time() - before < milliseconds{400});
}

TEST_CASE("many messages in few records are all heard") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  ours.issue("server", "DNS:localhost");
  const BrokerProcess broker(dir, kTlsListener);
  for (const bool wants_kernel_time : {false, true}) {
    auto settings = tls_settings(broker.port(), "localhost", {ours.crt(), {}, {}});
    settings.kernel_receive_time = wants_kernel_time;
    LinkHarness harness(std::move(settings));
    harness.link->start();
    REQUIRE(harness.up());
    for (int i = 0; i < 5000; ++i) {
      const auto qos = i % 10 == 0 ? io::Qos::at_least_once : io::Qos::at_most_once;
      REQUIRE(harness.link->publish(echo("0123456789", qos)).accepted);
    }
    CHECK(harness.hears(5000));
  }
}

TEST_CASE("a link may be destroyed at any moment of its handshake") {
  const TempDir dir;
  const TestAuthority ours(dir, "ours");
  ours.issue("server", "DNS:localhost");
  const BrokerProcess broker(dir, kTlsListener);
  const auto settings = tls_settings(broker.port(), "localhost", {ours.crt(), {}, {}});
  io::Loop loop;
  RecordingListener listener;
  for (int i = 0; i < 100; ++i) {
    io::MqttLink link(loop, settings, listener);
    link.start();
    loop_for(loop, milliseconds{i % 10});
  }
  CHECK(true);  // that none of it crashed is what was asked
}

TEST_SUITE_END();

}  // namespace echomesh
