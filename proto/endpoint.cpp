#include "proto/endpoint.hpp"

#include <cmath>
#include <utility>

#include "proto/names.hpp"
#include "proto/topics.hpp"

namespace echomesh {
namespace {

std::optional<double> read_degrees(SettingsTable& table, std::string_view key, double bound) {
  const auto degrees = table.number(key);
  if (degrees && !(std::abs(*degrees) <= bound)) {
    table.mistake(key, "must be degrees from -" + std::to_string(static_cast<int>(bound)) + " to " +
                           std::to_string(static_cast<int>(bound)));
    return std::nullopt;
  }
  return degrees;
}

void check_login(SettingsTable& table, const Endpoint& endpoint, bool is_url_known) {
  if (endpoint.cert_file.has_value() != endpoint.key_file.has_value()) {
    table.mistake(endpoint.cert_file ? "cert_file" : "key_file",
                  "cert_file and key_file go together");
  }
  if (is_url_known && !endpoint.url.tls) {
    for (const auto* key : {"ca_file", "cert_file", "key_file"}) {
      if (table.has(key)) {
        table.mistake(key, "is for mqtts:// only");
      }
    }
  }
  if (endpoint.username && endpoint.username->empty()) {
    table.mistake("username", "must not be empty");
  }
}

}  // namespace

Endpoint read_endpoint(SettingsTable& table, std::string_view url_key,
                       const std::string& default_user) {
  Endpoint endpoint;
  const auto text = table.text(url_key);
  endpoint.username = table.text("username");
  endpoint.password_file = table.text("password_file");
  endpoint.ca_file = table.text("ca_file");
  endpoint.cert_file = table.text("cert_file");
  endpoint.key_file = table.text("key_file");
  if (endpoint.password_file && !endpoint.username) {
    endpoint.username = default_user;
  }
  if (!text) {
    if (!table.has(url_key)) {
      table.mistake(url_key, "is missing: the broker, such as mqtts://eu.example.net:8883");
    }
    check_login(table, endpoint, false);
    return endpoint;
  }
  auto url = BrokerUrl::parse(*text);
  if (!url) {
    table.mistake(url_key, url.error().what);
    check_login(table, endpoint, false);
    return endpoint;
  }
  endpoint.url = std::move(url).value();
  check_login(table, endpoint, true);
  return endpoint;
}

MeshSettings read_mesh_settings(SettingsTable& root) {
  MeshSettings mesh;
  if (auto topic_root = root.text("topic_root")) {
    if (is_valid_topic_root(*topic_root)) {
      mesh.topic_root = *topic_root;
    } else {
      root.mistake("topic_root", "must be 1 to 64 of letters, digits, -, _, . and inner /, got \"" +
                                     *topic_root + "\"");
    }
  }
  if (const auto seconds = root.seconds("slot")) {
    const SlotWidth width{std::chrono::seconds{*seconds}};
    if (is_valid(width)) {
      mesh.slot = width;
    } else {
      root.mistake("slot", "must be whole seconds that divide 300, up to 60s, got " +
                               std::to_string(*seconds) + "s");
    }
  }
  return mesh;
}

std::optional<std::string> read_display_text(SettingsTable& table, std::string_view key) {
  auto text = table.text(key);
  if (text && (text->empty() || !is_display_text(*text, kMaxNameBytes))) {
    table.mistake(key, "must be 1 to 64 bytes of text without control characters");
    return std::nullopt;
  }
  return text;
}

Place read_place(SettingsTable& table) {
  Place place;
  place.name = read_display_text(table, "name");
  place.area = read_display_text(table, "area");
  place.latitude = read_degrees(table, "latitude", 90);
  place.longitude = read_degrees(table, "longitude", 180);
  return place;
}

}  // namespace echomesh
