/// What must hold between the keys of one payload, beyond what a schema can say.
///
/// Finds, each by its own name: `time-pair` (`x` and `x_ms` are the same instant), `state-code`,
/// `state-cause`, `state-rtt`, `valid-until`, `limit`, `oldest`, `slot-time`, `window`, `runs`,
/// `bar`, `buckets`, `percentiles`, `counts`, `bytes` (a name over 64 bytes).
#pragma once

#include <rapidjson/document.h>

#include <string_view>

#include "tests/contract/finding.hpp"

namespace echomesh::contract {

/// REQUIRES: `document` is valid by the schema of that name.
void check_relations(std::string_view schema, const rapidjson::Value& document, Findings& findings);

}  // namespace echomesh::contract
