#include "tests/contract/plain_payload.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "tests/contract/json_text.hpp"

namespace echomesh::contract {
namespace {

constexpr std::array<std::string_view, 5> kLocationStates = {"accessible", "slow", "inaccessible",
                                                             "unknown", "maintenance"};
constexpr std::array<std::string_view, 6> kRegionStates = {
    "operational",  "degraded_performance", "partial_outage",
    "major_outage", "under_maintenance",    "unknown"};
constexpr std::array<std::string_view, 2> kAvailabilities = {"online", "offline"};

template <std::size_t N>
void check_word(const std::array<std::string_view, N>& words, std::string_view payload,
                Findings& findings) {
  if (std::find(words.begin(), words.end(), payload) != words.end()) {
    return;
  }
  std::string expected;
  for (const std::string_view word : words) {
    expected += (expected.empty() ? "" : ", ") + std::string(word);
  }
  findings.add("", "word", "must be one of " + expected);
}

bool is_plain_decimal(std::string_view text) {
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view fraction =
      whole.size() == text.size() ? "0" : text.substr(whole.size() + 1);
  return !whole.empty() && !fraction.empty() && std::all_of(whole.begin(), whole.end(), is_digit) &&
         std::all_of(fraction.begin(), fraction.end(), is_digit) &&
         (whole.size() == 1 || whole.front() != '0');
}

void check_rtt(std::string_view payload, Findings& findings) {
  constexpr std::size_t kMostDecimals = 3;
  if (payload == "null") {
    return;
  }
  if (payload.size() > kMaxNumberChars || !is_plain_decimal(payload) ||
      decimals(payload) > kMostDecimals) {
    findings.add("", "number-format", "must be null or a plain decimal, at most 3 decimals");
  }
}

}  // namespace

void check_plain(std::string_view name, std::string_view payload, Findings& findings) {
  if (name == "location-state") {
    check_word(kLocationStates, payload, findings);
  } else if (name == "region-state") {
    check_word(kRegionStates, payload, findings);
  } else if (name == "availability") {
    check_word(kAvailabilities, payload, findings);
  } else {
    check_rtt(payload, findings);
  }
}

}  // namespace echomesh::contract
