#include "proto/names.hpp"

#include <algorithm>
#include <charconv>

namespace echomesh {
namespace {

constexpr std::size_t kMaxIdBytes = 32;
constexpr std::size_t kHexDigits = 16;

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

/// Length of the well-formed UTF-8 sequence (RFC 3629) that `text` begins with; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte(i))) {
      return 0;
    }
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool past_end = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || past_end ? 0 : length;
}

}  // namespace

bool is_valid_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::optional<HexId> HexId::parse(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != kHexDigits || !std::all_of(text.begin(), text.end(), is_hex)) {
    return std::nullopt;
  }
  HexId id;
  std::from_chars(text.data(), text.data() + text.size(), id.value, 16);
  return id;
}

std::string to_string(HexId id) {
  char digits[kHexDigits];
  const auto end = std::to_chars(digits, digits + kHexDigits, id.value, 16).ptr;
  std::string text(digits, end);
  return std::string(kHexDigits - text.size(), '0') + text;
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  // FNV leaves the high bits of short names alike; this mix (MurmurHash3's) spreads them.
  hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdULL;
  hash = (hash ^ (hash >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33U);
}

bool is_display_text(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return false;
  }
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = sequence_length(text);
    const bool is_c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F || is_c1) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace echomesh
