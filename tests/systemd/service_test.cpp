#include "proto/io/service.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <ctime>
#include <string>
#include <thread>

#include "tests/support/loop_until.hpp"
#include "tests/systemd/manager_socket.hpp"

using namespace echomesh;
using namespace std::chrono_literals;
using io::Loop;
using io::Service;

TEST_SUITE_BEGIN("service");

TEST_CASE("a program that serves says so, with a line for people") {
  ManagerSocket manager;
  Loop loop;
  Service service(loop);
  CHECK(manager.told().empty());
  service.ready("at oregon watches 3 regions");
  CHECK(manager.told() == std::vector<std::string>{"READY=1\nSTATUS=at oregon watches 3 regions"});
}

TEST_CASE("a line break in the status cannot begin a message of its own") {
  ManagerSocket manager;
  Loop loop;
  Service service(loop);
  service.ready("one\nSTOPPING=1\r");
  CHECK(manager.told() == std::vector<std::string>{"READY=1\nSTATUS=one STOPPING=1 "});
}

TEST_CASE("reloading is told with the time of the manager's clock, and ends with ready") {
  ManagerSocket manager;
  Loop loop;
  Service service(loop);
  const auto clock_us = [] {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000LL + time.tv_nsec / 1'000;
  };
  const auto before = clock_us();
  service.reloading();
  const auto after = clock_us();
  service.ready("again");
  REQUIRE(manager.told().size() == 2);
  const std::string& message = manager.told()[0];
  const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(message.starts_with(head));
  const auto told_us = std::stoll(message.substr(head.size()));
  CHECK(told_us >= before);
  CHECK(told_us <= after);
  CHECK(manager.told()[1] == "READY=1\nSTATUS=again");
}

TEST_CASE("stopping is told") {
  ManagerSocket manager;
  Loop loop;
  Service service(loop);
  service.stopping();
  CHECK(manager.told() == std::vector<std::string>{"STOPPING=1\nSTATUS=stopping"});
}

TEST_CASE("a watchdog hears of a running loop at half its time, from ready on") {
  ManagerSocket manager;
  const Environment watchdog("WATCHDOG_USEC", "100000");
  Loop loop;
  Service service(loop);
  loop_for(loop, 120ms);
  CHECK(manager.count("WATCHDOG=1") == 0);
  const auto ready = io::mono_now();
  service.ready("");
  CHECK(manager.count("WATCHDOG=1") == 1);
  CHECK(loop_until(loop, [&] { return manager.count("WATCHDOG=1") == 6; }));
  CHECK(io::mono_now() - ready >= 250ms);  // the sixth is due after five halves
}

TEST_CASE("a watchdog hears nothing of a loop that hangs, and hears again once it runs") {
  ManagerSocket manager;
  const Environment watchdog("WATCHDOG_USEC", "20000");
  Loop loop;
  Service service(loop);
  service.ready("");
  loop.defer([] { std::this_thread::sleep_for(200ms); });
  loop.defer([&] { CHECK(manager.count("WATCHDOG=1") == 1); });
  CHECK(loop_until(loop, [&] { return manager.count("WATCHDOG=1") >= 3; }));
}

TEST_CASE("without a watchdog, or with one for another process, nobody is told of life") {
  ManagerSocket manager;
  std::optional<Environment> watchdog;
  std::optional<Environment> other;
  SUBCASE("no watchdog") {}
  SUBCASE("another process") {
    watchdog.emplace("WATCHDOG_USEC", "20000");
    other.emplace("WATCHDOG_PID", "1");
  }
  SUBCASE("no number") {
    watchdog.emplace("WATCHDOG_USEC", "soon");
  }
  Loop loop;
  Service service(loop);
  service.ready("");
  loop_for(loop, 100ms);
  CHECK(manager.told().size() == 1);
}

TEST_CASE("without a service manager nothing is told, and nothing fails") {
  Loop loop;
  Service service(loop);
  service.ready("");
  service.reloading();
  service.stopping();
}

TEST_CASE("a manager that is not there keeps nobody from working") {
  const Environment gone("NOTIFY_SOCKET", "/nonexistent/notify");
  const Environment watchdog("WATCHDOG_USEC", "20000");
  Loop loop;
  Service service(loop);
  service.ready("");
  loop_for(loop, 50ms);
}

TEST_SUITE_END();
