#include "proto/broker_url.hpp"

#include <doctest/doctest.h>

#include <string>

namespace echomesh {

TEST_SUITE("broker url") {
  TEST_CASE("a scheme gives its port, unless another is named") {
    struct Row {
      std::string text;
      BrokerUrl url;
    };
    for (const auto& [text, url] :
         {Row{"mqtt://eu.example.net", {"eu.example.net", 1883, false}},
          Row{"mqtts://eu.example.net", {"eu.example.net", 8883, true}},
          Row{"mqtts://eu.example.net:443", {"eu.example.net", 443, true}},
          Row{"mqtt://eu.example.net/", {"eu.example.net", 1883, false}},
          Row{"mqtt://127.0.0.1:1", {"127.0.0.1", 1, false}},
          Row{"mqtt://eu:65535", {"eu", 65535, false}},
          Row{"mqtt://[2001:db8::1]", {"2001:db8::1", 1883, false}},
          Row{"mqtts://[fe80::1%eth0]:8884", {"fe80::1%eth0", 8884, true}}}) {
      CAPTURE(text);
      const auto parsed = BrokerUrl::parse(text);
      REQUIRE(parsed.ok());
      CHECK(parsed.value() == url);
    }
  }

  TEST_CASE("a url that is none is refused, and the error says what was expected and got") {
    struct Row {
      std::string text;
      std::string expected;
    };
    for (const auto& [text, expected] :
         {Row{"eu.example", R"(must start with mqtt:// or mqtts://, got "eu.example")"},
          Row{"", R"(must start with mqtt:// or mqtts://, got "")"},
          Row{"tcp://eu", "must start with"},
          Row{"MQTT://eu", "must start with"},
          Row{"mqtt:/eu", "must start with"},
          Row{"mqtt://", "must be mqtt[s]://host"},
          Row{"mqtt:///", "must be mqtt[s]://host"},
          Row{"mqtt://:1883", "must be mqtt[s]://host"},
          Row{"mqtt://eu:", "must be mqtt[s]://host"},
          Row{"mqtt://e u", "must be mqtt[s]://host"},
          Row{"mqtt://eu/path", "must be mqtt[s]://host"},
          Row{"mqtt://eu?x=1", "must be mqtt[s]://host"},
          Row{"mqtt://2001:db8::1", "must be mqtt[s]://host"},
          Row{"mqtt://[2001:db8::1", "must be mqtt[s]://host"},
          Row{"mqtt://[::1]1883", "must be mqtt[s]://host"},
          Row{"mqtt://[]", "must be mqtt[s]://host"},
          Row{"mqtt://eu:0", "port from 1 to 65535"},
          Row{"mqtt://eu:65536", "port from 1 to 65535"},
          Row{"mqtt://eu:-1", "port from 1 to 65535"},
          Row{"mqtt://eu:+1", "port from 1 to 65535"},
          Row{"mqtt://eu:18x", "port from 1 to 65535"},
          Row{"mqtt://eu:1883/x", "port from 1 to 65535"}}) {
      CAPTURE(text);
      const auto parsed = BrokerUrl::parse(text);
      REQUIRE_FALSE(parsed.ok());
      CHECK_MESSAGE(parsed.error().what.find(expected) != std::string::npos, parsed.error().what);
    }
  }

  TEST_CASE("a host has at most 253 bytes") {
    CHECK(BrokerUrl::parse("mqtt://" + std::string(253, 'a')).ok());
    CHECK_FALSE(BrokerUrl::parse("mqtt://" + std::string(254, 'a')).ok());
  }

  TEST_CASE("a user name is refused, and a password with it is not repeated in the error") {
    for (const std::string text :
         {"mqtt://ada@eu", "mqtts://ada:hunter2@eu:8883", "tcp://a:hunter2@eu"}) {
      const auto parsed = BrokerUrl::parse(text);
      REQUIRE_FALSE(parsed.ok());
      CHECK(parsed.error().what.starts_with("must not hold a user name"));
      CHECK(parsed.error().what.find("hunter2") == std::string::npos);
    }
  }

  TEST_CASE("an error repeats at most 80 bytes of what it got") {
    CHECK(BrokerUrl::parse(std::string(100'000, 'x')).error().what.size() < 160);
  }

  TEST_CASE("a url is written with its port, IPv6 in brackets, and read back") {
    for (const std::string text :
         {"mqtts://eu.example.net:8883", "mqtt://127.0.0.1:18831", "mqtt://[::1]:1883"}) {
      CHECK(to_string(BrokerUrl::parse(text).value()) == text);
    }
  }
}

}  // namespace echomesh
