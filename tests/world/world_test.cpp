// Whole meshes in virtual time: the stories of tests/scenarios, and adventures that chance invents.

#include "tests/world/world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tests/world/explorer.hpp"
#include "tests/world/scenario_table.hpp"

namespace echomesh::world {
namespace {

/// One day of the mesh that the product is made for.
MeshPlan common_mesh() {
  MeshPlan mesh;
  mesh.regions = {"eu", "us"};
  Chance chance(1);
  for (int i = 0; i < 13; ++i) {
    PlannedLocation location{"place-" + std::to_string(i)};
    for (std::size_t region = 0; region < mesh.regions.size(); ++region) {
      location.lines.push_back(
          {std::chrono::milliseconds{chance.between(5, 105)}, std::chrono::microseconds{500}});
    }
    mesh.locations.push_back(location);
  }
  return mesh;
}

std::string text_of(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_SUITE("world") {
  TEST_CASE("each story of the scenarios ends as its table says, and as the oracle says") {
    std::set<std::filesystem::path> files;
    for (const auto& file :
         std::filesystem::directory_iterator(ECHOMESH_SOURCE_DIR "/tests/scenarios")) {
      files.insert(file.path());
    }
    CHECK(files.size() >= 13);
    for (const auto& file : files) {
      const auto scenario = read_scenario(text_of(file));
      CAPTURE(file.filename().string());
      if (!scenario) {
        FAIL_CHECK(to_string(scenario.error()));
        continue;
      }
      CHECK(scenario->expectations.size() > 0);
      for (const auto& wrong : play(*scenario)) {
        FAIL_CHECK(wrong);
      }
    }
  }

  TEST_CASE("a thousand adventures: what is reported and published is what the rules say") {
#ifdef __SANITIZE_ADDRESS__
    constexpr std::uint64_t kSeeds =
        100;  // instrumented code is slow, and it looks for other faults
#else
    constexpr std::uint64_t kSeeds = 1000;
#endif
    int broken = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds && broken < 3; ++seed) {
      const auto adventure = adventure_of(seed);
      if (!live_through(adventure).empty()) {
        ++broken;
        FAIL_CHECK(explain(seed, adventure));
      }
    }
  }

  TEST_CASE("the same seed gives the same world, to the last event") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const auto adventure = adventure_of(seed);
      World one(adventure.mesh, adventure.faults, nullptr);
      World other(adventure.mesh, adventure.faults, nullptr);
      one.run_until(adventure.end);
      other.run_until(adventure.end);
      CHECK(one.happened() == other.happened());
    }
  }

  TEST_CASE("a day of 13 locations and 2 regions takes seconds, not hours") {
    World world(common_mesh(), {}, nullptr);
    const auto began = std::chrono::steady_clock::now();
    world.run_until(At{std::chrono::hours{24}});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    MESSAGE("24 h of 13 locations x 2 regions in ", took.count(), " s, ", world.happened(),
            " events");
#ifndef __SANITIZE_ADDRESS__
    CHECK(took.count() < 30);  // on a busy machine, too
#endif
  }
}

}  // namespace echomesh::world
