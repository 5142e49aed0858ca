/// The text of one JSON document as it was written: its numbers digit by digit, before any parser
/// turned them into something rounder.
///
/// RapidJSON can be brought down by one number with a hostile exponent, so this runs first and
/// reads numbers as strings; only a text it finds nothing wrong with may go on to be a document.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/contract/finding.hpp"

namespace echomesh::contract {

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxNumberChars = 24;

/// JSON pointer of a number -> the number as written.
using NumberTexts = std::map<std::string, std::string, std::less<>>;

/// Finds: `parse` (not strict UTF-8 JSON, or anything behind it), `depth`, `duplicate-key`, `nul`
/// (a NUL within a string), `number-format` (an exponent, a bare minus zero, or too many digits).
NumberTexts scan_json(std::string_view text, Findings& findings);

/// How many digits stand behind the decimal point.
std::size_t decimals(std::string_view number);

}  // namespace echomesh::contract
