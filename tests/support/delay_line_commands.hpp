/// The words that `delay-line` obeys: one command a line, one answer a line.
///
///   listen NAME PORT TARGET_PORT    PORT 0 takes a free one      ok NAME PORT
///   delay CHOICE MS [JITTER_MS]     one way, from now on         ok COUNT
///   freeze CHOICE, thaw CHOICE      hold everything, let it go   ok COUNT
///   drop CHOICE                     RST to both sides            ok COUNT
///   refuse NAME, accept NAME        close and open the port      ok COUNT
///   connections NAME                which are open               ok #1 #4
///   quit
///
/// CHOICE is NAME, or NAME #CONNECTION for one of its connections; NAME may be `*` for all.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/delay_line.hpp"

namespace echomesh {

/// Obeys one line (`quit` aside); yields its answer, `ok ...` or `error: ...`, without a newline.
std::string obey(DelayLine& line, std::string_view command);

}  // namespace echomesh
