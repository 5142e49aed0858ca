#include "agent/agent_core.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "proto/agent_info.hpp"
#include "proto/echo.hpp"
#include "proto/report.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Links get this long to come up before the first echo is due.
constexpr seconds kHeadStart{1};
/// A wall clock that moves further between two wakings was set, not slewed.
constexpr milliseconds kClockStep{50};
/// After a longer sleep only the latest slots are told of: an hour at 5 s.
constexpr std::int64_t kMaxSleptSlots = 720;
constexpr seconds kInfoPeriod{30};
constexpr int kFirstErrorReason = 128;

/// The list of regions is cut where the info would not stay below the size of a retained document.
constexpr std::size_t kMaxInfoRegionBytes = 3000;

constexpr std::string_view kOnline = "online";

}  // namespace

AgentCore::AgentCore(Config config, HexId run, HexId epoch, Now started)
    : config_(std::move(config)),
      topics_(config_.mesh.topic_root),
      run_(run),
      epoch_(epoch),
      started_(started.utc),
      grid_(config_.location, config_.mesh.slot),
      offset_(started.utc.time_since_epoch() - started.mono.time_since_epoch()),
      next_slot_(grid_.next(started.utc + kHeadStart)),
      next_due_(mono_of(grid_.due(next_slot_))),
      self_check_(started.mono) {
  assert(!config_.regions.empty());
  trackers_.assign(config_.regions.size(), EchoTracker(config_.limit));
  for (const auto& region : config_.regions) {
    for (const auto& broker : region.report_to) {
      if (std::find(brokers_.begin(), brokers_.end(), broker) == brokers_.end()) {
        brokers_.push_back(broker);
      }
    }
  }
  for (const auto& broker : brokers_) {
    std::vector<RegionIndex> regions;
    for (RegionIndex i = 0; i < config_.regions.size(); ++i) {
      const auto& report_to = config_.regions[i].report_to;
      if (std::find(report_to.begin(), report_to.end(), broker) != report_to.end()) {
        regions.push_back(i);
      }
    }
    const std::size_t count = regions.size();
    streams_.push_back(
        {std::move(regions), ReportAssembler(count), Spool{}, false, false, started.mono});
  }
}

void AgentCore::on(const Event& event, Now now, Actions& actions) {
  if (const auto gap = self_check_.running(now.mono, is_watching())) {
    read_since_stall_ = false;
    for (auto& tracker : trackers_) {
      tracker.stalled(*gap);
    }
  }
  std::visit([&](const auto& what) { act(what, now, actions); }, event);
  publish_reports(now, actions);
}

bool AgentCore::is_watching() const {
  return std::any_of(trackers_.begin(), trackers_.end(),
                     [](const auto& tracker) { return tracker.has_in_flight(); });
}

MonoTime AgentCore::next_wakeup() const {
  MonoTime next = next_due_;
  if (is_watching()) {
    next = std::min(next, self_check_.next_beat());
  }
  for (const auto& tracker : trackers_) {
    next = std::min(next, tracker.next_deadline().value_or(next));
  }
  for (const auto& stream : streams_) {
    next = std::min(next, stream.assembler.next_deadline().value_or(next));
    if (stream.is_up) {
      next = std::min(next, stream.info_due);
    }
  }
  return next;
}

void AgentCore::act(const Woke& /*event*/, Now now, Actions& actions) {
  const MonoTime planned = next_wakeup();
  if (planned <= now.mono) {
    self_check_.woke(planned, now.mono);
  }
  follow_clock(now);
  for (RegionIndex region = 0; region < trackers_.size(); ++region) {
    for (const auto& settled : trackers_[region].expire(now.mono)) {
      note(region, settled);
    }
  }
  read_since_stall_ = true;
  for (auto& stream : streams_) {
    stream.is_congested = false;
  }
  fire_due(now, actions);
  publish_infos(now, actions);
}

