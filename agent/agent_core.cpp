#include "agent/agent_core.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "proto/echo.hpp"

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
/// Each path counts its echoes by itself: one region's broker cannot answer for another's.
constexpr std::int64_t kNumbersPerPath = 1'000'000'000;

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
      self_check_(started.mono),
      blindness_(config_.limit, config_.regions.size(), !config_.witnesses.empty()),
      addresses_(config_.regions.size()) {
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
    blindness_.stalled(*gap);
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
    next = std::min(next, blindness_.next_try().value_or(next));
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
  judge_expired(now);
  ask_around(now, actions);
  read_since_stall_ = true;
  for (auto& stream : streams_) {
    stream.is_congested = false;
  }
  fire_due(now, actions);
  publish_infos(now, actions);
}

void AgentCore::judge_expired(Now now) {
  for (RegionIndex region = 0; region < trackers_.size(); ++region) {
    const auto excuse = [&](MonoTime due) { return blindness_.excuse(region, due); };
    for (const auto& settled : trackers_[region].expire(now.mono, excuse)) {
      note(region, settled);
    }
  }
}

void AgentCore::ask_around(Now now, Actions& actions) {
  const auto is_overdue = [this](RegionIndex region, MonoTime due) {
    return trackers_[region].has_in_flight(due);
  };
  if (auto asked = blindness_.ask(now.mono, is_overdue)) {
    actions.push_back(AskAround{*std::move(asked)});
  }
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
  const std::int64_t tick = next_tick_++;
  blindness_.due(due);
  for (auto& stream : streams_) {
    stream.assembler.open(slot, due);
  }
  for (RegionIndex region = 0; region < trackers_.size(); ++region) {
    trackers_[region].due(number_of(region, tick), slot, due);
    publish_unsent(region, now, actions);
  }
}

std::int64_t AgentCore::number_of(RegionIndex region, std::int64_t tick) const {
  return kNumbersPerPath * static_cast<std::int64_t>(region) + tick;
}

/// No echo is sent for a slot whose turn the loop has missed.
void AgentCore::sleep_through(Slot slot, MonoTime due) {
  ++next_tick_;
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
  EchoEntry entry{config_.regions[region].id, settled.outcome, settled.resent};
  if (const auto& addresses = addresses_[region]; addresses.all > 1) {
    entry.addresses = addresses.all;
    entry.addresses_dead = addresses.dead;
  }
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
                   echo->location == config_.location && echo->run == run_ &&
                   echo->n >= number_of(event.region, 1) &&
                   echo->n < number_of(event.region, next_tick_);
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

void AgentCore::act(const RegionHeard& event, Now now, Actions& /*actions*/) {
  blindness_.region_heard(event.region, now.mono);
}

void AgentCore::act(const WitnessHeard& /*event*/, Now now, Actions& /*actions*/) {
  blindness_.witness_heard(now.mono);
}

void AgentCore::act(const AddressesTried& event, Now /*now*/, Actions& /*actions*/) {
  addresses_.at(event.region) = {event.addresses, event.dead};
}

}  // namespace echomesh::agent
