/// Numbers as they stand on the wire: plain decimals without exponent, cut or rounded as the
/// contract says, and read back without trusting them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace echomesh {

/// Milliseconds with at most 3 decimals, rounded to the nearest microsecond: `48.211`, `7312.4`.
std::string format_ms(std::chrono::nanoseconds value);
/// Milliseconds with one decimal, none from 1,000 ms on (RTT history).
std::string format_ms_short(std::chrono::nanoseconds value);
/// 100 * part / whole, cut (never rounded) to 5 decimals. REQUIRES: 0 <= part <= whole, whole > 0
std::string format_percent(std::int64_t part, std::int64_t whole);
/// A coordinate or a setting: at most `decimals` decimals, trailing zeros left out.
std::string format_fixed(double value, int decimals);

/// Reads `-?digits[.digits]` (no exponent) of at most 24 characters, as the nanoseconds that so
/// many milliseconds make. Nothing below 1 ns is kept. Empty: not such a number, or out of range.
std::optional<std::chrono::nanoseconds> parse_ms(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_number(std::string_view text);

}  // namespace echomesh
