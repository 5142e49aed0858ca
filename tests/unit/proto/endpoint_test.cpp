#include "proto/endpoint.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace echomesh {
namespace {

using Told = std::vector<std::string>;

template <class Value>
struct Reading {
  Value value;
  Told mistakes;
};

/// Reads a text with `read`, as a program would, unknown keys included.
template <class Read>
auto reading(std::string_view text, const Read& read) {
  SettingsFile file(text, "f");
  auto root = file.root();
  auto value = read(root);
  root.finish();
  Told mistakes;
  for (const auto& mistake : file.mistakes()) {
    mistakes.push_back(to_string(mistake));
  }
  return Reading<decltype(value)>{std::move(value), std::move(mistakes)};
}

auto endpoint(std::string_view text) {
  return reading(text, [](SettingsTable& table) { return read_endpoint(table, "url", "tokyo"); });
}

}  // namespace

TEST_SUITE("endpoint") {
  TEST_CASE("a url and how to log in are read") {
    const auto read = endpoint(R"(url = "mqtts://eu:8884"
username = "ada"
password_file = "p"
ca_file = "ca"
cert_file = "c"
key_file = "k"
)");
    CHECK(read.mistakes.empty());
    CHECK(read.value == Endpoint{{"eu", 8884, true}, "ada", "p", "ca", "c", "k"});
  }

  TEST_CASE("a password without a user name is the default user's; no password needs no user") {
    CHECK(endpoint("url = \"mqtt://eu\"\npassword_file = \"p\"\n").value.username == "tokyo");
    CHECK_FALSE(endpoint("url = \"mqtt://eu\"\n").value.username);
  }

  TEST_CASE("a missing or wrong url is told once, and hides no other mistake") {
    CHECK(endpoint("username = \"\"\ncert_file = \"c\"\n").mistakes ==
          Told{"f:1: url: is missing: the broker, such as mqtts://eu.example.net:8883",
               "f:2: cert_file: cert_file and key_file go together",
               "f:1: username: must not be empty"});
    CHECK(endpoint("url = \"eu\"\nkey_file = \"k\"\n").mistakes ==
          Told{"f:1: url: must start with mqtt:// or mqtts://, got \"eu\"",
               "f:2: key_file: cert_file and key_file go together"});
    CHECK(endpoint("url = 5\n").mistakes ==
          Told{"f:1: url: must be text in quotes, got an integer"});
  }

  TEST_CASE("certificates are for mqtts:// only") {
    CHECK(endpoint("url = \"mqtt://eu\"\nca_file = \"c\"\n").mistakes ==
          Told{"f:2: ca_file: is for mqtts:// only"});
    CHECK(endpoint("url = \"mqtts://eu\"\nca_file = \"c\"\n").mistakes.empty());
  }

  TEST_CASE("a password in the settings is an unknown key") {
    CHECK(endpoint("url = \"mqtt://eu\"\npassword = \"x\"\n").mistakes ==
          Told{"f:2: password: unknown key"});
  }

  TEST_CASE("the mesh has its root and its slot, echomesh and 5 s if not set") {
    const auto defaults = reading("", read_mesh_settings);
    CHECK(defaults.value == MeshSettings{"echomesh", SlotWidth{std::chrono::seconds{5}}});
    CHECK(defaults.mistakes.empty());
    const auto set = reading("topic_root = \"acme/mesh\"\nslot = \"10s\"\n", read_mesh_settings);
    CHECK(set.value == MeshSettings{"acme/mesh", SlotWidth{std::chrono::seconds{10}}});
    CHECK(set.mistakes.empty());
  }

  TEST_CASE("a slot divides 300 s and is at most 60 s, and a root is a topic") {
    for (const std::string slot : {"1s", "60s", "1m", "50s"}) {
      CHECK_MESSAGE(reading("slot = \"" + slot + "\"", read_mesh_settings).mistakes.empty(), slot);
    }
    CHECK(reading("slot = \"7s\"\ntopic_root = \"a/#\"\n", read_mesh_settings).mistakes ==
          Told{"f:2: topic_root: must be 1 to 64 of letters, digits, -, _, . and inner /, got "
               "\"a/#\"",
               "f:1: slot: must be whole seconds that divide 300, up to 60s, got 7s"});
    for (const std::string slot : {"0s", "61s", "75s", "300s", "5m", "500ms"}) {
      const auto read = reading("slot = \"" + slot + "\"", read_mesh_settings);
      CHECK_MESSAGE(read.mistakes.size() == 1, slot);
      CHECK(read.value.slot == SlotWidth{});
    }
  }

  TEST_CASE("a place is read, whole degrees too") {
    const auto read = reading(
        "name = \"T\xC5\x8Dky\xC5\x8D\"\narea = \"Asia\"\nlatitude = 35.7\nlongitude = 180\n",
        read_place);
    CHECK(read.mistakes.empty());
    CHECK(read.value == Place{"T\xC5\x8Dky\xC5\x8D", "Asia", 35.7, 180.0});
    CHECK(reading("", read_place).value == Place{});
  }

  TEST_CASE("a place that cannot be shown is a mistake, each key for itself") {
    const auto read =
        reading("name = \"\"\narea = \"a\\nb\"\nlatitude = -90.1\nlongitude = nan\n", read_place);
    CHECK(read.value == Place{});
    CHECK(read.mistakes ==
          Told{"f:1: name: must be 1 to 64 bytes of text without control characters",
               "f:2: area: must be 1 to 64 bytes of text without control characters",
               "f:3: latitude: must be degrees from -90 to 90",
               "f:4: longitude: must be degrees from -180 to 180"});
    const std::string name(64, 'x');
    CHECK(reading("name = \"" + name + "\"", read_place).mistakes.empty());
    CHECK(reading("name = \"" + name + "x\"", read_place).mistakes.size() == 1);
  }
}

}  // namespace echomesh
