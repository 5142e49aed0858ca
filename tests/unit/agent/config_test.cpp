#include "agent/config.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/unit/agent/config_reading.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::seconds;

/// Each up to its second colon: what it speaks of.
Texts warnings_of(const ConfigReading& reading) {
  Texts subjects;
  for (const auto& warning : reading.warnings) {
    subjects.push_back(warning.substr(0, warning.find(':', warning.find(':') + 1)));
  }
  return subjects;
}

}  // namespace

TEST_SUITE("agent config") {
  TEST_CASE("the least file has a location and a region; all else has its default") {
    const auto reading = read(with_regions({"eu", "us"}));
    REQUIRE(reading.config);
    const auto& config = *reading.config;
    CHECK(config.location.str() == "x");
    CHECK(config.place == Place{});
    CHECK(config.mesh.topic_root == "echomesh");
    CHECK(config.mesh.slot.value == seconds{5});
    CHECK(config.limit == seconds{5});
    CHECK(config.state_dir == "/var/lib/echomesh-agent");
    CHECK(config.regions.size() == 2);
    CHECK(config.regions[0].endpoint.url.port == 1883);
    CHECK_FALSE(config.regions[0].endpoint.username);
    CHECK(warnings_of(reading) == Texts{"witnesses: none"});
  }

  TEST_CASE("a witness leaves nothing to be warned of") {
    auto text = with_regions({"eu", "us"});
    text.insert(0, "witnesses = [\"tcp://192.0.3.1:443\"]\n");
    CHECK(warnings_of(read(text)) == Texts{});
  }

  TEST_CASE("a witness left as manuals have it is warned of: it would make every outage blind") {
    for (const std::string host : {"192.0.2.1", "198.51.100.255", "203.0.113.0"}) {
      auto text = with_regions({"eu", "us"});
      text.insert(0, "witnesses = [\"tcp://one.example.net:443\", \"tcp://" + host + ":443\"]\n");
      CHECK(warnings_of(read(text)) == Texts{"witnesses: " + host});
    }
  }

  TEST_CASE("every key is read") {
    const auto reading = read(R"toml(
location = "us-west"
name = "USA West (California)"
area = "Americas"
latitude = 37.4
longitude = -122
state_dir = "/srv/agent"
topic_root = "mesh/two"
slot = "10s"
witnesses = ["tcp://192.0.3.1:443", "tcp://[2001:db8::1]:53"]
[echo]
limit = "1m"
[spool]
max_age = "48h"
max_bytes = "64MiB"
[[region]]
id = "eu"
url = "mqtts://eu.example.net"
username = "someone"
password_file = "/etc/eu.password"
ca_file = "/etc/ca.crt"
cert_file = "/etc/a.crt"
key_file = "/etc/a.key"
report_to = ["us"]
[[region]]
id = "us"
url = "mqtt://us.example.net:1884"
password_file = "us.password"
)toml");
    REQUIRE(reading.config);
    const auto& config = *reading.config;
    CHECK(config.location.str() == "us-west");
    CHECK(config.place == Place{"USA West (California)", "Americas", 37.4, -122.0});
    CHECK(config.state_dir == "/srv/agent");
    CHECK(config.mesh == MeshSettings{"mesh/two", SlotWidth{seconds{10}}});
    CHECK(config.limit == seconds{60});
    REQUIRE(config.regions.size() == 2);
    CHECK(config.regions[0].endpoint == Endpoint{{"eu.example.net", 8883, true},
                                                 "someone",
                                                 "/etc/eu.password",
                                                 "/etc/ca.crt",
                                                 "/etc/a.crt",
                                                 "/etc/a.key"});
    CHECK(config.regions[1].endpoint.username == "us-west");  // a password without a name
    CHECK(report_brokers(reading) == "eu>us us>eu");
    CHECK(reading.warnings ==
          Texts{"[spool]: without effect yet: reports are kept in memory only"});
    CHECK(reading.config->witnesses ==
          std::vector<Witness>{{"192.0.3.1", 443}, {"2001:db8::1", 53}});
  }

  TEST_CASE("outcomes are reported to the first two other regions") {
    CHECK(report_brokers(read(with_regions({"eu", "us", "ap", "sa"}))) ==
          "eu>us,ap us>eu,ap ap>eu,us sa>eu,us");
    CHECK(report_brokers(read(with_regions({"eu", "us"}))) == "eu>us us>eu");
  }

  TEST_CASE("a region that is alone reports to itself, with a warning") {
    const auto reading = read(with_regions({"eu"}));
    CHECK(report_brokers(reading) == "eu>eu");
    CHECK(warnings_of(reading) ==
          Texts{"witnesses: none, and one region", "region eu: reports to its own broker"});
  }

  TEST_CASE("reporting to oneself by another id is warned of too") {
    const auto reading = read(R"(
location = "x"
[[region]]
id = "eu"
url = "mqtt://one.example"
[[region]]
id = "us"
url = "mqtt://one.example:1883"
)");
    CHECK(warnings_of(reading) == Texts{"witnesses: none", "region eu: reports to its own broker",
                                        "region us: reports to its own broker"});
    CHECK(reading.config);
  }

  TEST_CASE("the example file is without mistake, and has us name witnesses of our own") {
    std::ifstream file(ECHOMESH_SOURCE_DIR "/systemd/agent.toml");
    std::ostringstream content;
    content << file.rdbuf();
    const std::string text = content.str();
    REQUIRE_FALSE(text.empty());
    const auto reading = read(text);
    CHECK(mistakes_of(text) == Texts{});
    CHECK(warnings_of(reading) == Texts{"witnesses: none"});
    CHECK(report_brokers(reading) == "eu>us,ap us>eu,ap ap>eu,us");
  }
}

}  // namespace echomesh::agent
