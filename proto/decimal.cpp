#include "proto/decimal.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

namespace echomesh {
namespace {

__extension__ using Int128 = __int128;

constexpr std::size_t kMaxNumberChars = 24;

/// `units` of 10^-decimals as text, trailing zeros of the fraction left out.
std::string fixed_point(std::int64_t units, int decimals) {
  auto rest = static_cast<std::uint64_t>(units);
  rest = units < 0 ? 0 - rest : rest;
  for (; decimals > 0 && rest % 10 == 0; --decimals) {
    rest /= 10;
  }
  std::array<char, 40> text;  // 19 digits, or as many decimals as anybody asks for
  char* first = text.end();
  for (; decimals > 0; --decimals, rest /= 10) {
    *--first = static_cast<char>('0' + rest % 10);
    if (decimals == 1) {
      *--first = '.';
    }
  }
  do {
    *--first = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (units < 0) {
    *--first = '-';
  }
  return {first, text.end()};
}

std::int64_t rounded_quotient(std::int64_t value, std::int64_t divisor) {
  return (value + (value < 0 ? -divisor : divisor) / 2) / divisor;
}

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number value{};
  if (text.empty() || text.size() > kMaxNumberChars) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::string format_ms(std::chrono::nanoseconds value) {
  return fixed_point(rounded_quotient(value.count(), 1'000), 3);
}

std::string format_ms_short(std::chrono::nanoseconds value) {
  constexpr std::int64_t kNsPerTenth = 100'000;
  const auto tenths = rounded_quotient(value.count(), kNsPerTenth);
  return tenths < 10'000 ? fixed_point(tenths, 1)
                         : fixed_point(rounded_quotient(value.count(), 1'000'000), 0);
}

std::string format_percent(std::int64_t part, std::int64_t whole) {
  assert(whole > 0 && part >= 0 && part <= whole);
  constexpr std::int64_t kUnitsOfHundredPercent = 10'000'000;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kUnitsOfHundredPercent;
  if (part <= kMost) {
    return fixed_point(part * kUnitsOfHundredPercent / whole, 5);
  }
  // A year in milliseconds times 10^7 does not fit in 64 bits.
  const auto units = static_cast<Int128>(part) * kUnitsOfHundredPercent / whole;
  return fixed_point(static_cast<std::int64_t>(units), 5);
}

std::string format_fixed(double value, int decimals) {
  return fixed_point(std::llround(value * std::pow(10.0, decimals)), decimals);
}

std::optional<std::chrono::nanoseconds> parse_ms(std::string_view text) {
  const auto value = parse_number(text);
  constexpr double kNsPerMs = 1e6;
  constexpr double kMaxMs = 9e12;  // 285 years; beyond it nanoseconds overflow
  if (!value || std::abs(*value) > kMaxMs) {
    return std::nullopt;
  }
  return std::chrono::nanoseconds{std::llround(*value * kNsPerMs)};
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

std::optional<double> parse_number(std::string_view text) {
  if (text.find_first_not_of("-0123456789.") != std::string_view::npos || text.ends_with('.') ||
      text.starts_with('.') || text.starts_with("-.")) {
    return std::nullopt;
  }
  return parse_whole<double>(text);
}

}  // namespace echomesh
