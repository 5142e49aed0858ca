#include "proto/topics.hpp"

#include <cassert>
#include <utility>

namespace echomesh {
namespace {

constexpr std::size_t kMaxRootBytes = 64;
constexpr std::string_view kRootCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";

}  // namespace

bool is_valid_topic_root(std::string_view root) {
  return !root.empty() && root.size() <= kMaxRootBytes &&
         root.find_first_not_of(kRootCharacters) == std::string_view::npos && root.front() != '/' &&
         root.back() != '/' && root.find("//") == std::string_view::npos;
}

Topics::Topics(std::string root)
    : root_(std::move(root)),
      status_(root_ + "/v1/"),
      probe_(root_ + "-probe/v1/"),
      report_(root_ + "-report/v1/") {
  assert(is_valid_topic_root(root_));
}

std::string Topics::probe(const LocationId& location) const {
  return probe_ + location.str();
}
std::string Topics::report(const LocationId& location) const {
  return report_ + location.str();
}
std::string Topics::agent_availability(const LocationId& location) const {
  return status_ + "agent/" + location.str() + "/availability";
}
std::string Topics::agent_info(const LocationId& location) const {
  return status_ + "agent/" + location.str() + "/info";
}

std::string Topics::aggregator_availability() const {
  return status_ + "aggregator/availability";
}
std::string Topics::aggregator_info() const {
  return status_ + "aggregator/info";
}
std::string Topics::aggregator_heartbeat() const {
  return status_ + "aggregator/heartbeat";
}

std::string Topics::region(const RegionId& region, std::string_view leaf) const {
  return status_ + "region/" + region.str() + "/" + std::string(leaf);
}
std::string Topics::path(const RegionId& region, const LocationId& location,
                         std::string_view leaf) const {
  constexpr std::string_view kRegion = "region/";
  constexpr std::string_view kLocation = "/location/";
  std::string topic;  // the one that is made for every publication: grown once
  topic.reserve(status_.size() + kRegion.size() + region.str().size() + kLocation.size() +
                location.str().size() + 1 + leaf.size());
  topic.append(status_).append(kRegion).append(region.str()).append(kLocation);
  topic.append(location.str()).append(1, '/').append(leaf);
  return topic;
}

std::string Topics::all_reports() const {
  return report_ + "+";
}
std::string Topics::all_agent_infos() const {
  return status_ + "agent/+/info";
}
std::string Topics::all_region_summaries() const {
  return status_ + "region/+/summary";
}

std::optional<std::string_view> Topics::wildcard_level(std::string_view filter,
                                                       std::string_view topic) {
  const auto plus = filter.find('+');
  assert(plus != std::string_view::npos);
  const auto head = filter.substr(0, plus);
  const auto tail = filter.substr(plus + 1);
  if (topic.size() < head.size() + tail.size() || !topic.starts_with(head) ||
      !topic.ends_with(tail)) {
    return std::nullopt;
  }
  const auto level = topic.substr(head.size(), topic.size() - head.size() - tail.size());
  if (level.find('/') != std::string_view::npos) {
    return std::nullopt;
  }
  return level;
}

}  // namespace echomesh
