/// Small files that a program reads at its start: settings and secrets.
#pragma once

#include <string>

#include "proto/result.hpp"

namespace echomesh::io {

/// The whole file, of at most 1 MiB; the error names it and the system's reason.
Result<std::string> read_file(const std::string& path);

/// Where a file that settings name is: a relative name stands for one of systemd's credentials, if
/// there is one (LoadCredential=NAME:PATH, or a file NAME of LoadCredential=secrets:FOLDER).
std::string credential_place(const std::string& path);

/// Words on where credential_place() looks for this name, to be put behind the reason that it
/// cannot be read; empty for an absolute one.
std::string words_on_places(const std::string& path);

/// A relative name that may be one of systemd's credentials, of which this process was given none.
bool is_out_of_sight(const std::string& path);

/// The file is a copy that systemd made when it started this process.
bool is_systemd_copy(const std::string& place);

/// The first line of a file. One that everybody may read is taken with a warning: containers mount
/// secrets so. Looked for at its credential_place().
Result<std::string> read_secret(const std::string& path);

}  // namespace echomesh::io
