#include "tests/world/world.hpp"

#include <chrono>
#include <utility>

#include "proto/echo.hpp"

namespace echomesh::world {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr milliseconds kAggregatorDelay{1};

}  // namespace

World::World(const MeshPlan& plan, const std::vector<Fault>& faults, AggregatorWatchers* watchers)
    : plan_(plan), watchers_(watchers), chance_(plan.seed) {
  for (std::size_t region = 0; region < plan_.regions.size(); ++region) {
    brokers_.push_back(std::make_unique<SimBroker>(events_));
    aggregator_lines_.push_back(
        std::make_unique<SimLine>(kAggregatorDelay, nanoseconds{0}, chance_.bits()));
    aggregator_hosts_.push_back(
        std::make_unique<SimHost>(events_, SimClock{kWorldBegin, hours{50}, nanoseconds{0}}));
  }
  for (const auto& location : plan_.locations) {
    hosts_.push_back(std::make_unique<SimHost>(
        events_, SimClock{kWorldBegin, hours{30}, location.clock_offset}));
    for (const auto& line : location.lines) {
      lines_.push_back(std::make_unique<SimLine>(line.delay, line.jitter, chance_.bits()));
    }
    witness_lines_.push_back(
        std::make_unique<SimLine>(milliseconds{10}, nanoseconds{0}, chance_.bits()));
  }
  names_.resize(lines_.size());
  running_.resize(plan_.locations.size());
  running_aggregators_.resize(plan_.regions.size());
  for (const auto& fault : faults) {
    this->plan(fault);
  }
  for (std::size_t region = 0; region < plan_.regions.size(); ++region) {
    start_aggregator(region);
  }
  for (std::size_t location = 0; location < plan_.locations.size(); ++location) {
    start_agent(location);
  }
}

SimLine& World::line(std::size_t location, std::size_t region) {
  return *lines_[location * plan_.regions.size() + region];
}

void World::start_agent(std::size_t location) {
  std::vector<SimRoad> roads;
  for (std::size_t region = 0; region < plan_.regions.size(); ++region) {
    roads.push_back({line(location, region), *brokers_[region],
                     names_[location * plan_.regions.size() + region]});
  }
  agents_.push_back(std::make_unique<SimAgent>(
      *hosts_[location], agent_config(plan_, location), HexId{chance_.bits()}, roads,
      *witness_lines_[location], plan_.locations[location].has_kernel_time));
  running_[location] = agents_.back().get();
  agents_.back()->facts().location = location;
  agents_.back()->set_recording(watchers_ != nullptr);
  note_clock(location, nanoseconds{0});
  agents_.back()->start();
}

void World::start_aggregator(std::size_t region) {
  aggregators_.push_back(std::make_unique<SimAggregator>(
      *aggregator_hosts_[region], aggregator_config(plan_, region), HexId{chance_.bits()},
      *aggregator_lines_[region], *brokers_[region], good_name_,
      watchers_ == nullptr ? nullptr : watchers_->watcher(region)));
  running_aggregators_[region] = aggregators_.back().get();
  aggregators_.back()->start();
}

void World::plan(const Fault& fault) {
  const auto& shape = shape_of(fault.kind);
  for (std::size_t location = 0; location < plan_.locations.size(); ++location) {
    if (shape.has_location && location == fault.location.value_or(location)) {
      if (!shape.has_region) {
        plan_location(fault, location);
      }
      for (std::size_t region = 0; shape.has_region && region < plan_.regions.size(); ++region) {
        if (region == fault.region.value_or(region)) {
          plan_line(fault, location, region);
        }
      }
    }
  }
  for (std::size_t region = 0; !shape.has_location && region < plan_.regions.size(); ++region) {
    if (shape.has_region && region == fault.region.value_or(region)) {
      plan_region(fault, region);
    }
  }
  if (fault.kind == Fault::Kind::dead_witness) {
    for (auto& line : witness_lines_) {
      line->add({Spell::Kind::hole_up, fault.at, fault.end()});
    }
  }
}

void World::plan_line(const Fault& fault, std::size_t location, std::size_t region) {
  auto& line = this->line(location, region);
  auto& name = names_[location * plan_.regions.size() + region];
  const auto add = [&](Spell::Kind kind) {
    line.add({kind, fault.at, fault.end(), nanoseconds{fault.value}, fault.value});
  };
  const auto answer = [&](SimName::Answer bad) {
    if (fault.at == At{}) {
      name.answer = bad;  // before the first agent asks
    }
    at(fault.at, [&name, bad] { name.answer = bad; });
    at(fault.end(), [&name] { name.answer = SimName::Answer::good; });
  };
  using Kind = Fault::Kind;
  if (fault.kind == Kind::hole || fault.kind == Kind::hole_up) {
    add(Spell::Kind::hole_up);
  }
  if (fault.kind == Kind::hole || fault.kind == Kind::hole_down) {
    add(Spell::Kind::hole_down);
  }
  if (fault.kind == Kind::freeze) {
    add(Spell::Kind::freeze);
  } else if (fault.kind == Kind::slow) {
    add(Spell::Kind::slow);
  } else if (fault.kind == Kind::lossy) {
    add(Spell::Kind::lossy);
  } else if (fault.kind == Kind::reset) {
    at(fault.at, [this, &line, region] { brokers_[region]->reset(&line); });
  } else if (fault.kind == Kind::no_name) {
    answer(SimName::Answer::none);
  } else if (fault.kind == Kind::hung_name) {
    answer(SimName::Answer::hangs);
  } else if (fault.kind == Kind::forge) {
    at(fault.at, [this, location, region, kind = fault.value] { forge(location, region, kind); });
  }
}

