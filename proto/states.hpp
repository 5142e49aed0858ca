/// The state words of locations and regions, with their codes (the position in the enum).
#pragma once

#include <optional>
#include <string_view>

namespace echomesh {

enum class LocationState { accessible, slow, inaccessible, unknown, maintenance };
enum class RegionState {
  operational,
  degraded_performance,
  partial_outage,
  major_outage,
  under_maintenance,
  unknown
};

std::string_view to_string(LocationState state);
std::string_view to_string(RegionState state);
std::optional<RegionState> region_state_from(std::string_view word);

constexpr int state_code(LocationState state) {
  return static_cast<int>(state);
}
constexpr int state_code(RegionState state) {
  return static_cast<int>(state);
}

}  // namespace echomesh
