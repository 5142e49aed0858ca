/// Turns an endpoint of the settings into what a link needs: reads the password and the
/// certificates, once, at the start.
#pragma once

#include "proto/endpoint.hpp"
#include "proto/io/mqtt_link.hpp"
#include "proto/result.hpp"

namespace echomesh::io {

/// The error names the file. Client id, will and subscriptions are left to the caller.
Result<LinkSettings> link_settings_for(const Endpoint& endpoint);

/// For --check-config: what a start would lack is worth a warning, and no mistake in the settings.
void warn_of_missing_files(const Endpoint& endpoint);

}  // namespace echomesh::io
