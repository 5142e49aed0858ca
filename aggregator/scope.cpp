#include "aggregator/scope.hpp"

#include <cstddef>

namespace echomesh::aggregator {
namespace {

constexpr std::size_t kMaxNamed = 5;

std::string names(const std::vector<LocationId>& locations) {
  std::string text;
  for (std::size_t i = 0; i < locations.size() && i < kMaxNamed; ++i) {
    text += (i == 0 ? "" : ", ") + locations[i].str();
  }
  if (locations.size() > kMaxNamed) {
    text += " and " + std::to_string(locations.size() - kMaxNamed) + " more";
  }
  return text;
}

/// "3 of 8 locations"
std::string share(std::size_t part, std::size_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole) +
         (whole == 1 ? " location" : " locations");
}

std::string judgement(const RegionId& region, const Views& views) {
  const auto down = views.inaccessible.size();
  const auto slow = views.slow.size();
  const auto judging = views.accessible.size() + slow + down;
  if (judging == 0) {
    return views.unknown.empty() ? "no location has reported on " + region.str()
                                 : "no location can tell how " + region.str() + " is";
  }
  std::string text;
  if (down > 0) {
    text = share(down, judging) + " cannot reach " + region.str();
    text += down < judging ? ": " + names(views.inaccessible) : "";
  }
  if (slow > 0) {
    text += (down > 0 ? "; " : "") + share(slow, judging) + (slow == 1 ? " finds " : " find ") +
            region.str() + " slow";
    text += slow < judging ? ": " + names(views.slow) : "";
  }
  if (text.empty()) {
    text = judging == 1
               ? "the only judging location reaches " + region.str()
               : "all " + std::to_string(judging) + " judging locations reach " + region.str();
  }
  return text;
}

}  // namespace

std::string scope_sentence(const RegionId& region, const Views& views) {
  std::string text = judgement(region, views);
  if (!views.unknown.empty()) {
    text += "; unknown from " + names(views.unknown);
  }
  return text;
}

}  // namespace echomesh::aggregator
