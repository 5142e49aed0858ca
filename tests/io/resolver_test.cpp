// Names that hang, and those beside them.

#include "proto/io/resolver.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "proto/io/clock.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scripted_names.hpp"

namespace echomesh {
namespace {

using Addresses = std::vector<std::string>;

struct Asker {
  std::optional<Addresses> told;
  io::Resolver resolver;

  Asker(io::Loop& loop, const std::string& name)
      : resolver(loop, name, [this](auto addresses, auto /*failure*/) { told = addresses; }) {
    resolver.resolve();
  }
};

}  // namespace

TEST_SUITE("resolver") {
  TEST_CASE("names that hang hold up themselves alone, be they all but one") {
    constexpr std::size_t kNames = 12;
    io::reserve_lookups(kNames);
    io::Loop loop;
    ScriptedNames names;
    names.set("healthy.test", {"192.0.2.7"});
    std::vector<std::unique_ptr<Asker>> hung;
    for (std::size_t i = 1; i < kNames; ++i) {
      const std::string name = "hung-" + std::to_string(i) + ".test";
      names.hang(name);
      hung.push_back(std::make_unique<Asker>(loop, name));
    }
    Asker healthy(loop, "healthy.test");
    CHECK(loop_until(loop, [&] { return healthy.told.has_value(); }));
    CHECK(healthy.told == Addresses{"192.0.2.7"});
    CHECK(loop_until(loop, [&] { return hung.back()->told.has_value(); }));
    CHECK(hung.back()->told == Addresses{});
  }
}

}  // namespace echomesh
