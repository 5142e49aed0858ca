/// How a document is written, held against its schema: the order of keys and the digits of numbers.
#pragma once

#include <rapidjson/document.h>

#include "tests/contract/finding.hpp"
#include "tests/contract/json_text.hpp"

namespace echomesh::contract {

/// Finds `key-order`, `undocumented` (a key the schema does not name, where the schema does not
/// speak of others), `decimals` (three for `_ms`, five for `_pct`, or the schema's `x-decimals`).
/// REQUIRES: `schema` has no unresolved reference.
void check_written_form(const rapidjson::Value& schema, const rapidjson::Value& document,
                        const NumberTexts& numbers, Findings& findings);

/// Follows one `{"$ref": "#/…"}` within `root`; null if it leads nowhere.
const rapidjson::Value* resolve(const rapidjson::Value& root, const rapidjson::Value& schema);

}  // namespace echomesh::contract
