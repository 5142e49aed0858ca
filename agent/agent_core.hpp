/// The agent as a pure state machine: it is told what happened and when, and answers with what is
/// to be done. Sockets, timers and clocks are its shell's.
///
///   on(event, now) -> actions          next_wakeup() -> when to call with Woke
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/blindness.hpp"
#include "agent/config.hpp"
#include "agent/echo_grid.hpp"
#include "agent/echo_tracker.hpp"
#include "agent/report_assembler.hpp"
#include "agent/self_check.hpp"
#include "agent/spool.hpp"
#include "proto/names.hpp"
#include "proto/time.hpp"
#include "proto/topics.hpp"

namespace echomesh::agent {

/// Index of a report stream in AgentCore::report_brokers().
using StreamIndex = std::size_t;

/// Time has come, and every socket was read first: limits are judged now.
struct Woke {};
struct EchoLinkUp {
  RegionIndex region;
  bool subscription_denied = false;
};
struct EchoLinkLost {
  RegionIndex region;
  MissCause cause;
};
struct EchoAttemptFailed {
  RegionIndex region;
  MissCause cause;
};
/// An echo was given to the connection (`at` stamped just before), or was not taken.
struct EchoSent {
  RegionIndex region;
  std::int64_t n;
  bool accepted;
  MonoTime at;
};
struct EchoAcknowledged {
  RegionIndex region;
  int reason;
};
/// A message came on an echo link; the views live for the call.
struct EchoDelivered {
  RegionIndex region;
  std::string_view topic;
  std::string_view payload;
  bool retained;
  MonoTime received;
  bool is_kernel_time;
};
/// Something of the region's broker reached us: any byte on any link to it, or a TCP connect that
/// it accepted or reset.
struct RegionHeard {
  RegionIndex region;
};
/// A witness accepted or reset a connect that AskAround had made.
struct WitnessHeard {};
/// How many addresses the region's name has, if several, and how many of them take no connect.
struct AddressesTried {
  RegionIndex region;
  std::uint32_t addresses;
  std::uint32_t dead;
};
struct ReportLinkUp {
  StreamIndex stream;
};
struct ReportLinkLost {
  StreamIndex stream;
};
struct ReportSent {
  StreamIndex stream;
  std::int64_t seq;
  bool accepted;
};
struct ReportAcknowledged {
  StreamIndex stream;
  std::int64_t seq;
  int reason;
};
struct AvailabilityHeard {
  StreamIndex stream;
  std::string_view payload;
};
struct MemoryMeasured {
  std::int64_t rss_bytes;
};
using Event =
    std::variant<Woke, EchoLinkUp, EchoLinkLost, EchoAttemptFailed, EchoSent, EchoAcknowledged,
                 EchoDelivered, RegionHeard, WitnessHeard, AddressesTried, ReportLinkUp,
                 ReportLinkLost, ReportSent, ReportAcknowledged, AvailabilityHeard, MemoryMeasured>;

/// To be answered with EchoSent.
struct PublishEcho {
  RegionIndex region;
  std::int64_t n;
  std::string payload;
  bool ask_permission;  ///< QoS 1, and EchoAcknowledged is wanted
};
/// Fresh TCP connects to the brokers of these regions (answered with RegionHeard), or with none
/// named to every witness (WitnessHeard); those of the asking before are dropped.
struct AskAround {
  std::vector<RegionIndex> regions;
};
/// QoS 1; to be answered with ReportSent, later with ReportAcknowledged.
struct PublishReport {
  StreamIndex stream;
  std::int64_t seq;
  std::string payload;
};
/// QoS 1, retained.
struct PublishStatus {
  StreamIndex stream;
  std::string topic;
  std::string payload;
  std::optional<std::chrono::seconds> expiry;
};
using Action = std::variant<PublishEcho, AskAround, PublishReport, PublishStatus>;
using Actions = std::vector<Action>;

/// What the status page of this process counts beside echoes.
struct Counters {
  std::int64_t foreign_echoes = 0;  ///< messages on echo links that were no echo of ours
  std::int64_t clock_steps = 0;
};

class AgentCore {
 public:
  /// `run` and `epoch` are random; `started` is now.
  AgentCore(Config config, HexId run, HexId epoch, Now started);

