#include "proto/io/endpoint_access.hpp"

#include <optional>
#include <string>
#include <utility>

#include "proto/io/files.hpp"
#include "proto/io/log.hpp"

namespace echomesh::io {
namespace {

std::optional<std::string> place_of(const std::optional<std::string>& file) {
  return file ? std::optional(credential_place(*file)) : std::nullopt;
}

}  // namespace

Result<LinkSettings> link_settings_for(const Endpoint& endpoint) {
  LinkSettings settings;
  settings.url = endpoint.url;
  settings.username = endpoint.username;
  if (endpoint.password_file) {
    auto secret = read_secret(*endpoint.password_file);
    if (!secret) {
      return secret.error();
    }
    settings.password = std::move(secret).value();
  }
  if (endpoint.url.tls) {
    auto tls = TlsContext::make(
        {place_of(endpoint.ca_file), place_of(endpoint.cert_file), place_of(endpoint.key_file)},
        endpoint.url.host);
    if (!tls) {
      return tls.error();
    }
    settings.tls = std::move(tls).value();
  }
  return settings;
}

void warn_of_missing_files(const Endpoint& endpoint) {
  if (const auto settings = link_settings_for(endpoint); !settings) {
    log(LogLevel::warning, to_string(settings.error()));
  }
}

}  // namespace echomesh::io
