/// The aggregator as a pure state machine: reports in, retained status out. Sockets, timers and
/// clocks are its shell's.
///
///   Delivered -> intake -> path's slots -> region's verdict -> publication
///   on(event, now) -> actions          next_wakeup() -> when to call with Woke
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aggregator/config.hpp"
#include "aggregator/intake.hpp"
#include "aggregator/mesh_clock.hpp"
#include "aggregator/path.hpp"
#include "aggregator/publication_schedule.hpp"
#include "aggregator/region_view.hpp"
#include "proto/aggregator_info.hpp"
#include "proto/topics.hpp"

namespace echomesh::aggregator {

/// Time has come.
struct Woke {};
struct LinkUp {};
struct LinkLost {};
/// A message came; the views live for the call.
struct Delivered {
  std::string_view topic;
  std::string_view payload;
  bool retained;
};
/// The connection would not take a publication: its queue is full.
struct PublicationRefused {};
struct MemoryMeasured {
  std::int64_t rss_bytes;
};
using Event = std::variant<Woke, LinkUp, LinkLost, Delivered, PublicationRefused, MemoryMeasured>;

struct Publish {
  std::string topic;
  std::string payload;
  bool at_least_once;
  bool retain;
  std::optional<std::chrono::seconds> expiry;
};
/// The connection carries nothing although it looks well.
struct Reconnect {
  std::string reason;
};
/// Something an operator should read.
struct Warn {
  std::string text;
};
using Action = std::variant<Publish, Reconnect, Warn>;
using Actions = std::vector<Action>;

/// More locations than this are refused and counted.
constexpr std::size_t kMaxLocations = 25'000;

class AggregatorCore {
 public:
  /// `instance` is random; `started` is now.
  AggregatorCore(Config config, HexId instance, Now started);

  void on(const Event& event, Now now, Actions& actions);
  MonoTime next_wakeup();

  const Topics& topics() const { return topics_; }
  const RefusalCounts& refused() const { return refused_; }

 private:
  struct Location {
    AgentGlance agent;
    Voter voter;
    std::vector<std::optional<PathIndex>> paths;  ///< by RegionIndex
  };
  struct RegionDues {
    MonoTime summary;
    MonoTime state;
  };

  void act(const Woke& event, Now now, Actions& actions);
  void act(const LinkUp& event, Now now, Actions& actions);
  void act(const LinkLost& event, Now now, Actions& actions);
  void act(const Delivered& event, Now now, Actions& actions);
  void act(const PublicationRefused& event, Now now, Actions& actions);
  void act(const MemoryMeasured& event, Now now, Actions& actions);

  void take_report(const Delivered& event, Now now, Actions& actions);
  void take_agent_info(const Delivered& event, std::string_view location);
  void take_region_summary(const Delivered& event, std::string_view region);
  void take_heartbeat(std::string_view payload, Now now, Actions& actions);
  void refuse(Refusal reason, std::string_view location, const std::string& detail,
              Actions& actions);

  Location* location_of(const LocationId& id);
  Path& path_of(const LocationId& id, Location& location, RegionIndex region, Now now);
  std::optional<RegionIndex> region_of(const RegionId& id) const;
  void show_expected(Now now);

  bool refresh(PathIndex index, Now now);
  void refresh_region(RegionIndex index, Now now, Actions& actions);
  void pass_slot(Slot current, Now now, Actions& actions);
  void begin_publishing(Now now, Actions& actions);
  void schedule_all(Now now);

  bool is_shown(RegionIndex region) const;
  void publish_due(Now now, Actions& actions);
  void publish(const DueDocument& due, Now now, Actions& actions);
  void publish_state(Path& path, Actions& actions);
  void publish_numbers(Path& path, Now now, Actions& actions);
  void publish_timeline(Path& path, Now now, Actions& actions);
  void publish_history(Path& path, Now now, Actions& actions);
  void publish_region_state(RegionIndex region, Now now, Actions& actions);
  void publish_region_summary(RegionIndex region, Now now, Actions& actions);
  void publish_live(RegionIndex region, Slot slot, Actions& actions);
  void publish_info(Now now, Actions& actions);
  void publish_heartbeat(Now now, Actions& actions);
  void publish_online(Actions& actions);
  void retain(std::string topic, std::string payload, std::optional<std::chrono::seconds> expiry,
              Actions& actions) const;

  std::chrono::seconds period_of(Document document) const;
  Stamp stamp(std::chrono::seconds period) const;
  UtcTime next_history(const Path& path, UtcTime after) const;
  Views views_of(RegionIndex region, std::int64_t& blind) const;

  Config config_;
  Topics topics_;
  HexId instance_;
  UtcTime started_;
  MeshClock clock_;
  UtcTime utc_;  ///< the mesh clock at the event in hand
  Slot current_;
  Intake intake_;
  std::string agent_infos_;  ///< filters, made once
  std::string region_summaries_;
  std::vector<RegionView> regions_;  ///< by RegionIndex
  std::vector<RegionDues> region_dues_;
  std::map<LocationId, Location> locations_;
  std::deque<Path> paths_;  ///< by PathIndex
  PublicationSchedule schedule_;
  bool is_up_ = false;
  /// After a connect, until the broker has handed over what it retains: regions wait for it.
  std::optional<MonoTime> listening_until_;
  std::optional<MonoTime> held_until_;
  MonoTime heartbeat_due_;
  MonoTime heartbeat_heard_;
  MonoTime info_due_;
  std::optional<MonoTime> resync_due_;
  std::int64_t heartbeat_seq_ = 0;
  std::chrono::milliseconds longest_limit_;
  std::int64_t reports_ = 0;
  RefusalCounts refused_;
  std::array<std::optional<UtcTime>, kRefusals> warned_;  ///< when the log was told last
  std::int64_t publications_dropped_ = 0;
  std::int64_t rss_bytes_ = 0;
};

}  // namespace echomesh::aggregator
