#include "proto/states.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace echomesh {

TEST_SUITE("states") {
  TEST_CASE("location states have their words and the codes 0 to 4") {
    constexpr std::array<std::string_view, 5> kWords = {"accessible", "slow", "inaccessible",
                                                        "unknown", "maintenance"};
    constexpr std::array<LocationState, 5> kStates = {
        LocationState::accessible, LocationState::slow, LocationState::inaccessible,
        LocationState::unknown, LocationState::maintenance};
    for (std::size_t i = 0; i < kWords.size(); ++i) {
      CHECK(to_string(kStates.at(i)) == kWords.at(i));
      CHECK(state_code(kStates.at(i)) == static_cast<int>(i));
    }
  }

  TEST_CASE("region states have their words and the codes 0 to 5, and are read back") {
    constexpr std::array<std::string_view, 6> kWords = {"operational",       "degraded_performance",
                                                        "partial_outage",    "major_outage",
                                                        "under_maintenance", "unknown"};
    constexpr std::array<RegionState, 6> kStates = {
        RegionState::operational,  RegionState::degraded_performance, RegionState::partial_outage,
        RegionState::major_outage, RegionState::under_maintenance,    RegionState::unknown};
    for (std::size_t i = 0; i < kWords.size(); ++i) {
      CHECK(to_string(kStates.at(i)) == kWords.at(i));
      CHECK(state_code(kStates.at(i)) == static_cast<int>(i));
      CHECK(region_state_from(kWords.at(i)) == kStates.at(i));
    }
  }

  TEST_CASE("any other word is no region state") {
    for (const std::string word :
         {"", "Operational", "operational ", "accessible", "maintenance", "0"}) {
      CHECK_MESSAGE(!region_state_from(word), word);
    }
  }
}

}  // namespace echomesh
