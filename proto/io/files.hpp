/// Small files that a program reads at its start: settings and secrets.
#pragma once

#include <string>

#include "proto/result.hpp"

namespace echomesh::io {

/// The whole file, of at most 1 MiB; the error names it and the system's reason.
Result<std::string> read_file(const std::string& path);

/// The first line of a file. One that everybody may read is taken with a warning: containers mount
/// secrets so. A relative name is looked for in systemd's credentials directory first.
Result<std::string> read_secret(const std::string& path);

}  // namespace echomesh::io
