/// Reads JSON that nobody vouches for, strictly, into a bounded tree.
///
/// Iterative SAX with validated UTF-8; numbers stay text until a reader asks for one (a single
/// number can crash Debian's RapidJSON when it is asked to convert it); duplicate keys, byte order
/// marks, NUL bytes, trailing text, deep nesting and oversize are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "proto/result.hpp"
#include "proto/time.hpp"

namespace echomesh {

constexpr std::size_t kMaxJsonBytes = 64U * 1024U;
/// The deepest payload of the contract is a replay: object, reports, report, echoes, echo.
constexpr std::size_t kMaxJsonDepth = 6;
/// No object of the contract has half as many keys; also bounds the search for duplicates.
constexpr std::size_t kMaxJsonMembers = 64;

class JsonDocument;

/// A value in a document; lives as long as the document. Absence and wrong type are both empty.
class JsonValue {
 public:
  bool is_object() const;
  bool is_array() const;
  bool is_null() const;
  std::optional<JsonValue> find(std::string_view key) const;  ///< empty for other than objects
  std::vector<JsonValue> items() const;                       ///< empty for other than arrays

  std::optional<std::string_view> text() const;
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;
  /// A number of milliseconds.
  std::optional<nanoseconds> ms() const;
  /// Unix milliseconds from 1970 to 2255: what nanoseconds can hold, with room to reckon.
  std::optional<UtcTime> unix_time() const;

 private:
  friend class JsonDocument;
  JsonValue(const JsonDocument& document, std::size_t index)
      : document_(&document), index_(index) {}

  const JsonDocument* document_;
  std::size_t index_;
};

class JsonDocument {
 public:
  /// The error's `where` is the byte offset.
  static Result<JsonDocument> parse(std::string_view text);
  /// The same without the short way for what is plain: slower, and the measure of it.
  static Result<JsonDocument> parse_strictly(std::string_view text);

  JsonValue root() const { return {*this, 0}; }

 private:
  friend class JsonValue;
  class Builder;
  class PlainReader;
  enum class Kind { null, boolean, number, text, object, array };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Node {
    Kind kind = Kind::null;
    bool truth = false;
    std::string_view key;   ///< in an object
    std::string_view text;  ///< of a text or a number
    std::size_t first_child = kNone;
    std::size_t next_sibling = kNone;
  };

  const Node& node(std::size_t index) const { return nodes_[index]; }

  std::vector<Node> nodes_;
  /// What keys and texts point into; a heap block, so that moving the document moves no byte.
  std::unique_ptr<char[]> characters_;
};

}  // namespace echomesh
