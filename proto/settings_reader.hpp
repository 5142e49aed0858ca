/// Reads a TOML settings file strictly: every mistake is kept with its place, unknown keys are
/// mistakes, and a reader always gets a usable value so that one mistake does not hide the next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/result.hpp"

namespace echomesh {

/// Mistakes in the order of reading; `where` is `file:line: key`.
using Mistakes = std::vector<Error>;

/// What came of reading a whole file.
template <class Config>
struct SettingsReading {
  std::optional<Config> config;       ///< there if there are no mistakes
  Mistakes mistakes;                  ///< all of them, in the order of reading
  std::vector<std::string> warnings;  ///< what works but is likely not meant
};

/// One table of the file; asking for a key marks it as known.
class SettingsTable {
 public:
  SettingsTable(SettingsTable&&) noexcept;
  ~SettingsTable();

  bool has(std::string_view key) const;

  /// Each of these returns empty if the key is absent or (with a mistake noted) of another type.
  std::optional<std::string> text(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key);
  std::optional<std::vector<std::string>> texts(std::string_view key);
  /// A whole number of seconds from `"5s"`, minutes `"5m"`, hours `"48h"`.
  std::optional<std::int64_t> seconds(std::string_view key);
  /// A number of bytes: an integer, or text such as `"64MiB"`.
  std::optional<std::int64_t> bytes(std::string_view key);
  /// `[[key]]`
  std::vector<SettingsTable> tables(std::string_view key);
  /// `[key]`
  std::optional<SettingsTable> table(std::string_view key);

  /// Notes a mistake at `key` (at this table itself, if empty).
  void mistake(std::string_view key, std::string what);
  /// Notes every key that nobody asked for.
  void finish();

 private:
  friend class SettingsFile;
  struct State;
  explicit SettingsTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A parsed file.
class SettingsFile {
 public:
  /// `name` stands in the mistakes; a syntax error is one mistake and leaves an empty table.
  SettingsFile(std::string_view text, std::string name);
  ~SettingsFile();
  SettingsFile(const SettingsFile&) = delete;
  SettingsFile& operator=(const SettingsFile&) = delete;

  SettingsTable root();
  const Mistakes& mistakes() const;
  bool is_syntax_ok() const;

 private:
  friend class SettingsTable;
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace echomesh
