/// A topic with holes: `echomesh/v1/region/<region>/state`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace echomesh::contract {

/// The ids that stood in the holes, by the name of the hole.
using TopicIds = std::map<std::string, std::string, std::less<>>;

/// Holes take ids only (`[a-z0-9-]{1,32}`); the leading `echomesh` of the pattern stands for
/// `root`.
std::optional<TopicIds> match_topic(std::string_view pattern, std::string_view root,
                                    std::string_view topic);

}  // namespace echomesh::contract
