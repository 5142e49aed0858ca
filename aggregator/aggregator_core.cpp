#include "aggregator/aggregator_core.hpp"

#include <algorithm>
#include <utility>

#include "proto/json_reader.hpp"

namespace echomesh::aggregator {
namespace {

using std::chrono::seconds;

/// A heartbeat that is not back for so long says that the connection carries nothing.
constexpr seconds kHeartbeatAway{15};
/// The broker hands over what it retains before it returns our heartbeat; if that is lost, this.
constexpr seconds kMaxListening{2};
/// Refusals of one reason are told to the log so often, and counted always.
constexpr seconds kWarnPeriod{60};

constexpr std::string_view kOnline = "online";

std::map<LocationId, Voter> voters_of(const Config& config) {
  std::map<LocationId, Voter> voters;
  for (const auto& expected : config.locations) {
    voters.emplace(expected.id,
                   Voter{expected.slow_from.value_or(config.slow_from), expected.group, true});
  }
  return voters;
}

}  // namespace

AggregatorCore::AggregatorCore(Config config, HexId instance, Now started)
    : config_(std::move(config)),
      topics_(config_.mesh.topic_root),
      instance_(instance),
      started_(started.utc),
      clock_(started, config_.mesh.slot),
      utc_(started.utc),
      current_(slot_of(started.utc, config_.mesh.slot)),
      intake_(topics_, config_.mesh.slot),
      agent_infos_(topics_.all_agent_infos()),
      region_summaries_(topics_.all_region_summaries()),
      region_dues_(config_.regions.size(), {started.mono, started.mono}),
      heartbeat_due_(started.mono),
      heartbeat_heard_(started.mono),
      info_due_(started.mono),
      longest_limit_(config_.mesh.slot.value) {
  for (const auto& region : config_.regions) {
    regions_.emplace_back(region, config_.groups.size());
  }
  for (const auto& [id, voter] : voters_of(config_)) {
    locations_.emplace(id,
                       Location{{}, voter, std::vector<std::optional<PathIndex>>(regions_.size())});
  }
  show_expected(started);
}

/// Who is expected is shown before it is heard of, but on the region's own broker.
void AggregatorCore::show_expected(Now now) {
  for (auto& [id, location] : locations_) {
    for (RegionIndex region = 0; region < regions_.size(); ++region) {
      if (regions_[region].id() != config_.region_of_broker) {
        path_of(id, location, region, now);
      }
    }
  }
}

void AggregatorCore::on(const Event& event, Now now, Actions& actions) {
  utc_ = clock_.read(now);
  if (const Slot current = slot_of(utc_, config_.mesh.slot); current != current_) {
    pass_slot(current, now, actions);
  }
  std::visit([&](const auto& what) { act(what, now, actions); }, event);
}

void AggregatorCore::act(const Woke& /*event*/, Now now, Actions& actions) {
  if (!is_up_) {
    return;
  }
  if (listening_until_ && *listening_until_ <= now.mono) {
    begin_publishing(now, actions);
  }
  if (held_until_ && *held_until_ <= now.mono) {
    held_until_.reset();
    for (RegionIndex region = 0; region < regions_.size(); ++region) {
      regions_[region].release();
      refresh_region(region, now, actions);
    }
  }
  if (now.mono - heartbeat_heard_ >= kHeartbeatAway) {
    heartbeat_heard_ = now.mono;
    actions.push_back(Reconnect{"own heartbeat not heard for 15 s"});
    return;
  }
  publish_due(now, actions);
}

void AggregatorCore::act(const LinkUp& /*event*/, Now now, Actions& actions) {
  is_up_ = true;
  schedule_.clear();  // all of it goes out again, paced; what is overdue would be a burst
  resync_due_.reset();
  heartbeat_heard_ = now.mono;
  listening_until_ = now.mono + kMaxListening;
  held_until_ = now.mono + longest_limit_ + 2 * config_.mesh.slot.value;
  publish_online(actions);
  publish_info(now, actions);
  publish_heartbeat(now, actions);
}

void AggregatorCore::act(const LinkLost& /*event*/, Now /*now*/, Actions& /*actions*/) {
  is_up_ = false;
  listening_until_.reset();
  held_until_.reset();
  for (auto& region : regions_) {
    region.freeze();
  }
}

/// All that the broker retained has been read: what an earlier run published is known.
void AggregatorCore::begin_publishing(Now now, Actions& actions) {
  listening_until_.reset();
  for (RegionIndex region = 0; region < regions_.size(); ++region) {
    regions_[region].hold(utc_);
    publish_region_state(region, now, actions);
    publish_region_summary(region, now, actions);
  }
  schedule_all(now);
}

/// Everything goes out again, behind what is live: one path after the other.
void AggregatorCore::schedule_all(Now now) {
  const nanoseconds gap = nanoseconds{seconds{1}} / kPathsPerSecond;
  const nanoseconds all = gap * static_cast<std::int64_t>(paths_.size());
  for (PathIndex path = 0; path < paths_.size(); ++path) {
    MonoTime turn = now.mono + gap * static_cast<std::int64_t>(path);
    if (!paths_[path].is_heard_of()) {
      // It may have reported to an earlier run: silence counts when a limit has been waited for.
      turn = std::max(turn, held_until_.value_or(turn));
    }
    for (const auto document : {Document::state, Document::numbers, Document::timeline}) {
      schedule_.request(path, document, turn);
    }
    schedule_.request(path, Document::history, turn + all);
  }
}

void AggregatorCore::act(const PublicationRefused& /*event*/, Now now, Actions& /*actions*/) {
  constexpr seconds kRetryAfter{5};
  ++publications_dropped_;
  if (!resync_due_) {
    resync_due_ = now.mono + kRetryAfter;
  }
}

void AggregatorCore::act(const MemoryMeasured& event, Now /*now*/, Actions& /*actions*/) {
  rss_bytes_ = event.rss_bytes;
}

void AggregatorCore::act(const Delivered& event, Now now, Actions& actions) {
  if (event.topic == topics_.aggregator_heartbeat()) {
    take_heartbeat(event.payload, now, actions);
  } else if (event.topic == topics_.aggregator_availability()) {
    if (event.payload != kOnline && is_up_) {
      publish_online(actions);
    }
  } else if (const auto location = Topics::wildcard_level(agent_infos_, event.topic)) {
    take_agent_info(event, *location);
  } else if (const auto region = Topics::wildcard_level(region_summaries_, event.topic)) {
    take_region_summary(event, *region);
  } else {
    take_report(event, now, actions);
  }
}

void AggregatorCore::take_heartbeat(std::string_view payload, Now now, Actions& actions) {
  const auto document = JsonDocument::parse(payload);
  const auto instance = document ? document->root().find("instance") : std::nullopt;
  if (!instance || instance->text() != to_string(instance_)) {
    return;
  }
  heartbeat_heard_ = now.mono;
  if (listening_until_) {
    begin_publishing(now, actions);
  }
}

void AggregatorCore::take_agent_info(const Delivered& event, std::string_view location) {
  const auto id = LocationId::parse(location);
  auto glance = parse_agent_glance(event.payload);
  if (!id || !glance) {
    return;  // a topic that was cleared, or an agent that speaks nonsense of itself
  }
  if (auto* known = location_of(*id)) {
    known->agent = std::move(glance).value();
  }
}

void AggregatorCore::take_region_summary(const Delivered& event, std::string_view region) {
  const auto id = RegionId::parse(region);
  const auto index = id ? region_of(*id) : std::nullopt;
  if (!event.retained || !listening_until_ || !index) {
    return;
  }
  if (const auto glance = parse_region_glance(event.payload)) {
    regions_[*index].found_retained(*glance);
  }
}

void AggregatorCore::refuse(Refusal reason, std::string_view location, const std::string& detail,
                            Actions& actions) {
  refused_.add(reason);
  auto& warned = warned_.at(static_cast<std::size_t>(reason));
  if (!warned || utc_ - *warned >= kWarnPeriod || utc_ < *warned) {
    warned = utc_;
    actions.push_back(Warn{"refused (" + std::string(to_string(reason)) + ") from " +
                           std::string(location) + ": " + detail});
  }
}

void AggregatorCore::take_report(const Delivered& event, Now now, Actions& actions) {
  auto outcome = intake_.admit(event.topic, event.payload, event.retained, current_);
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    refuse(refused->reason, event.topic, refused->detail, actions);
    return;
  }
  const auto& [id, report] = *std::get_if<Admitted>(&outcome);
  auto* location = location_of(id);
  if (location == nullptr) {
    refuse(Refusal::capacity, id.str(), "25,000 locations are held already", actions);
    return;
  }
  ++reports_;
  if (report.limit > longest_limit_) {
    if (held_until_) {
      *held_until_ += report.limit - longest_limit_;
    }
    longest_limit_ = report.limit;
  }
  for (const auto& entry : report.echoes) {
    const auto region = region_of(entry.region);
    if (!region) {
      refuse(Refusal::region, id.str(), "region " + entry.region.str() + " is not in the settings",
             actions);
      continue;
    }
    auto& path = path_of(id, *location, *region, now);
    const PathIndex index = *location->paths.at(*region);
    if (path.take(entry, report.slot, report.limit)) {
      const auto within = paced(seconds{5}, paths_.size());
      schedule_.request(index, Document::timeline, now.mono + within / 2);
    }
    if (refresh(index, now)) {
      refresh_region(*region, now, actions);
    }
  }
}