void World::plan_location(const Fault& fault, std::size_t location) {
  using Kind = Fault::Kind;
  auto* host = hosts_[location].get();
  if (fault.kind == Kind::cut || fault.kind == Kind::suspend) {
    for (const auto kind : {Spell::Kind::hole_up, Spell::Kind::hole_down}) {
      for (std::size_t region = 0; region < plan_.regions.size(); ++region) {
        line(location, region).add({kind, fault.at, fault.end()});
      }
      witness_lines_[location]->add({kind, fault.at, fault.end()});
    }
  }
  if (fault.kind == Kind::stall || fault.kind == Kind::stall_timers_first ||
      fault.kind == Kind::suspend) {
    at(fault.at, [this, host, location] {
      if (host->is_running() && running_[location] != nullptr) {
        running_[location]->facts().stops.push_back({events_.now(), At::max()});
      }
      host->stop_loop();
    });
    events_.plan(fault.end(), Turn::timer,
                 [this, location, sockets_first = fault.kind != Kind::stall_timers_first] {
                   resume(location, sockets_first);
                 });
  } else if (fault.kind == Kind::step) {
    at(fault.at, [this, location, by = nanoseconds{fault.value}] {
      hosts_[location]->clock().step(by);
      note_clock(location, by);
    });
  } else if (fault.kind == Kind::slew) {
    const auto slew = [this, location](std::int64_t ppm) {
      hosts_[location]->clock().slew(events_.now(), ppm);
      note_clock(location, nanoseconds{0});
    };
    at(fault.at, [slew, ppm = fault.value] { slew(ppm); });
    at(fault.end(), [slew] { slew(0); });
  } else if (fault.kind == Kind::restart) {
    at(fault.at, [this, location] {
      if (auto* agent = std::exchange(running_[location], nullptr)) {
        agent->die();
        hosts_[location]->forget();
      }
    });
    at(fault.end(), [this, location] {
      if (running_[location] == nullptr) {
        start_agent(location);
      }
    });
  }
}

void World::resume(std::size_t location, bool sockets_first) {
  auto& host = *hosts_[location];
  if (auto* agent = running_[location]; agent != nullptr && !agent->facts().stops.empty()) {
    agent->facts().stops.back().to = events_.now();  // of several at once, the last one counts
  }
  host.resume_loop(sockets_first);
}

void World::note_clock(std::size_t location, nanoseconds step) {
  if (running_[location] != nullptr) {
    running_[location]->facts().clock.push_back(
        {events_.now(), step, hosts_[location]->clock().slew_ppm()});
  }
}

void World::plan_region(const Fault& fault, std::size_t region) {
  using Kind = Fault::Kind;
  auto* broker = brokers_[region].get();
  const auto door = [&](SimBroker::Door shut) {
    at(fault.at, [this, region, shut] { open_door(region, shut); });
    at(fault.end(), [this, region] { open_door(region, SimBroker::Door::open); });
  };
  if (fault.kind == Kind::kill || fault.kind == Kind::kill_empty) {
    at(fault.at, [broker] { broker->kill(); });
    at(fault.end(), [broker, forgets = fault.kind == Kind::kill_empty] { broker->start(forgets); });
  } else if (fault.kind == Kind::stop) {
    at(fault.at, [broker] { broker->freeze(); });
    at(fault.end(), [broker] { broker->thaw(); });
  } else if (fault.kind == Kind::refuse) {
    door(SimBroker::Door::refuses_login);
  } else if (fault.kind == Kind::deny_subscriptions) {
    door(SimBroker::Door::denies_subscriptions);
  } else if (fault.kind == Kind::deny_publications) {
    door(SimBroker::Door::denies_publications);
  } else if (fault.kind == Kind::restart_aggregator) {
    at(fault.at, [this, region] {
      if (auto* aggregator = std::exchange(running_aggregators_[region], nullptr)) {
        aggregator->die();
      }
    });
    at(fault.end(), [this, region] {
      if (running_aggregators_[region] == nullptr) {
        start_aggregator(region);
      }
    });
  }
}

/// Connections of the agents begin anew under the new rule; the aggregator's own stays, it is
/// another user.
void World::open_door(std::size_t region, SimBroker::Door door) {
  brokers_[region]->set_door(door);
  for (std::size_t location = 0; location < plan_.locations.size(); ++location) {
    brokers_[region]->reset(&line(location, region));
  }
}

/// Messages on the probe topic that are no echo in flight there.
void World::forge(std::size_t location, std::size_t region, std::int64_t kind) {
  const auto* agent = running_[location];
  const auto latest = agent == nullptr ? nullptr : agent->latest_echo(region);
  auto echo = latest ? parse_echo(latest->payload) : Result<Echo>(Error{});
  if (!echo) {
    return;
  }
  Echo forged = *echo;
  bool as_retained = false;
  std::size_t to = region;
  switch (kind % 6) {
    case 0:  // of an older run
      forged.run.value ^= 1;
      break;
    case 1:  // of the future
      forged.n += 2;
      break;
    case 2:  // retained
      as_retained = true;
      break;
    case 3:  // of another location
      forged.location = LocationId::parse("elsewhere").value();
      break;
    case 4:  // bridged to the broker of another region
      to = (region + 1) % plan_.regions.size();
      break;
    default:  // of long ago
      forged.n -= 400;
      break;
  }
  if (kind % 6 == 4 && to == region) {
    return;
  }
  brokers_[to]->forge(
      std::make_shared<const Message>(Message{agent->probe_topic(), to_json(forged), as_retained}),
      as_retained);
}

}  // namespace echomesh::world
