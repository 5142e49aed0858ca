// The half of AggregatorCore that writes: which document goes out when, and with what in it.

#include <algorithm>
#include <utility>

#include "aggregator/aggregator_core.hpp"
#include "proto/decimal.hpp"
#include "proto/live.hpp"

namespace echomesh::aggregator {
namespace {

using std::chrono::seconds;

constexpr seconds kNumbersPeriod{5};
constexpr seconds kDocumentPeriod{30};
constexpr seconds kInfoPeriod{30};
constexpr seconds kHeartbeatPeriod{5};

}  // namespace

MonoTime AggregatorCore::next_wakeup() {
  MonoTime next = clock_.mono_of(slot_start(current_ + 1, config_.mesh.slot));
  if (!is_up_) {
    return next;
  }
  next = std::min({next, heartbeat_due_, info_due_, heartbeat_heard_ + seconds{15}});
  next = std::min(next, listening_until_.value_or(next));
  next = std::min(next, held_until_.value_or(next));
  next = std::min(next, resync_due_.value_or(next));
  if (!listening_until_) {
    next = std::min(next, schedule_.next().value_or(next));
    for (const auto& dues : region_dues_) {
      next = std::min({next, dues.summary, dues.state});
    }
  }
  return next;
}

seconds AggregatorCore::period_of(Document document) const {
  switch (document) {
    case Document::numbers:
      return paced(kNumbersPeriod, paths_.size());
    case Document::state:
    case Document::timeline:
      return paced(kDocumentPeriod, paths_.size());
    case Document::history:
      break;
  }
  return paced(kRttBucket, paths_.size());
}

Stamp AggregatorCore::stamp(seconds period) const {
  return {utc_, utc_ + validity_for(period)};
}

/// A region's own broker tells of it only once somebody has reported on it there.
bool AggregatorCore::is_shown(RegionIndex region) const {
  if (config_.regions[region].id != config_.region_of_broker) {
    return true;
  }
  return std::any_of(paths_.begin(), paths_.end(),
                     [region](const auto& path) { return path.region() == region; });
}

void AggregatorCore::retain(std::string topic, std::string payload, std::optional<seconds> expiry,
                            Actions& actions) const {
  actions.push_back(Publish{std::move(topic), std::move(payload), true, true, expiry});
}

void AggregatorCore::publish_due(Now now, Actions& actions) {
  if (heartbeat_due_ <= now.mono) {
    publish_heartbeat(now, actions);
  }
  if (info_due_ <= now.mono) {
    publish_info(now, actions);
  }
  if (listening_until_) {
    return;
  }
  if (resync_due_ && *resync_due_ <= now.mono) {
    resync_due_.reset();
    schedule_all(now);
  }
  for (RegionIndex region = 0; region < regions_.size(); ++region) {
    if (region_dues_[region].state <= now.mono) {
      publish_region_state(region, now, actions);
    }
    if (region_dues_[region].summary <= now.mono) {
      publish_region_summary(region, now, actions);
    }
  }
  while (const auto due = schedule_.take(now.mono)) {
    publish(*due, now, actions);
  }
}

void AggregatorCore::publish(const DueDocument& due, Now now, Actions& actions) {
  auto& path = paths_[due.path];
  switch (due.document) {
    case Document::state:
      publish_state(path, actions);
      break;
    case Document::numbers:
      publish_numbers(path, now, actions);
      break;
    case Document::timeline:
      publish_timeline(path, now, actions);
      break;
    case Document::history:
      publish_history(path, now, actions);
      schedule_.set(due.path, due.document, clock_.mono_of(next_history(path, utc_)));
      return;
  }
  schedule_.set(due.path, due.document, now.mono + period_of(due.document));
}

/// Once a bucket, at a moment of its own within the bucket.
UtcTime AggregatorCore::next_history(const Path& path, UtcTime after) const {
  const auto spread = period_of(Document::history);
  const SlotWidth width{spread};
  const auto& region = config_.regions[path.region()].id.str();
  const auto ms = stable_hash(region + "/" + path.location().str()) %
                  static_cast<std::uint64_t>(std::chrono::milliseconds{spread}.count());
  const UtcTime turn = slot_start(slot_of(after, width), width) +
                       std::chrono::milliseconds{static_cast<std::int64_t>(ms)};
  return turn > after ? turn : turn + spread;
}

void AggregatorCore::publish_state(Path& path, Actions& actions) {
  retain(topics_.path(config_.regions[path.region()].id, path.location(), "state"),
         std::string(to_string(path.now().state)), validity_for(period_of(Document::state)),
         actions);
}

void AggregatorCore::publish_numbers(Path& path, Now /*now*/, Actions& actions) {
  const auto& region = config_.regions[path.region()].id;
  const auto period = period_of(Document::numbers);
  const auto rtt = path.now().rtt;
  retain(topics_.path(region, path.location(), "rtt_ms"), rtt ? format_ms(*rtt) : "null",
         validity_for(period), actions);
  const auto& agent = locations_.at(path.location()).agent;
  retain(topics_.path(region, path.location(), "summary"),
         to_json(path.summary(region, agent, current_, stamp(period))), validity_for(period),
         actions);
}

void AggregatorCore::publish_timeline(Path& path, Now /*now*/, Actions& actions) {
  const auto& region = config_.regions[path.region()].id;
  const auto period = period_of(Document::timeline);
  retain(topics_.path(region, path.location(), "timeline"),
         to_json(path.timeline(region, current_, stamp(period))), validity_for(period), actions);
}

void AggregatorCore::publish_history(Path& path, Now /*now*/, Actions& actions) {
  const auto& region = config_.regions[path.region()].id;
  const auto period = period_of(Document::history);
  retain(topics_.path(region, path.location(), "rtt_24h"),
         to_json(path.rtt_history(region, utc_, stamp(period))), validity_for(period), actions);
}

void AggregatorCore::publish_region_state(RegionIndex region, Now now, Actions& actions) {
  region_dues_[region].state = now.mono + kDocumentPeriod;
  if (is_shown(region)) {
    retain(topics_.region(regions_[region].id(), "state"),
           std::string(to_string(regions_[region].state())), validity_for(kDocumentPeriod),
           actions);
  }
}

void AggregatorCore::publish_region_summary(RegionIndex region, Now now, Actions& actions) {
  region_dues_[region].summary = now.mono + kNumbersPeriod;
  if (!is_shown(region)) {
    return;
  }
  std::int64_t blind = 0;
  const auto views = views_of(region, blind);
  const bool self_reported = regions_[region].id() == config_.region_of_broker;
  retain(topics_.region(regions_[region].id(), "summary"),
         to_json(regions_[region].summary(views, blind, self_reported, stamp(kNumbersPeriod))),
         validity_for(kNumbersPeriod), actions);
}

Views AggregatorCore::views_of(RegionIndex region, std::int64_t& blind) const {
  Views views;
  for (const auto& [id, location] : locations_) {
    const auto index = location.paths.at(region);
    if (!index) {
      continue;
    }
    const auto& now = paths_[*index].now();
    switch (now.state) {
      case LocationState::accessible:
        views.accessible.push_back(id);
        break;
      case LocationState::slow:
        views.slow.push_back(id);
        break;
      case LocationState::inaccessible:
        views.inaccessible.push_back(id);
        break;
      case LocationState::unknown:
      case LocationState::maintenance:
        views.unknown.push_back(id);
        blind += now.voided == VoidCause::blind || now.voided == VoidCause::unwitnessed ? 1 : 0;
        break;
    }
  }
  return views;
}

void AggregatorCore::publish_live(RegionIndex region, Slot slot, Actions& actions) {
  if (!is_shown(region)) {
    return;
  }
  Live live{utc_, slot, {}, 0};
  for (const auto& [id, location] : locations_) {
    if (const auto index = location.paths.at(region)) {
      const auto& now = paths_[*index].now();
      live.locations.push_back({id, now.state, now.rtt});
    }
  }
  if (live.locations.size() > kMaxLiveLocations) {
    const auto all = live.locations.size();
    std::erase_if(live.locations,
                  [](const auto& entry) { return entry.state == LocationState::accessible; });
    if (live.locations.size() > kMaxLiveLocations) {
      live.locations.erase(live.locations.begin() + kMaxLiveLocations, live.locations.end());
    }
    live.omitted = static_cast<std::int64_t>(all - live.locations.size());
  }
  actions.push_back(Publish{topics_.region(regions_[region].id(), "live"), to_json(live), false,
                            false, std::nullopt});
}

void AggregatorCore::publish_info(Now now, Actions& actions) {
  info_due_ = now.mono + kInfoPeriod;
  AggregatorInfo info{stamp(kInfoPeriod), instance_, ECHOMESH_VERSION, config_.region_of_broker,
                      started_};
  info.locations = std::count_if(locations_.begin(), locations_.end(), [](const auto& entry) {
    const auto& paths = entry.second.paths;
    return std::any_of(paths.begin(), paths.end(),
                       [](const auto& path) { return path.has_value(); });
  });
  info.paths = static_cast<std::int64_t>(paths_.size());
  info.reports = reports_;
  info.refused = refused_;
  info.rss_bytes = rss_bytes_;
  info.clock_steps = clock_.steps();
  info.publications_dropped = publications_dropped_;
  retain(topics_.aggregator_info(), to_json(info), validity_for(kInfoPeriod), actions);
}

void AggregatorCore::publish_heartbeat(Now now, Actions& actions) {
  heartbeat_due_ = now.mono + kHeartbeatPeriod;
  actions.push_back(Publish{topics_.aggregator_heartbeat(),
                            to_json(Heartbeat{utc_, ++heartbeat_seq_, instance_}), true, false,
                            std::nullopt});
}

void AggregatorCore::publish_online(Actions& actions) {
  retain(topics_.aggregator_availability(), "online", std::nullopt, actions);
}

}  // namespace echomesh::aggregator