AggregatorCore::Location* AggregatorCore::location_of(const LocationId& id) {
  if (const auto known = locations_.find(id); known != locations_.end()) {
    return &known->second;
  }
  if (locations_.size() >= kMaxLocations) {
    return nullptr;
  }
  const Voter voter{config_.slow_from, kNoGroup, config_.locations.empty()};
  return &locations_
              .emplace(id,
                       Location{{}, voter, std::vector<std::optional<PathIndex>>(regions_.size())})
              .first->second;
}

std::optional<RegionIndex> AggregatorCore::region_of(const RegionId& id) const {
  const auto found = std::find_if(config_.regions.begin(), config_.regions.end(),
                                  [&](const auto& region) { return region.id == id; });
  if (found == config_.regions.end()) {
    return std::nullopt;
  }
  return static_cast<RegionIndex>(found - config_.regions.begin());
}

Path& AggregatorCore::path_of(const LocationId& id, Location& location, RegionIndex region,
                              Now now) {
  auto& index = location.paths.at(region);
  if (!index) {
    index = paths_.size();
    paths_.emplace_back(region, id, location.voter, config_.mesh.slot);
    for (const auto document :
         {Document::state, Document::numbers, Document::timeline, Document::history}) {
      schedule_.request(*index, document, now.mono);
    }
  }
  return paths_[*index];
}

