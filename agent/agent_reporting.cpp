// The half of AgentCore that speaks to report brokers: reports, and the agent's own status.

#include <utility>

#include "agent/agent_core.hpp"
#include "proto/agent_info.hpp"
#include "proto/report.hpp"

namespace echomesh::agent {
namespace {

constexpr std::chrono::seconds kInfoPeriod{30};
constexpr int kFirstErrorReason = 128;
/// The list of regions is cut where the info would not stay below the size of a retained document.
constexpr std::size_t kMaxInfoRegionBytes = 3000;
constexpr std::string_view kOnline = "online";

}  // namespace

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
                 std::nullopt,
                 counters_.foreign_echoes};
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
