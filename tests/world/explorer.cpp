#include "tests/world/explorer.hpp"

#include <algorithm>
#include <chrono>

#include "agent/echo_grid.hpp"
#include "tests/world/chance.hpp"
#include "tests/world/mesh_oracle.hpp"
#include "tests/world/report_judge.hpp"
#include "tests/world/world.hpp"

namespace echomesh::world {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = Fault::Kind;

/// After the last fault all is well for so long: what was held back is told.
constexpr seconds kPeace{60};

MeshPlan mesh_of(Chance& chance) {
  MeshPlan mesh;
  mesh.seed = chance.bits();
  mesh.slot = SlotWidth{chance.pick<seconds>({seconds{5}, seconds{5}, seconds{2}, seconds{10}})};
  mesh.limit = chance.is_lucky(60) ? mesh.slot.value : seconds{chance.between(1, 12)};
  mesh.witnesses = chance.is_lucky(50) ? 1 : 0;
  for (std::int64_t i = chance.between(1, 4); i > 0; --i) {
    mesh.regions.push_back("r" + std::to_string(mesh.regions.size()));
  }
  for (std::int64_t i = chance.between(1, 6); i > 0; --i) {
    PlannedLocation location{"l" + std::to_string(chance.below(1000)) + "-" + std::to_string(i)};
    location.has_kernel_time = chance.is_lucky(70);
    location.clock_offset = chance.between(milliseconds{-1500}, milliseconds{1500});
    for (std::size_t region = 0; region < mesh.regions.size(); ++region) {
      location.lines.push_back({chance.between(microseconds{200}, milliseconds{150}),
                                microseconds{chance.is_lucky(50) ? chance.below(3000) : 0}});
    }
    mesh.locations.push_back(location);
  }
  const std::vector<double> shares{0.2, 0.34, 0.5, 1.0};
  mesh.verdict.major = chance.pick(shares);
  mesh.verdict.min_judging = chance.between(1, 3);
  if (chance.is_lucky(30)) {
    for (const auto& location : mesh.locations) {
      mesh.expected.push_back(location.id);
    }
    mesh.expected.push_back("never-seen");
  }
  return mesh;
}

nanoseconds length_of(Kind kind, Chance& chance) {
  if (kind == Kind::stall || kind == Kind::stall_timers_first) {
    return chance.pick<nanoseconds>({chance.between(milliseconds{50}, milliseconds{1500}),
                                     chance.between(milliseconds{300}, seconds{12})});
  }
  if (kind == Kind::suspend) {
    return chance.between(seconds{1}, minutes{4});
  }
  if (kind == Kind::restart || kind == Kind::restart_aggregator) {
    return chance.between(milliseconds{100}, seconds{20});
  }
  return chance.pick<nanoseconds>({chance.between(milliseconds{50}, seconds{4}),
                                   chance.between(seconds{1}, seconds{40}),
                                   chance.between(seconds{5}, minutes{3})});
}

std::int64_t value_of(Kind kind, Chance& chance) {
  if (kind == Kind::slow) {
    return chance.between(milliseconds{1}, milliseconds{3500}).count();
  }
  if (kind == Kind::lossy) {
    return chance.between(2, 60);
  }
  if (kind == Kind::slew) {
    return chance.between(-500, 500);
  }
  if (kind == Kind::step) {
    return (chance.is_lucky(50) ? 1 : -1) *
           chance
               .pick<nanoseconds>({chance.between(milliseconds{1}, milliseconds{900}),
                                   chance.between(seconds{1}, seconds{20}),
                                   chance.between(minutes{1}, hours{3})})
               .count();
  }
  return chance.below(6);
}

std::optional<std::size_t> any_of(std::size_t count, Chance& chance) {
  if (chance.is_lucky(25)) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(chance.below(static_cast<std::int64_t>(count)));
}

/// A moment at which an echo of the place is on its way, if all is well.
At while_in_flight(const MeshPlan& mesh, Fault& fault, Chance& chance) {
  const std::size_t place = fault.location.value_or(0);
  const auto& location = mesh.locations[place];
  const agent::EchoGrid grid(LocationId::parse(location.id).value(), mesh.slot);
  const auto& line = location.lines[fault.region.value_or(0)];
  const Slot slot = slot_of(kWorldBegin + fault.at.time_since_epoch(), mesh.slot);
  fault.location = place;
  return At{grid.due(slot) - kWorldBegin - location.clock_offset +
            chance.between(nanoseconds{1}, line.delay)};
}

/// Steps of the clock are tried where nothing else is wrong: around them an oracle that does not
/// look into the agent cannot know which slot is whose.
void add_steps(Adventure& adventure, Chance& chance) {
  for (std::int64_t i = chance.between(1, 3); i > 0; --i) {
    adventure.end += 20 * nanoseconds{adventure.mesh.slot.value};
    adventure.faults.push_back({Kind::step,
                                adventure.end + chance.between(nanoseconds{0}, seconds{9}),
                                nanoseconds{0}, any_of(adventure.mesh.locations.size(), chance),
                                std::nullopt, value_of(Kind::step, chance)});
    adventure.end += 12 * nanoseconds{adventure.mesh.slot.value};
  }
}

}  // namespace

