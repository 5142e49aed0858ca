/// The inner agreement of a timeline: its window, its runs, and the bar drawn from them.
#pragma once

#include <rapidjson/document.h>

#include "tests/contract/finding.hpp"

namespace echomesh::contract {

/// Finds `window`, `runs`, `bar`. REQUIRES: valid by the schema `timeline`.
void check_timeline(const rapidjson::Value& timeline, Findings& findings);

}  // namespace echomesh::contract
