// What a settings file of an agent must not hold.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/agent/config_reading.hpp"

namespace echomesh::agent {

TEST_SUITE("agent config: mistakes") {
  TEST_CASE("all mistakes of a bad file are told at once, each with its place") {
    CHECK(mistakes_of(R"(location = "US West"
name = ""
latitude = 90.5
longitude = "far"
topic_root = "a//b"
slot = "7s"
state_dir = 5
colour = "red"
witnesses = ["192.0.2.1:443"]
[echo]
limit = "61s"
retries = 3
[spool]
max_age = 48
[[region]]
id = "EU"
url = "eu.example"
report_to = ["us", "us", "U S"]
[[region]]
id = "us"
url = "mqtt://us.example"
ca_file = "/ca"
pasword_file = "/p"
[[region]]
id = "us"
report_to = ["mars"]
[[region]]
url = "mqtts://x.example:0"
cert_file = "/c"
report_to = []
)") == Texts{
           "a.toml:1: location: must be 1 to 32 of a-z, 0-9 and -, got \"US West\"",
           "a.toml:2: name: must be 1 to 64 bytes of text without control characters",
           "a.toml:3: latitude: must be degrees from -90 to 90",
           "a.toml:4: longitude: must be a number, got text",
           "a.toml:5: topic_root: must be 1 to 64 of letters, digits, -, _, . and inner /, got "
           "\"a//b\"",
           "a.toml:6: slot: must be whole seconds that divide 300, up to 60s, got 7s",
           "a.toml:7: state_dir: must be text in quotes, got an integer",
           "a.toml:11: echo.limit: must be from 1s to 60s, got 61s",
           "a.toml:12: echo.retries: unknown key",
           "a.toml:9: witnesses: must be tcp://host:port each, got \"192.0.2.1:443\"",
           "a.toml:14: spool.max_age: must be text in quotes, got an integer",
           "a.toml:17: region[0].url: must start with mqtt:// or mqtts://, got \"eu.example\"",
           "a.toml:16: region[0].id: must be 1 to 32 of a-z, 0-9 and -, got \"EU\"",
           "a.toml:18: region[0].report_to: names \"us\" twice",
           "a.toml:18: region[0].report_to: must be 1 to 32 of a-z, 0-9 and -, got \"U S\"",
           "a.toml:22: region[1].ca_file: is for mqtts:// only",
           "a.toml:23: region[1].pasword_file: unknown key",
           "a.toml:24: region[2].url: is missing: the broker, such as "
           "mqtts://eu.example.net:8883",
           "a.toml:28: region[3].url: must have a port from 1 to 65535, got "
           "\"mqtts://x.example:0\"",
           "a.toml:29: region[3].cert_file: cert_file and key_file go together",
           "a.toml:27: region[3].id: is missing: the id of the region",
           "a.toml:30: region[3].report_to: must name a region, or be left out",
           "a.toml:25: region[2].id: \"us\" stands twice",
           "a.toml:26: region[2].report_to: \"mars\" is not the id of a [[region]]",
           "a.toml:8: colour: unknown key",
       });
  }

  TEST_CASE("a file without anything says what it must have") {
    CHECK(mistakes_of("") ==
          Texts{"a.toml:1: location: is missing: the id of the place where this agent runs",
                "a.toml:1: region: is missing: at least one [[region]] with id and url"});
  }

  TEST_CASE("a file that is no TOML is one mistake with line and column") {
    const auto mistakes = mistakes_of("location = \"x\"\n[[region]\n");
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].rfind("a.toml:2:", 0) == 0);
    CHECK(mistakes[0].find("not TOML") != std::string::npos);
  }

  TEST_CASE("regions written as one table are told apart from missing ones") {
    CHECK(mistakes_of("location = \"x\"\n[region]\nid = \"eu\"\n") ==
          Texts{"a.toml:2: region: must be written as [[region]]"});
  }

  TEST_CASE("the limit is from 1 to 60 whole seconds") {
    for (const auto& [text, count] :
         std::vector<std::pair<std::string, std::size_t>>{{"0s", 1},
                                                          {"1s", 0},
                                                          {"60s", 0},
                                                          {"1m", 0},
                                                          {"61s", 1},
                                                          {"2m", 1},
                                                          {"1.5s", 1},
                                                          {"5", 1},
                                                          {"-5s", 1},
                                                          {"500ms", 1},
                                                          {"99999999999999999999s", 1}}) {
      CAPTURE(text);
      CHECK(mistakes_of(with_regions({"eu"}, "location = \"x\"\necho.limit = \"" + text + "\"\n"))
                .size() == count);
    }
  }

  TEST_CASE("a witness has a host and a port, and there are at most 16") {
    const auto mistakes_with = [](const std::string& witnesses) {
      return mistakes_of(with_regions({"eu"}, "location = \"x\"\nwitnesses = " + witnesses + "\n"))
          .size();
    };
    CHECK(mistakes_with(R"(["tcp://192.0.2.1:443"])") == 0);
    CHECK(mistakes_with(R"(["tcp://192.0.2.1:1883", "tcp://192.0.2.1:8883"])") == 0);
    CHECK(mistakes_with(R"(["tcp://192.0.2.1"])") == 1);
    CHECK(mistakes_with(R"(["tcp://:443"])") == 1);
    CHECK(mistakes_with(R"(["udp://192.0.2.1:443", "tcp://"])") == 2);
    std::string sixteen;
    for (int i = 0; i < 16; ++i) {
      sixteen += "\"tcp://192.0.2.1:" + std::to_string(1000 + i) + "\", ";
    }
    CHECK(mistakes_with("[" + sixteen + "]") == 0);
    CHECK(mistakes_with("[" + sixteen + "\"tcp://192.0.2.1:443\"]") == 1);
    CHECK(mistakes_with(R"(["tcp://192.0.2.1:443", "tcp://192.0.2.1:443"])") == 1);
  }

  TEST_CASE("256 regions can be watched, 257 not: a report carries no more") {
    Texts ids;
    for (int i = 0; i < 256; ++i) {
      ids.push_back("r" + std::to_string(i));
    }
    CHECK(mistakes_of(with_regions(ids)).empty());
    ids.emplace_back("one-more");
    CHECK(mistakes_of(with_regions(ids)) ==
          Texts{"a.toml:2: region: must be at most 256: a report carries no more"});
  }
}

}  // namespace echomesh::agent
