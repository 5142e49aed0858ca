#include "aggregator/config.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

constexpr std::string_view kLeast = R"(broker = "mqtt://127.0.0.1"
[[region]]
id = "eu"
)";

ConfigReading read(std::string_view text) {
  return read_config(text, "a.toml");
}

/// Of a text that must be without mistakes.
Config config_of(const std::string& text) {
  const auto reading = read(text);
  for (const auto& mistake : reading.mistakes) {
    FAIL_CHECK(to_string(mistake));
  }
  REQUIRE(reading.config.has_value());
  return *reading.config;
}

Config with(const std::string& more) {
  return config_of(std::string(kLeast) + more);
}

std::string installed_example() {
  std::ostringstream text;
  text << std::ifstream(ECHOMESH_SOURCE_DIR "/systemd/aggregator.toml").rdbuf();
  return text.str();
}

TEST_SUITE("aggregator config") {
  TEST_CASE("a broker and a region are enough") {
    const auto reading = read(kLeast);
    REQUIRE(reading.config.has_value());
    CHECK(reading.mistakes.empty());
    CHECK(reading.warnings.empty());
    const auto& config = *reading.config;
    CHECK(config.broker.url == BrokerUrl{"127.0.0.1", 1883, false});
    CHECK_FALSE(config.region_of_broker);
    CHECK(config.mesh == MeshSettings{});
    CHECK(config.state_dir == "/var/lib/echomesh-aggregator");
    REQUIRE(config.regions.size() == 1);
    CHECK(config.regions[0].name == "eu");
    CHECK_FALSE(config.regions[0].latitude);
    CHECK(config.slow_from == milliseconds{1000});
    CHECK(config.verdict == VerdictPolicy{0.5, 0.2, 0.2, 1, 0});
    CHECK(config.locations.empty());
  }

  TEST_CASE("every key is read") {
    const auto config = config_of(R"(
broker = "mqtts://us.example.net"
username = "agg"
password_file = "/etc/pw"
ca_file = "/etc/ca.pem"
region_of_broker = "us"
state_dir = "/var/lib/other"
topic_root = "mesh/prod"
slot = "10s"
[[region]]
id = "eu"
name = "Europe"
latitude = 50.1
longitude = 8
objective_pct = 99.95
[policy]
slow_ms = 300
major = 1
partial = 0.4
degraded = 0.3
min_judging = 2
unknown_as = "down"
counts_as_down = ["major_outage", "partial_outage"]
[[sla]]
plan = "enterprise"
below_pct = 99.9
credit_pct = 30
[[location]]
id = "london"
slow_ms = 500
)");
    CHECK(config.broker.url == BrokerUrl{"us.example.net", 8883, true});
    CHECK(config.broker.username == "agg");
    CHECK(config.broker.password_file == "/etc/pw");
    CHECK(config.broker.ca_file == "/etc/ca.pem");
    CHECK(config.region_of_broker == region_id("us"));
    CHECK(config.state_dir == "/var/lib/other");
    CHECK(config.mesh == MeshSettings{"mesh/prod", SlotWidth{seconds{10}}});
    CHECK(config.regions.at(0).name == "Europe");
    CHECK(config.regions.at(0).latitude == 50.1);
    CHECK(config.regions.at(0).longitude == 8.0);
    CHECK(config.slow_from == milliseconds{300});
    CHECK(config.verdict == VerdictPolicy{1.0, 0.4, 0.3, 2, 1});
    REQUIRE(config.locations.size() == 1);
    CHECK(config.locations[0].id == location_id("london"));
    CHECK(config.locations[0].slow_from == milliseconds{500});
    CHECK(config.locations[0].group == kNoGroup);
  }

  TEST_CASE("what has no effect yet is told as a warning") {
    const auto reading =
        read(std::string(kLeast) + "[policy]\nunknown_as = \"up\"\n[[sla]]\nplan = \"x\"\n");
    CHECK(reading.config.has_value());
    REQUIRE(reading.warnings.size() == 2);
    CHECK(reading.warnings[0].find("unknown_as") != std::string::npos);
    CHECK(reading.warnings[1].find("[[sla]]") != std::string::npos);
  }

  TEST_CASE("a password without a user name is the aggregator's") {
    CHECK(with("").broker.username == std::nullopt);
    CHECK(config_of("password_file = \"/etc/pw\"\n" + std::string(kLeast)).broker.username ==
          "aggregator");
  }

  TEST_CASE("locations of one group share an index, and are one expected vote") {
    const auto config = with(R"(
[[location]]
id = "a"
group = "cloud"
[[location]]
id = "b"
[[location]]
id = "c"
group = "other"
[[location]]
id = "d"
group = "cloud"
)");
    CHECK(config.groups == std::vector<std::string>{"cloud", "other"});
    REQUIRE(config.locations.size() == 4);
    CHECK(config.locations[0].group == 0);
    CHECK(config.locations[1].group == kNoGroup);
    CHECK(config.locations[2].group == 1);
    CHECK(config.locations[3].group == 0);
    CHECK(config.verdict.expected_votes == 3);
  }

  TEST_CASE("the minimum of judges is 3, or the number of entries if smaller, or 1 without any") {
    std::string text;
    for (const std::int64_t expected : {1, 1, 2, 3, 3, 3}) {
      const auto config = with(text);
      CHECK(config.verdict.min_judging == expected);
      CHECK(with(text + "[policy]\nmin_judging = 7\n").verdict.min_judging == 7);
      text += "[[location]]\nid = \"l" + std::to_string(text.size()) + "\"\n";
    }
  }

  TEST_CASE("all mistakes are told at once, each with its place") {
    const auto reading = read(R"(broker = "http://x"
region_of_broker = "US"
topic_root = "/x"
slot = "7s"
colour = "red"
[[region]]
id = "eu"
area = "Europe"
latitude = 91
[[region]]
id = "eu"
[[region]]
name = "no id"
objective_pct = 101
[policy]
slow_ms = 0
major = 0
partial = 1.5
degraded = "all"
min_judging = 0
unknown_as = "sideways"
counts_as_down = ["slow"]
weight = 1
[[sla]]
below_pct = -1
[[location]]
id = "A"
[[location]]
id = "b"
group = "no good"
[[location]]
id = "b"
slow_ms = 60001
)");
    CHECK_FALSE(reading.config.has_value());
    std::vector<std::string> places;
    for (const auto& mistake : reading.mistakes) {
      places.push_back(mistake.where);
      CHECK_FALSE(mistake.what.empty());
    }
    const std::vector<std::string> expected = {
        "a.toml:1: broker",
        "a.toml:2: region_of_broker",
        "a.toml:3: topic_root",
        "a.toml:4: slot",
        "a.toml:9: region[0].latitude",
        "a.toml:8: region[0].area",
        "a.toml:11: region[1].id",
        "a.toml:12: region[2].id",
        "a.toml:14: region[2].objective_pct",
        "a.toml:27: location[0].id",
        "a.toml:30: location[1].group",
        "a.toml:33: location[2].slow_ms",
        "a.toml:32: location[2].id",
        "a.toml:16: policy.slow_ms",
        "a.toml:17: policy.major",
        "a.toml:18: policy.partial",
        "a.toml:19: policy.degraded",
        "a.toml:20: policy.min_judging",
        "a.toml:21: policy.unknown_as",
        "a.toml:22: policy.counts_as_down",
        "a.toml:23: policy.weight",
        "a.toml:24: sla[0].plan",
        "a.toml:25: sla[0].below_pct",
        "a.toml:5: colour",
    };
    CHECK(places == expected);
  }

  TEST_CASE("an empty file lacks a broker and a region") {
    const auto reading = read("");
    CHECK_FALSE(reading.config.has_value());
    REQUIRE(reading.mistakes.size() == 2);
    CHECK(to_string(reading.mistakes[0]).find("broker: is missing") != std::string::npos);
    CHECK(to_string(reading.mistakes[1]).find("region: is missing") != std::string::npos);
  }

  TEST_CASE("values at their bounds are taken, those beside them are not") {
    const std::vector<std::pair<std::string, bool>> rows = {
        {"[policy]\nslow_ms = 1\n", true},      {"[policy]\nslow_ms = 60000\n", true},
        {"[policy]\nslow_ms = 60001\n", false}, {"[policy]\nmajor = 1.0\n", true},
        {"[policy]\nmajor = 1.001\n", false},   {"[policy]\nmajor = nan\n", false},
        {"[policy]\nmin_judging = 1\n", true},  {"[policy]\nmin_judging = 1.5\n", false},
        {"[[location]]\nid = \"\"\n", false},   {"[location]\nid = \"a\"\n", false},
    };
    for (const auto& [text, is_right] : rows) {
      CAPTURE(text);
      CHECK(read(std::string(kLeast) + text).mistakes.empty() == is_right);
    }
  }

  TEST_CASE("a region too many is a mistake") {
    std::string text = "broker = \"mqtt://127.0.0.1\"\n";
    for (int i = 0; i < 256; ++i) {
      text += "[[region]]\nid = \"r" + std::to_string(i) + "\"\n";
    }
    CHECK(read(text).mistakes.empty());
    CHECK(read(text + "[[region]]\nid = \"more\"\n").mistakes.size() == 1);
  }

  TEST_CASE("what is no TOML is one mistake with line and column") {
    const auto reading = read("broker = \n");
    CHECK_FALSE(reading.config.has_value());
    REQUIRE(reading.mistakes.size() == 1);
    CHECK(reading.mistakes[0].where.find("a.toml:1:") == 0);
  }

  TEST_CASE("the example that is installed is right") {
    const auto reading = read(installed_example());
    for (const auto& mistake : reading.mistakes) {
      FAIL_CHECK(to_string(mistake));
    }
    CHECK(reading.config.has_value());
    CHECK(reading.warnings.empty());
  }

  TEST_CASE("the example stays right when its comments are settings") {
    std::istringstream file(installed_example());
    std::string text;
    for (std::string line; std::getline(file, line);) {
      const bool is_setting = line.find(" = ") != std::string::npos || line.find("# [") == 0;
      text += (is_setting && line.find("# ") == 0 ? line.substr(2) : line) + "\n";
    }
    const auto reading = read(text);
    for (const auto& mistake : reading.mistakes) {
      FAIL_CHECK(to_string(mistake));
    }
    CHECK(reading.config.has_value());
  }
}

}  // namespace
}  // namespace echomesh::aggregator
