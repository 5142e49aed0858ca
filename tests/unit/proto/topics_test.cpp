#include "proto/topics.hpp"

#include <doctest/doctest.h>

#include <string>

namespace echomesh {
namespace {

const LocationId kTokyo = LocationId::parse("tokyo").value();
const RegionId kEu = RegionId::parse("eu").value();

}  // namespace

TEST_SUITE("topics") {
  TEST_CASE("all topics have the names of the contract") {
    const Topics topics;
    CHECK(topics.root() == "echomesh");
    CHECK(topics.probe(kTokyo) == "echomesh-probe/v1/tokyo");
    CHECK(topics.report(kTokyo) == "echomesh-report/v1/tokyo");
    CHECK(topics.agent_availability(kTokyo) == "echomesh/v1/agent/tokyo/availability");
    CHECK(topics.agent_info(kTokyo) == "echomesh/v1/agent/tokyo/info");
    CHECK(topics.aggregator_availability() == "echomesh/v1/aggregator/availability");
    CHECK(topics.aggregator_info() == "echomesh/v1/aggregator/info");
    CHECK(topics.aggregator_heartbeat() == "echomesh/v1/aggregator/heartbeat");
    CHECK(topics.region(kEu, "state") == "echomesh/v1/region/eu/state");
    CHECK(topics.path(kEu, kTokyo, "rtt_24h") == "echomesh/v1/region/eu/location/tokyo/rtt_24h");
  }

  TEST_CASE("another root moves all three roots") {
    const Topics topics("acme/mesh");
    CHECK(topics.probe(kTokyo) == "acme/mesh-probe/v1/tokyo");
    CHECK(topics.report(kTokyo) == "acme/mesh-report/v1/tokyo");
    CHECK(topics.region(kEu, "live") == "acme/mesh/v1/region/eu/live");
    CHECK(topics.all_reports() == "acme/mesh-report/v1/+");
    CHECK(topics.all_agent_infos() == "acme/mesh/v1/agent/+/info");
    CHECK(topics.all_region_summaries() == "acme/mesh/v1/region/+/summary");
  }

  TEST_CASE("a root is 1 to 64 plain bytes without an empty level") {
    for (const std::string root : {"echomesh", "a", "a/b", "A-b_c.9"}) {
      CHECK_MESSAGE(is_valid_topic_root(root), root);
    }
    for (const std::string root :
         {"", "/", "/a", "a/", "a//b", "a+", "#", "$share", "a b", "\xC3\xA9"}) {
      CHECK_MESSAGE(!is_valid_topic_root(root), root);
    }
    CHECK(is_valid_topic_root(std::string(64, 'a')));
    CHECK_FALSE(is_valid_topic_root(std::string(65, 'a')));
  }

  TEST_CASE("the level that + stands for is found") {
    const Topics topics;
    CHECK(Topics::wildcard_level(topics.all_reports(), topics.report(kTokyo)) == "tokyo");
    CHECK(Topics::wildcard_level(topics.all_agent_infos(), topics.agent_info(kTokyo)) == "tokyo");
    CHECK(Topics::wildcard_level(topics.all_region_summaries(), topics.region(kEu, "summary")) ==
          "eu");
    CHECK(Topics::wildcard_level("a/+/b", "a//b") == "");
  }

  TEST_CASE("a topic that the filter does not cover has no such level") {
    const Topics topics;
    CHECK_FALSE(Topics::wildcard_level(topics.all_reports(), "echomesh-report/v1/tokyo/replay"));
    CHECK_FALSE(Topics::wildcard_level(topics.all_reports(), "echomesh-report/v1"));
    CHECK_FALSE(Topics::wildcard_level(topics.all_reports(), "echomesh-report/v2/tokyo"));
    CHECK_FALSE(Topics::wildcard_level(topics.all_reports(), ""));
    CHECK_FALSE(
        Topics::wildcard_level(topics.all_agent_infos(), topics.agent_availability(kTokyo)));
    CHECK_FALSE(
        Topics::wildcard_level(topics.all_region_summaries(), topics.path(kEu, kTokyo, "summary")));
    CHECK_FALSE(Topics::wildcard_level("a/+/a", "a/a"));
  }
}

}  // namespace echomesh
