/// The payloads that are not JSON documents: state words, `online`/`offline`, one bare number.
#pragma once

#include <array>
#include <string_view>

#include "tests/contract/finding.hpp"

namespace echomesh::contract {

struct PlainTopic {
  std::string_view name;   // as a schema would be called
  std::string_view topic;  // with <region> and <location> where ids stand
};

constexpr std::array<PlainTopic, 5> kPlainTopics = {{
    {"location-state", "echomesh/v1/region/<region>/location/<location>/state"},
    {"region-state", "echomesh/v1/region/<region>/state"},
    {"rtt-ms", "echomesh/v1/region/<region>/location/<location>/rtt_ms"},
    {"availability", "echomesh/v1/agent/<location>/availability"},
    {"availability", "echomesh/v1/aggregator/availability"},
}};

/// Finds `word` or `number-format`. REQUIRES: a name from kPlainTopics.
void check_plain(std::string_view name, std::string_view payload, Findings& findings);

}  // namespace echomesh::contract
