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
      return Error{tls.error().where, tls.error().what + words_on_places(tls.error().where)};
    }
    settings.tls = std::move(tls).value();
  }
  return settings;
}

void warn_of_missing_files(const Endpoint& endpoint) {
  bool is_checkable = true;
  for (const auto* file :
       {&endpoint.password_file, &endpoint.ca_file, &endpoint.cert_file, &endpoint.key_file}) {
    if (*file && is_out_of_sight(**file)) {
      log(LogLevel::warning, **file +
                                 " cannot be checked here: without a folder it is one of the "
                                 "unit's secrets, which systemd hands out at a start");
      is_checkable = false;
    }
  }
  if (!is_checkable) {
    return;
  }
  if (const auto settings = link_settings_for(endpoint); !settings) {
    log(LogLevel::warning, to_string(settings.error()));
  }
}

}  // namespace echomesh::io
