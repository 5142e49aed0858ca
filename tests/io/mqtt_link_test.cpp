#include "proto/io/mqtt_link.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/broker_process.hpp"
#include "tests/support/link_harness.hpp"
#include "tests/support/scripted_peer.hpp"

namespace echomesh {
namespace {

using io::MqttVersion;
using io::Qos;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Habit = ScriptedPeer::Habit;

}  // namespace

TEST_SUITE_BEGIN("mqtt_link");

TEST_CASE("a link comes up on MQTT 5, hears its own echo and stamps it by the kernel") {
  const BrokerProcess broker;
  LinkHarness harness(link_settings(broker.port()));
  CHECK_FALSE(harness.link->publish(echo("too early")).accepted);
  harness.link->start();
  REQUIRE(harness.up());
  CHECK(harness.listener.spoken == MqttVersion::v5);
  CHECK_FALSE(harness.listener.denied);

  const auto published = harness.link->publish(echo("1"));
  CHECK(published.accepted);
  REQUIRE(harness.hears(1));
  const auto& heard = harness.listener.messages.front();
  CHECK(heard.topic == "echo/x");
  CHECK(heard.payload == "1");
  CHECK_FALSE(heard.retained);
  CHECK(heard.is_kernel_time);
  CHECK(heard.received >= published.at);
  CHECK(heard.received <= heard.heard);
  CHECK(harness.listener.failures.empty());
}

TEST_CASE("a QoS 1 publication is acknowledged by its token") {
  const BrokerProcess broker;
  LinkHarness harness(link_settings(broker.port()));
  harness.link->start();
  REQUIRE(harness.up());
  const auto published = harness.link->publish(echo("1", Qos::at_least_once));
  REQUIRE(harness.until([&] { return !harness.listener.acknowledgements.empty(); }));
  CHECK(harness.listener.acknowledgements.front() == std::pair{published.token, 0});
}

TEST_CASE("a publication from within a delivery goes out without waiting for the next event") {
  const BrokerProcess broker;
  LinkHarness harness(link_settings(broker.port()));
  harness.link->start();
  REQUIRE(harness.up());
  harness.listener.then = [&](const io::Delivery& delivery) {
    harness.link->drain();  // nothing, within a delivery
    if (delivery.payload == "1") {
      harness.link->publish(echo("2"));
    }
  };
  harness.link->publish(echo("1"));
  CHECK(harness.until([&] { return harness.listener.messages.size() == 2; }, milliseconds{500}));
}

TEST_CASE("drain delivers what the socket holds from inside the call") {
  const BrokerProcess broker;
  LinkHarness harness(link_settings(broker.port()));
  harness.link->start();
  REQUIRE(harness.up());
  for (int i = 0; i < 400; ++i) {  // more than the library's socket pair takes
    harness.link->publish(echo("x"));
  }
  const MonoTime deadline = io::mono_now() + seconds{5};
  while (harness.listener.messages.size() < 400 && io::mono_now() < deadline) {
    harness.link->drain();
  }
  CHECK(harness.listener.messages.size() == 400);
}

TEST_CASE("the answer to a connect is heard by draining, without the loop") {
  ScriptedPeer peer(Habit::does_not_answer);
  LinkHarness harness(link_settings(peer.port()));
  harness.link->start();
  loop_for(harness.loop, milliseconds{100});
  REQUIRE(harness.listener.heard == 0);
  peer.answer();  // to the SYN that the kernel sends after 1 s
  const MonoTime deadline = io::mono_now() + seconds{5};
  while (harness.listener.heard == 0 && io::mono_now() < deadline) {
    harness.link->drain();
  }
  CHECK(harness.listener.heard > 0);
}

TEST_CASE("retained messages are heard after the link is up, and as retained") {
  const BrokerProcess broker;
  LinkHarness first(link_settings(broker.port()));
  first.link->start();
  REQUIRE(first.up());
  auto kept = echo("kept", Qos::at_least_once);
  kept.retain = true;
  kept.expiry = seconds{60};
  first.link->publish(kept);
  REQUIRE(first.hears(1));

  auto settings = link_settings(broker.port());
  settings.client_id = "another";
  LinkHarness second(std::move(settings));
  bool was_up = false;
  second.listener.then = [&](const io::Delivery&) { was_up = second.listener.is_up; };
  second.link->start();
  REQUIRE(second.hears(1));
  CHECK(was_up);
  CHECK(second.listener.messages.front().retained);
}

TEST_CASE("stop flushes, says goodbye without the will, and is done within a second") {
  const BrokerProcess broker;
  LinkHarness watcher(link_settings(broker.port()));
  watcher.link->start();
  REQUIRE(watcher.up());

  auto settings = link_settings(broker.port());
  settings.client_id = "leaver";
  settings.subscriptions.clear();
  settings.will = io::LastWill{"echo/will", "gone"};
  LinkHarness leaver(std::move(settings));
  leaver.link->start();
  REQUIRE(leaver.up());
  leaver.link->publish(echo("bye", Qos::at_least_once));
  int done = 0;
  const MonoTime asked = io::mono_now();
  leaver.link->stop([&] { ++done; });
  CHECK(done == 0);
  REQUIRE(leaver.until([&] { return done == 1; }));
  CHECK(io::mono_now() - asked < seconds{1});
  leaver.link.reset();
  REQUIRE(watcher.hears(1));
  loop_for(watcher.loop, milliseconds{100});
  CHECK(watcher.listener.messages.size() == 1);
  CHECK(watcher.listener.messages.front().payload == "bye");
}

TEST_CASE("a link that is destroyed leaves its will") {
  const BrokerProcess broker;
  LinkHarness watcher(link_settings(broker.port()));
  watcher.link->start();
  REQUIRE(watcher.up());
  auto settings = link_settings(broker.port());
  settings.client_id = "victim";
  settings.will = io::LastWill{"echo/will", "gone"};
  LinkHarness victim(std::move(settings));
  victim.link->start();
  REQUIRE(victim.up());
  victim.link.reset();
  REQUIRE(watcher.hears(1));
  CHECK(watcher.listener.messages.front().payload == "gone");
}

TEST_CASE("stop is done in time where nothing ever answered") {
  LinkHarness harness(link_settings(free_port()));
  harness.link->start();
  bool is_done = false;
  harness.link->stop([&] { is_done = true; });
  CHECK(harness.until([&] { return is_done; }, milliseconds{1000}));
}

TEST_CASE("a wrong password is a refusal by name") {
  const TempDir files;
  files.write("passwords", "");
  REQUIRE(std::system(("mosquitto_passwd -b " + files.path("passwords") + " ann right").c_str()) ==
          0);
  const BrokerProcess broker(files, "allow_anonymous false\npassword_file {dir}/passwords\n");
  auto settings = link_settings(broker.port());
  settings.username = "ann";
  settings.password = "wrong";
  LinkHarness harness(settings);
  harness.link->start();
  REQUIRE(harness.fails_with(MissCause::refused));
  MESSAGE(harness.listener.text_of(MissCause::refused));
  // Not again at once: the broker would say the same.
  loop_for(harness.loop, seconds{2});
  CHECK(harness.listener.failures.size() == 1);

  settings.password = "right";
  LinkHarness allowed(settings);
  allowed.link->start();
  CHECK(allowed.up());
}

TEST_CASE("a port that nothing listens on is a failed connect, and tried again each second") {
  LinkHarness harness(link_settings(free_port()));
  harness.link->start();
  const MonoTime start = io::mono_now();
  REQUIRE(harness.until([&] { return harness.listener.failures.size() == 3; }));
  CHECK(harness.listener.failures.front().cause == MissCause::connect);
  CHECK(io::mono_now() - start > milliseconds{1900});
  CHECK(io::mono_now() - start < milliseconds{2500});
  MESSAGE(harness.listener.failures.front().text);
}

TEST_CASE("a name that does not exist is a failure of dns") {
  auto settings = link_settings(1883);
  settings.url.host = "no-such-host.invalid";
  LinkHarness harness(std::move(settings));
  harness.link->start();
  REQUIRE(harness.fails_with(MissCause::dns));
  MESSAGE(harness.listener.text_of(MissCause::dns));
}

TEST_CASE("a name with several addresses finds the one that is served") {
  const BrokerProcess broker;
  auto settings = link_settings(broker.port());
  settings.url.host = "localhost";
  LinkHarness harness(std::move(settings));
  harness.link->start();
  CHECK(harness.until([&] { return harness.listener.is_up; }, milliseconds{1000}));
}

TEST_CASE("a peer that accepts and says nothing is a timeout after 5 s") {
  const ScriptedPeer peer(Habit::silent);
  LinkHarness harness(link_settings(peer.port()));
  harness.link->start();
  const MonoTime start = io::mono_now();
  REQUIRE(harness.fails_with(MissCause::timeout));
  CHECK(harness.listener.failures.size() == 1);
  CHECK(io::mono_now() - start >= seconds{5});
  CHECK(io::mono_now() - start < milliseconds{5500});
  MESSAGE(harness.listener.text_of(MissCause::timeout));
}

TEST_CASE("a peer that grants no SUBACK is a timeout") {
  const ScriptedPeer peer(Habit::accepts_and_hushes);
  LinkHarness harness(link_settings(peer.port()));
  harness.link->start();
  REQUIRE(harness.fails_with(MissCause::timeout));
  CHECK_FALSE(harness.listener.is_up);
}

TEST_CASE("a connect that nobody answers fails after 1 s, is joined, and may still win") {
  ScriptedPeer peer(Habit::does_not_answer);
  auto settings = link_settings(peer.port());
  settings.subscriptions.clear();
  LinkHarness harness(std::move(settings));
  harness.link->start();
  const MonoTime start = io::mono_now();
  REQUIRE(harness.fails_with(MissCause::connect));
  CHECK(io::mono_now() - start >= milliseconds{1000});
  CHECK(io::mono_now() - start < milliseconds{1200});
  MESSAGE(harness.listener.text_of(MissCause::connect));
  REQUIRE(harness.until([&] { return harness.listener.failures.size() == 3; }));
  peer.answer();
  const MonoTime healed = io::mono_now();
  REQUIRE(harness.up());
  CHECK(io::mono_now() - healed < milliseconds{1500});
}

TEST_CASE("kill -9 of the broker is a loss, and the link is up soon after a restart") {
  BrokerProcess broker;
  LinkHarness harness(link_settings(broker.port()));
  harness.link->start();
  REQUIRE(harness.up());
  loop_for(harness.loop, milliseconds{100});
  harness.listener.heard = 0;
  broker.kill();
  REQUIRE(harness.until([&] { return !harness.listener.is_up; }));
  REQUIRE(harness.listener.losses.size() == 1);
  CHECK(harness.listener.losses.front().cause == MissCause::lost);
  CHECK(harness.listener.heard_before_loss > 0);  // its host has ended the connection
  CHECK_FALSE(harness.link->publish(echo("nobody hears")).accepted);
  REQUIRE(harness.fails_with(MissCause::connect));
  broker.start();
  const MonoTime healed = io::mono_now();
  REQUIRE(harness.up(2));
  CHECK(io::mono_now() - healed < milliseconds{1500});
  harness.link->publish(echo("again"));
  CHECK(harness.hears(1));
}

TEST_CASE("reconnect drops a connection that the caller found dead") {
  const BrokerProcess broker;
  LinkHarness harness(link_settings(broker.port()));
  harness.link->start();
  REQUIRE(harness.up());
  harness.link->reconnect("no heartbeat");
  CHECK(harness.listener.losses.empty());  // not from inside the call
  REQUIRE(harness.up(2));
  REQUIRE(harness.listener.losses.size() == 1);
  CHECK(harness.listener.losses.front().text.find("no heartbeat") != std::string::npos);
}

TEST_CASE("a broker of MQTT 3.1.1 is spoken to in its version, however it refuses 5") {
  for (const Habit habit : {Habit::refuses_v5, Habit::closes_on_v5}) {
    CAPTURE(static_cast<int>(habit));
    const ScriptedPeer peer(habit);
    LinkHarness harness(link_settings(peer.port()));
    harness.link->start();
    REQUIRE(harness.up());
    CHECK(harness.listener.spoken == MqttVersion::v311);
    auto publication = echo("1");
    publication.expiry = seconds{60};  // left out on 3.1.1
    CHECK(harness.link->publish(publication).accepted);
    CHECK(harness.hears(1));
  }
}

TEST_CASE("a proxy without a broker behind it does not talk a link out of MQTT 5") {
  BrokerProcess broker;
  LinkHarness harness(link_settings(broker.port()));
  harness.link->start();
  REQUIRE(harness.up());
  broker.kill();
  {
    const ScriptedPeer proxy(Habit::closes_at_once, broker.port());
    REQUIRE(harness.until([&] { return proxy.accepted() >= 3; }, seconds{20}));
  }
  broker.start();
  REQUIRE(harness.up(2));
  CHECK(harness.listener.spoken == MqttVersion::v5);
}

TEST_CASE("a publication that the broker's rules deny is told by its reason") {
  const TempDir files;
  files.write("acl", "topic read #\ntopic write allowed/#\n");
  const BrokerProcess broker(files, "allow_anonymous true\nacl_file {dir}/acl\n");
  LinkHarness harness(link_settings(broker.port()));
  harness.link->start();
  REQUIRE(harness.up());
  const auto published = harness.link->publish(echo("1", Qos::at_least_once));
  REQUIRE(harness.until([&] { return !harness.listener.acknowledgements.empty(); }));
  CHECK(harness.listener.acknowledgements.front() == std::pair{published.token, 135});
}

TEST_CASE("towards a frozen broker publications are refused beyond the bound, and counted again") {
  const BrokerProcess broker;
  auto settings = link_settings(broker.port());
  settings.max_queued_bytes = 256U * 1024U;
  settings.subscriptions.clear();
  LinkHarness harness(std::move(settings));
  harness.link->start();
  REQUIRE(harness.up());
  broker.freeze();
  const std::string payload(16U * 1024U, 'x');
  std::size_t accepted = 0;
  while (accepted < 10'000 && harness.link->publish(echo(payload)).accepted) {
    ++accepted;
  }
  MESSAGE("accepted MB: ", accepted * payload.size() / 1'000'000);
  CHECK(accepted < 10'000);
  CHECK_FALSE(harness.link->publish(echo(payload)).accepted);
  CHECK(harness.listener.is_up);
  broker.thaw();
  CHECK(harness.until([&] { return harness.link->publish(echo(payload)).accepted; }));
}

TEST_CASE("neither waiting nor failing burns the processor") {
  const ScriptedPeer silent(Habit::silent);
  const ScriptedPeer unanswering(Habit::does_not_answer);
  LinkHarness waiting(link_settings(silent.port()));
  LinkHarness unheard(link_settings(unanswering.port()));
  LinkHarness refused(link_settings(free_port()));
  for (LinkHarness* harness : {&waiting, &unheard, &refused}) {
    harness->link->start();
    const nanoseconds before = cpu_time();
    loop_for(harness->loop, seconds{2});
    CHECK(cpu_time() - before < milliseconds{300});
  }
}

TEST_CASE("a link may be destroyed at any moment of its start") {
  const BrokerProcess broker;
  const ScriptedPeer silent(Habit::silent);
  const ScriptedPeer closing(Habit::closes_at_once);
  const std::uint16_t nobody = free_port();
  const std::uint16_t ports[] = {broker.port(), silent.port(), closing.port(), nobody};
  io::Loop loop;
  RecordingListener listener;
  for (int i = 0; i < 200; ++i) {
    auto settings = link_settings(ports[i % 4]);
    if (i % 8 >= 4) {
      settings.url.host = "localhost";
    }
    io::MqttLink link(loop, std::move(settings), listener);
    link.start();
    loop_for(loop, milliseconds{i % 6});
  }
  CHECK(true);  // that none of it crashed is what was asked
}

TEST_SUITE_END();

}  // namespace echomesh
