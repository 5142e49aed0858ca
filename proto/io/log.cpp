#include "proto/io/log.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

#include "proto/io/clock.hpp"

namespace echomesh::io {
namespace {

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error: ";
    case LogLevel::warning:
      return "warning: ";
    case LogLevel::info:
      break;
  }
  return "";
}

std::string printable(std::string_view message) {
  std::string text(message);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    c = byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return text;
}

}  // namespace

void log(LogLevel level, std::string_view message) {
  static const bool kUnderJournal = std::getenv("JOURNAL_STREAM") != nullptr;
  const std::string head = kUnderJournal ? "<" + std::to_string(static_cast<int>(level)) + ">"
                                         : iso8601(utc_now()) + " ";
  // One write, so that lines of several processes do not mix.
  std::cerr << head + std::string(word(level)) + printable(message) + "\n" << std::flush;
}

}  // namespace echomesh::io
