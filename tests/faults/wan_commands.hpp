/// The words that `wan` obeys: one command a line, one answer a line, in force when answered.
///
///   delay WAY MS [JITTER_MS]    of each packet, one way    ok
///   loss WAY PERCENT            0 to 100                   ok
///   cut WAY, heal WAY           a black hole and its end   ok
///   counts                      ok PASSED LOST PASSED LOST, there and back
///
/// WAY is `there` (from the first device to the second), `back` or `both`.
#pragma once

#include <string>
#include <string_view>

#include "tests/faults/wan_way.hpp"

namespace echomesh {

struct WanLine {
  WanWay there{1};
  WanWay back{2};
};

/// Obeys one line; yields its answer, `ok ...` or `error: ...`, without a newline.
std::string obey(WanLine& line, std::string_view command);

}  // namespace echomesh
