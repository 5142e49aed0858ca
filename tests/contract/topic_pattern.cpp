#include "tests/contract/topic_pattern.hpp"

namespace echomesh::contract {
namespace {

constexpr std::string_view kRoot = "echomesh";
constexpr std::size_t kMaxIdChars = 32;

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdChars &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

std::string_view take_level(std::string_view& rest) {
  const std::string_view level = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(rest.size(), level.size() + 1));
  return level;
}

}  // namespace

std::optional<TopicIds> match_topic(std::string_view pattern, std::string_view root,
                                    std::string_view topic) {
  if (topic.substr(0, root.size()) != root) {
    return std::nullopt;
  }
  pattern.remove_prefix(kRoot.size());
  topic.remove_prefix(root.size());
  TopicIds ids;
  while (!pattern.empty() && !topic.empty()) {
    const std::string_view expected = take_level(pattern);
    const std::string_view level = take_level(topic);
    if (expected.substr(0, 1) == "<") {
      if (!is_id(level)) {
        return std::nullopt;
      }
      ids.emplace(expected.substr(1, expected.size() - 2), level);
    } else if (level != expected) {
      return std::nullopt;
    }
  }
  return pattern.empty() && topic.empty() ? std::optional(ids) : std::nullopt;
}

}  // namespace echomesh::contract