/// Reads a path's state off its slots; one that changed is told at once. True if its vote changed:
/// its region is to be judged anew, once all votes of the moment are in.
bool AggregatorCore::refresh(PathIndex index, Now now) {
  auto& path = paths_[index];
  const Vote before = path.vote();
  const bool changed = path.refresh(current_);
  const Vote after = path.vote();
  if (before != after) {
    regions_[path.region()].ballot().change(path.group(), before, after);
  }
  if (changed) {
    schedule_.request(index, Document::state, now.mono);
    schedule_.request(index, Document::numbers, now.mono);
    const auto within = paced(seconds{5}, paths_.size());
    schedule_.request(index, Document::timeline, now.mono + within / 5);
    auto& dues = region_dues_[path.region()];
    dues.summary = std::min(dues.summary, now.mono + seconds{1});
  }
  return before != after;
}

void AggregatorCore::refresh_region(RegionIndex region, Now now, Actions& actions) {
  if (regions_[region].refresh(config_.verdict, utc_) && is_up_) {
    publish_region_state(region, now, actions);
    publish_region_summary(region, now, actions);
  }
}

void AggregatorCore::pass_slot(Slot current, Now now, Actions& actions) {
  const Slot ended = std::exchange(current_, current);
  std::vector<bool> has_new_votes(regions_.size());
  for (PathIndex path = 0; path < paths_.size(); ++path) {
    if (refresh(path, now)) {
      has_new_votes[paths_[path].region()] = true;
    }
  }
  for (RegionIndex region = 0; region < regions_.size(); ++region) {
    if (has_new_votes[region]) {
      refresh_region(region, now, actions);
    }
  }
  if (!is_up_ || listening_until_) {
    return;
  }
  for (RegionIndex region = 0; region < regions_.size(); ++region) {
    publish_live(region, ended, actions);
  }
}

}  // namespace echomesh::aggregator
