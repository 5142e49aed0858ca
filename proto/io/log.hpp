/// One line to standard error per message: with systemd's priority prefix under the journal, with
/// a UTC time stamp elsewhere.
#pragma once

#include <string_view>

namespace echomesh::io {

enum class LogLevel { error = 3, warning = 4, info = 6 };

/// Control characters in `message` are replaced: what it quotes may be hostile.
void log(LogLevel level, std::string_view message);

}  // namespace echomesh::io
