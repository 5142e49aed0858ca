/// A broker and how to log in to it, as settings name it; and the settings the whole mesh shares.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/agent_info.hpp"
#include "proto/broker_url.hpp"
#include "proto/settings_reader.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// Files are named here and read elsewhere; secrets never stand in settings.
struct Endpoint {
  BrokerUrl url;
  std::optional<std::string> username;
  std::optional<std::string> password_file;
  std::optional<std::string> ca_file;  ///< the system's authorities, if absent
  std::optional<std::string> cert_file;
  std::optional<std::string> key_file;

  bool operator==(const Endpoint&) const = default;
};

struct MeshSettings {
  std::string topic_root = "echomesh";
  SlotWidth slot;

  bool operator==(const MeshSettings&) const = default;
};

/// Reads `url_key`, username, password_file, ca_file, cert_file and key_file; a password without a
/// user name is `default_user`'s.
Endpoint read_endpoint(SettingsTable& table, std::string_view url_key,
                       const std::string& default_user);
/// Reads topic_root and slot.
MeshSettings read_mesh_settings(SettingsTable& root);
/// Reads name, area, latitude and longitude.
Place read_place(SettingsTable& table);
/// A text for people of at most 64 bytes.
std::optional<std::string> read_display_text(SettingsTable& table, std::string_view key);

}  // namespace echomesh