/// Slewing is followed quietly. After a step the grid is where the new time says; an echo that
/// would have been due by it already is due now, because neither loop nor link was late.
void AgentCore::follow_clock(Now now) {
  const auto offset = now.utc.time_since_epoch() - now.mono.time_since_epoch();
  const auto moved = offset - offset_;
  const bool stepped = moved > kClockStep || moved < -kClockStep;
  offset_ = offset;
  const MonoTime due_before = std::exchange(next_due_, mono_of(grid_.due(next_slot_)));
  if (!stepped) {
    return;
  }
  ++counters_.clock_steps;
  const nanoseconds half_slot = nanoseconds{config_.mesh.slot.value} / 2;
  if (moved > half_slot || moved < -half_slot) {
    next_slot_ = grid_.next(now.utc);
    next_due_ = mono_of(grid_.due(next_slot_));
  }
  // What the loop was late for before the step, it still is.
  next_due_ = std::max(next_due_, std::min(due_before, now.mono));
}

void AgentCore::fire_due(Now now, Actions& actions) {
  const nanoseconds width = config_.mesh.slot.value;
  const nanoseconds late = now.mono - next_due_ - kStall;
  if (const auto slept = (late + width - nanoseconds{1}) / width; slept > kMaxSleptSlots) {
    next_slot_ = next_slot_ + (slept - kMaxSleptSlots);
    next_due_ = mono_of(grid_.due(next_slot_));
  }
  while (next_due_ <= now.mono) {
    if (now.mono - next_due_ > kStall) {
      sleep_through(next_slot_, next_due_);
    } else {
      fire(next_slot_, next_due_, now, actions);
    }
    next_slot_ = next_slot_ + 1;
    next_due_ = mono_of(grid_.due(next_slot_));
  }
}

void AgentCore::fire(Slot slot, MonoTime due, Now now, Actions& actions) {
  const std::int64_t n = next_n_++;
  for (auto& stream : streams_) {
    stream.assembler.open(slot, due);
  }
  for (RegionIndex region = 0; region < trackers_.size(); ++region) {
    trackers_[region].due(n, slot, due);
    publish_unsent(region, now, actions);
  }
}

/// No echo is sent for a slot whose turn the loop has missed.
void AgentCore::sleep_through(Slot slot, MonoTime due) {
  ++next_n_;
  for (auto& stream : streams_) {
    stream.assembler.open(slot, due);
  }
  for (RegionIndex region = 0; region < trackers_.size(); ++region) {
    note(region, {slot, Void{VoidCause::stalled}, false});
  }
}

void AgentCore::publish_unsent(RegionIndex region, Now now, Actions& actions) {
  for (const auto& unsent : trackers_[region].take_unsent(now.mono)) {
    actions.push_back(PublishEcho{region, unsent.n,
                                  to_json(Echo{config_.location, run_, unsent.n, now.utc}),
                                  unsent.ask_permission});
  }
}

void AgentCore::note(RegionIndex region, const Settled& settled) {
  const EchoEntry entry{config_.regions[region].id, settled.outcome, settled.resent};
  for (auto& stream : streams_) {
    if (std::find(stream.regions.begin(), stream.regions.end(), region) != stream.regions.end()) {
      stream.assembler.add(settled.slot, entry);
    }
  }
}

void AgentCore::act(const EchoLinkUp& event, Now now, Actions& actions) {
  trackers_.at(event.region).link_up(event.subscription_denied);
  publish_unsent(event.region, now, actions);
}

void AgentCore::act(const EchoLinkLost& event, Now now, Actions& /*actions*/) {
  trackers_.at(event.region).link_lost(now.mono, event.cause);
}

void AgentCore::act(const EchoAttemptFailed& event, Now /*now*/, Actions& /*actions*/) {
  trackers_.at(event.region).attempt_failed(event.cause);
}

void AgentCore::act(const EchoSent& event, Now /*now*/, Actions& /*actions*/) {
  auto& tracker = trackers_.at(event.region);
  event.accepted ? tracker.sent(event.n, event.at) : tracker.not_sent(event.n);
}

void AgentCore::act(const EchoAcknowledged& event, Now /*now*/, Actions& /*actions*/) {
  trackers_.at(event.region).acknowledged(event.reason);
}

void AgentCore::act(const EchoDelivered& event, Now /*now*/, Actions& /*actions*/) {
  const auto echo = parse_echo(event.payload);
  const bool own = !event.retained && event.topic == topics_.probe(config_.location) && echo &&
                   echo->location == config_.location && echo->run == run_;
  if (!own) {
    ++counters_.foreign_echoes;
    return;
  }
  const auto settled =
      trackers_.at(event.region)
          .returned(echo->n, event.received, event.is_kernel_time, !read_since_stall_);
  if (settled) {
    note(event.region, *settled);
  }
}

