/// The names things go by on the wire: location and region ids, and 16-digit random ids.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/result.hpp"

namespace echomesh {

/// True for `[a-z0-9-]{1,32}`: what may stand in a topic level and nothing else.
bool is_valid_id(std::string_view text);

/// An id that was checked once, at the door; `Tag` keeps locations and regions apart.
template <class Tag>
class Id {
 public:
  static Result<Id> parse(std::string_view text) {
    if (!is_valid_id(text)) {
      return Error{
          "", "must be 1 to 32 of a-z, 0-9 and -, got \"" + std::string(text.substr(0, 64)) + "\""};
    }
    return Id(std::string(text));
  }

  const std::string& str() const { return text_; }
  auto operator<=>(const Id&) const = default;

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

using LocationId = Id<struct LocationTag>;
using RegionId = Id<struct RegionTag>;

/// A random 64-bit id, 16 lower-case hex digits on the wire (runs, epochs, instances).
struct HexId {
  std::uint64_t value = 0;

  static std::optional<HexId> parse(std::string_view text);
  auto operator<=>(const HexId&) const = default;
};

std::string to_string(HexId id);

/// 64 bits that depend on `text` alone (FNV-1a with a final mix): phases are spread by it, and a
/// restart finds the same one.
std::uint64_t stable_hash(std::string_view text);

/// True for well-formed UTF-8 of at most `max_bytes` without control characters.
bool is_display_text(std::string_view text, std::size_t max_bytes);

}  // namespace echomesh

template <class Tag>
struct std::hash<echomesh::Id<Tag>> {
  std::size_t operator()(const echomesh::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