Adventure adventure_of(std::uint64_t seed) {
  static const std::vector<Kind> kKinds{Kind::hole,
                                        Kind::hole,
                                        Kind::hole_up,
                                        Kind::hole_down,
                                        Kind::freeze,
                                        Kind::freeze,
                                        Kind::slow,
                                        Kind::lossy,
                                        Kind::reset,
                                        Kind::reset,
                                        Kind::cut,
                                        Kind::cut,
                                        Kind::kill,
                                        Kind::kill_empty,
                                        Kind::stop,
                                        Kind::stop,
                                        Kind::refuse,
                                        Kind::deny_subscriptions,
                                        Kind::deny_publications,
                                        Kind::no_name,
                                        Kind::hung_name,
                                        Kind::stall,
                                        Kind::stall,
                                        Kind::stall,
                                        Kind::stall_timers_first,
                                        Kind::stall_timers_first,
                                        Kind::suspend,
                                        Kind::slew,
                                        Kind::restart,
                                        Kind::restart_aggregator,
                                        Kind::forge,
                                        Kind::forge,
                                        Kind::forge,
                                        Kind::dead_witness};
  Chance chance(seed);
  Adventure adventure{mesh_of(chance), {}, At{seconds{20}}};
  const std::int64_t span = chance.between(40, 200);
  for (std::int64_t i = chance.between(1, 8); i > 0; --i) {
    Fault fault{chance.pick(kKinds), adventure.end + chance.between(seconds{0}, seconds{span})};
    const auto& shape = shape_of(fault.kind);
    fault.lasts = shape.lasts ? length_of(fault.kind, chance) : nanoseconds{0};
    fault.location =
        shape.has_location ? any_of(adventure.mesh.locations.size(), chance) : std::nullopt;
    fault.region = shape.has_region ? any_of(adventure.mesh.regions.size(), chance) : std::nullopt;
    fault.value = value_of(fault.kind, chance);
    if (fault.kind == Kind::forge) {
      fault.at = while_in_flight(adventure.mesh, fault, chance);
    }
    // One at a time of those that would undo each other.
    const bool is_exclusive = fault.kind == Kind::restart ||
                              fault.kind == Kind::restart_aggregator || fault.kind == Kind::kill ||
                              fault.kind == Kind::kill_empty || fault.kind == Kind::stop ||
                              fault.kind == Kind::suspend || fault.kind == Kind::slew ||
                              fault.kind == Kind::stall || fault.kind == Kind::stall_timers_first;
    const bool clashes =
        std::any_of(adventure.faults.begin(), adventure.faults.end(), [&](const Fault& other) {
          const bool overlaps = other.at <= fault.end() && fault.at <= other.end();
          return is_exclusive && overlaps &&
                 (shape.has_location == shape_of(other.kind).has_location);
        });
    if (!clashes) {
      adventure.faults.push_back(fault);
    }
  }
  for (const auto& fault : adventure.faults) {
    adventure.end = std::max(adventure.end, fault.end());
  }
  adventure.end += kPeace + 2 * adventure.mesh.limit;
  if (chance.is_lucky(25)) {
    add_steps(adventure, chance);
  }
  return adventure;
}

std::vector<Violation> live_through(const Adventure& adventure) {
  MeshOracle oracle(adventure.mesh);
  World world(adventure.mesh, adventure.faults, &oracle);
  world.run_until(adventure.end);
  std::vector<Violation> violations = oracle.take(kWorldBegin + adventure.end.time_since_epoch());
  for (const auto& agent : world.agents()) {
    for (auto& violation : judge_reports(agent->facts(), adventure.mesh, adventure.end)) {
      violations.push_back(std::move(violation));
    }
  }
  return violations;
}

std::string explain(std::uint64_t seed, Adventure adventure) {
  for (std::size_t i = adventure.faults.size(); i-- > 0;) {
    Adventure smaller = adventure;
    smaller.faults.erase(smaller.faults.begin() + static_cast<std::ptrdiff_t>(i));
    if (!live_through(smaller).empty()) {
      adventure = std::move(smaller);
    }
  }
  const auto violations = live_through(adventure);
  std::string text = "seed " + std::to_string(seed) + ": " + std::to_string(violations.size()) +
                     " violations; slots of " + duration_text(adventure.mesh.slot.value) +
                     ", limit " + duration_text(adventure.mesh.limit) + ", " +
                     std::to_string(adventure.mesh.locations.size()) + " locations, " +
                     std::to_string(adventure.mesh.regions.size()) + " regions, " +
                     (adventure.mesh.witnesses > 0 ? "a witness" : "no witness") + "\n";
  for (const auto& fault : adventure.faults) {
    text += "  " + to_text(fault, adventure.mesh) + "\n";
  }
  for (std::size_t i = 0; i < violations.size() && i < 5; ++i) {
    text += "  " + to_text(violations[i]) + "\n";
  }
  return text + "  again: scripts/explore --seed " + std::to_string(seed) + "\n";
}

}  // namespace echomesh::world