void AgentCore::act(const ReportLinkUp& event, Now now, Actions& actions) {
  streams_.at(event.stream).is_up = true;
  streams_.at(event.stream).is_congested = false;
  publish_online(event.stream, actions);
  publish_info(event.stream, now, actions);
}

void AgentCore::act(const ReportLinkLost& event, Now /*now*/, Actions& /*actions*/) {
  auto& stream = streams_.at(event.stream);
  stream.is_up = false;
  stream.spool.connection_lost();
}

void AgentCore::act(const ReportSent& event, Now /*now*/, Actions& /*actions*/) {
  if (!event.accepted) {
    streams_.at(event.stream).spool.not_taken(event.seq);
    streams_.at(event.stream).is_congested = true;
  }
}

void AgentCore::act(const ReportAcknowledged& event, Now /*now*/, Actions& /*actions*/) {
  streams_.at(event.stream).spool.acknowledged(event.seq, event.reason < kFirstErrorReason);
}

void AgentCore::act(const AvailabilityHeard& event, Now /*now*/, Actions& actions) {
  if (event.payload != kOnline && streams_.at(event.stream).is_up) {
    publish_online(event.stream, actions);
  }
}

void AgentCore::act(const MemoryMeasured& event, Now /*now*/, Actions& /*actions*/) {
  rss_bytes_ = event.rss_bytes;
}

void AgentCore::publish_reports(Now now, Actions& actions) {
  for (StreamIndex index = 0; index < streams_.size(); ++index) {
    auto& stream = streams_[index];
    for (auto& outcomes : stream.assembler.take(now.mono)) {
      stream.spool.push(std::move(outcomes));
    }
    while (stream.is_up && !stream.is_congested) {
      const auto spooled = stream.spool.take_next();
      if (!spooled) {
        break;
      }
      publish_report(index, *spooled, now, actions);
    }
  }
}

void AgentCore::publish_report(StreamIndex index, const SpooledReport& spooled, Now now,
                               Actions& actions) {
  Report report;
  report.epoch = epoch_;
  report.run = run_;
  report.seq = spooled.seq;
  report.oldest = spooled.seq;  // nothing outlives this process, so nothing older is promised
  report.slot = spooled.outcomes.slot;
  report.slot_width = config_.mesh.slot.value;
  report.limit = config_.limit;
  report.sent = now.utc;
  report.echoes = spooled.outcomes.echoes;
  actions.push_back(PublishReport{index, spooled.seq, to_json(report)});
}

void AgentCore::publish_infos(Now now, Actions& actions) {
  for (StreamIndex index = 0; index < streams_.size(); ++index) {
    if (streams_[index].is_up && streams_[index].info_due <= now.mono) {
      publish_info(index, now, actions);
    }
  }
}

void AgentCore::publish_info(StreamIndex index, Now now, Actions& actions) {
  auto& stream = streams_.at(index);
  stream.info_due = now.mono + kInfoPeriod;
  const auto validity = validity_for(kInfoPeriod);
  AgentInfo info{{now.utc, now.utc + validity},
                 config_.location,
                 config_.place,
                 ECHOMESH_VERSION,
                 epoch_,
                 run_,
                 started_,
                 {},
                 0,
                 0,
                 self_check_.lag_max(),
                 rss_bytes_,
                 counters_.clock_steps,
                 std::nullopt};
  std::size_t bytes = 0;
  for (const auto& region : config_.regions) {
    bytes += region.id.str().size() + 3;  // quotes and comma
    if (bytes <= kMaxInfoRegionBytes) {
      info.regions.push_back(region.id);
    }
  }
  info.spool_reports = static_cast<std::int64_t>(stream.spool.size());
  info.spool_dropped = stream.spool.dropped();
  actions.push_back(
      PublishStatus{index, topics_.agent_info(config_.location), to_json(info), validity});
}

void AgentCore::publish_online(StreamIndex index, Actions& actions) {
  actions.push_back(PublishStatus{index, topics_.agent_availability(config_.location),
                                  std::string(kOnline), std::nullopt});
}

}  // namespace echomesh::agent
