#include "proto/states.hpp"

#include <array>
#include <cstddef>

namespace echomesh {
namespace {

constexpr std::array<std::string_view, 5> kLocationWords = {"accessible", "slow", "inaccessible",
                                                            "unknown", "maintenance"};
constexpr std::array<std::string_view, 6> kRegionWords = {
    "operational",  "degraded_performance", "partial_outage",
    "major_outage", "under_maintenance",    "unknown"};

}  // namespace

std::string_view to_string(LocationState state) {
  return kLocationWords.at(static_cast<std::size_t>(state));
}
std::string_view to_string(RegionState state) {
  return kRegionWords.at(static_cast<std::size_t>(state));
}

std::optional<RegionState> region_state_from(std::string_view word) {
  for (std::size_t i = 0; i < kRegionWords.size(); ++i) {
    if (kRegionWords.at(i) == word) {
      return static_cast<RegionState>(i);
    }
  }
  return std::nullopt;
}

}  // namespace echomesh
