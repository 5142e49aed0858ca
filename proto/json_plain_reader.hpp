/// Reads at once what our own programs write: ASCII without escapes, numbers without exponents.
///
/// It never refuses: whatever is not plain, or not right, it leaves to the strict reader, which
/// decides and says why. REQUIRES of itself: what it takes, the strict reader takes too, with the
/// same tree.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "proto/json_reader.hpp"

namespace echomesh {

class JsonDocument::PlainReader {
 public:
  /// REQUIRES: text.size() <= kMaxJsonBytes
  static std::optional<JsonDocument> read(std::string_view text);

 private:
  struct Open {
    std::size_t index = 0;
    std::size_t last_child = kNone;
    std::size_t members = 0;
  };

  explicit PlainReader(std::string_view text);

  bool read_document();
  bool read_value();
  bool read_key();
  bool read_text(std::string_view& text);
  bool read_number();
  bool read_word(std::string_view word, Node node);
  bool open(Kind kind);
  /// Past what follows a value: closing brackets, a comma and the next key.
  bool read_on();
  bool is_duplicate(std::string_view key) const;
  void add(Node node);
  void skip_spaces();
  bool take(char c);

  JsonDocument document_;
  const char* at_;
  const char* end_;  ///< a NUL stands there
  std::string_view key_;
  std::array<Open, kMaxJsonDepth> open_;
  std::size_t depth_ = 0;
};

}  // namespace echomesh