  void on(const Event& event, Now now, Actions& actions);
  MonoTime next_wakeup() const;

  /// The brokers reported to, each once; streams are numbered in this order.
  const std::vector<RegionId>& report_brokers() const { return brokers_; }
  const Topics& topics() const { return topics_; }
  const Counters& counters() const { return counters_; }

 private:
  struct Stream {
    std::vector<RegionIndex> regions;
    ReportAssembler assembler;
    Spool spool;
    bool is_up = false;
    bool is_congested = false;  ///< the connection took no more; tried again at the next waking
    MonoTime info_due;
  };

  /// Of a region's name.
  struct Addresses {
    std::uint32_t all = 1;
    std::uint32_t dead = 0;
  };

  void act(const Woke& event, Now now, Actions& actions);
  void act(const EchoLinkUp& event, Now now, Actions& actions);
  void act(const EchoLinkLost& event, Now now, Actions& actions);
  void act(const EchoAttemptFailed& event, Now now, Actions& actions);
  void act(const EchoSent& event, Now now, Actions& actions);
  void act(const EchoAcknowledged& event, Now now, Actions& actions);
  void act(const EchoDelivered& event, Now now, Actions& actions);
  void act(const RegionHeard& event, Now now, Actions& actions);
  void act(const WitnessHeard& event, Now now, Actions& actions);
  void act(const AddressesTried& event, Now now, Actions& actions);
  void act(const ReportLinkUp& event, Now now, Actions& actions);
  void act(const ReportLinkLost& event, Now now, Actions& actions);
  void act(const ReportSent& event, Now now, Actions& actions);
  void act(const ReportAcknowledged& event, Now now, Actions& actions);
  void act(const AvailabilityHeard& event, Now now, Actions& actions);
  void act(const MemoryMeasured& event, Now now, Actions& actions);

  void follow_clock(Now now);
  void judge_expired(Now now);
  void ask_around(Now now, Actions& actions);
  void fire_due(Now now, Actions& actions);
  void fire(Slot slot, MonoTime due, Now now, Actions& actions);
  void sleep_through(Slot slot, MonoTime due);
  void publish_unsent(RegionIndex region, Now now, Actions& actions);
  void note(RegionIndex region, const Settled& settled);
  void publish_reports(Now now, Actions& actions);
  void publish_report(StreamIndex index, const SpooledReport& spooled, Now now, Actions& actions);
  void publish_infos(Now now, Actions& actions);
  void publish_info(StreamIndex index, Now now, Actions& actions);
  void publish_online(StreamIndex index, Actions& actions);
  bool is_watching() const;
  std::int64_t number_of(RegionIndex region, std::int64_t tick) const;
  MonoTime mono_of(UtcTime at) const { return MonoTime{at.time_since_epoch() - offset_}; }

  Config config_;
  Topics topics_;
  HexId run_;
  HexId epoch_;
  UtcTime started_;
  EchoGrid grid_;
  nanoseconds offset_;  ///< UTC minus monotonic time
  Slot next_slot_;
  MonoTime next_due_;
  std::int64_t next_tick_ = 1;
  bool read_since_stall_ = true;
  SelfCheck self_check_;
  Blindness blindness_;
  std::vector<EchoTracker> trackers_;  ///< by RegionIndex
  std::vector<Addresses> addresses_;   ///< by RegionIndex
  std::vector<RegionId> brokers_;
  std::vector<Stream> streams_;  ///< by StreamIndex
  std::int64_t rss_bytes_ = 0;
  Counters counters_;
};

}  // namespace echomesh::agent
