// What the agent says of itself.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "agent/agent_core.hpp"
#include "proto/json_reader.hpp"
#include "tests/unit/agent/agent_world.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr StreamIndex kToUs = 0;
const std::string kAvailability = "echomesh/v1/agent/tokyo/availability";
const std::string kInfo = "echomesh/v1/agent/tokyo/info";

std::vector<AgentWorld::Status> infos_of(const AgentWorld& world, StreamIndex stream) {
  std::vector<AgentWorld::Status> infos;
  for (const auto& status : world.statuses) {
    if (status.what.stream == stream && status.what.topic == kInfo) {
      infos.push_back(status);
    }
  }
  return infos;
}

std::int64_t integer_in(const std::string& payload, const std::string& key) {
  const auto document = JsonDocument::parse(payload);
  REQUIRE(document);
  const auto value = document->root().find(key);
  REQUIRE(value);
  REQUIRE(value->integer());
  return *value->integer();
}

}  // namespace

TEST_SUITE("agent core: status") {
  TEST_CASE("a report link that comes up hears online and info at once") {
    AgentWorld world;
    world.tell(ReportLinkUp{kToUs});
    REQUIRE(world.statuses.size() == 2);
    CHECK(world.statuses[0].what.stream == kToUs);
    CHECK(world.statuses[0].what.topic == kAvailability);
    CHECK(world.statuses[0].what.payload == "online");
    CHECK_FALSE(world.statuses[0].what.expiry);
    CHECK(world.statuses[1].what.topic == kInfo);
    CHECK(world.statuses[1].what.expiry == seconds{90});
  }

  TEST_CASE("info goes out every 30 s, and to no broker that is away") {
    AgentWorld world;
    world.all_up();
    const auto began = world.now().mono;
    world.tell(ReportLinkLost{1});
    world.run(seconds{300});
    const auto infos = infos_of(world, kToUs);
    REQUIRE(infos.size() == 11);
    for (std::size_t i = 0; i < infos.size(); ++i) {
      CHECK(infos[i].at.mono == began + seconds{30} * static_cast<int>(i));
    }
    CHECK(infos_of(world, 1).size() == 1);
    CHECK(world.core().next_wakeup() > world.now().mono);
  }

  TEST_CASE("info is byte for byte as the contract has it") {
    AgentWorld world;
    world.tell(MemoryMeasured{9'437'184});
    world.tell(ReportLinkUp{kToUs});
    CHECK(
        world.statuses.back().what.payload ==
        R"({"ts":"2026-11-21T07:30:00.000Z","ts_ms":1795246200000,)"
        R"("valid_until_ms":1795246290000,"location":"tokyo","name":null,"area":null,)"
        R"("latitude":null,"longitude":null,"version":")" ECHOMESH_VERSION
        R"(","epoch":"5f3a9c1e0b7d2a44","run":"9b1c66d0a4e2f713","started_ms":1795246200000,)"
        R"("regions":["eu","us","ap"],"spool_reports":0,"spool_dropped":0,)"
        R"("loop_lag_max_ms":0,"rss_bytes":9437184,"clock_steps":0,"clock_error_ms":null,"foreign_echoes":0})");
  }

  TEST_CASE("info of the most regions with the longest names is a retained document of 4 KiB") {
    std::vector<std::pair<std::string, std::vector<std::string>>> regions;
    for (int i = 0; i < 256; ++i) {
      regions.push_back({std::string(29, 'r') + std::to_string(100 + i), {}});
      regions.back().second.push_back(regions.front().first);
    }
    auto config = config_with(regions);
    config.place = {std::string(64, '"'), std::string(64, '\\'), -12.3456, -123.4567};
    AgentWorld world(config);
    world.tell(MemoryMeasured{999'999'999'999});
    world.tell(ReportLinkUp{0});
    const auto info = world.statuses.back().what.payload;
    CHECK(info.size() > 3000);
    CHECK(info.size() < 4096);
    CHECK(JsonDocument::parse(info));
  }

  TEST_CASE("info tells what its own stream holds back and has dropped") {
    AgentWorld world;
    world.run(seconds{5 * 800 + 10});
    world.acknowledges_reports = false;
    world.tell(ReportLinkUp{kToUs});
    const auto info = infos_of(world, kToUs).back().what.payload;
    CHECK(integer_in(info, "spool_reports") == 720);
    CHECK(integer_in(info, "spool_dropped") >= 78);
    CHECK(integer_in(info, "spool_dropped") <= 82);
  }

  TEST_CASE("info tells of steps of the clock and of the lag of the loop") {
    AgentWorld world;
    world.rtt = [](const AgentWorld::Sent&) { return std::nullopt; };
    world.all_up();
    world.run(seconds{10});
    world.wake();
    world.step_clock(seconds{100});
    world.stop_for(milliseconds{700});
    world.tell(ReportLinkUp{kToUs});
    const auto info = infos_of(world, kToUs).back().what.payload;
    CHECK(integer_in(info, "clock_steps") == 1);
    // Something was due within a beat, of 100 ms.
    CHECK(integer_in(info, "loop_lag_max_ms") >= 600);
    CHECK(integer_in(info, "loop_lag_max_ms") <= 700);
  }

  TEST_CASE("a stale offline is answered with online, an own online with nothing") {
    AgentWorld world;
    world.all_up();
    world.forget();
    world.tell(AvailabilityHeard{kToUs, "online"});
    CHECK(world.statuses.empty());
    world.tell(AvailabilityHeard{kToUs, "offline"});
    REQUIRE(world.statuses.size() == 1);
    CHECK(world.statuses[0].what.stream == kToUs);
    CHECK(world.statuses[0].what.topic == kAvailability);
    CHECK(world.statuses[0].what.payload == "online");
    world.tell(AvailabilityHeard{kToUs, ""});  // somebody cleared it
    CHECK(world.statuses.size() == 2);
    world.tell(ReportLinkLost{kToUs});
    world.tell(AvailabilityHeard{kToUs, "offline"});
    CHECK(world.statuses.size() == 2);
  }
}

}  // namespace echomesh::agent
