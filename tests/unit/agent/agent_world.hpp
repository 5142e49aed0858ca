/// One agent's core in virtual time: clocks that are set, links that are switched, brokers that
/// echo after a while, and a record of all that was asked.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent_core.hpp"
#include "proto/echo.hpp"
#include "proto/report.hpp"
#include "tests/unit/agent/outcomes.hpp"

namespace echomesh::agent {

inline Config config_with(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& regions) {
  Config config{LocationId::parse("tokyo").value(), {}, {}};
  for (const auto& [id, report_to] : regions) {
    WatchedRegion region{RegionId::parse(id).value(), {}, {}};
    for (const auto& broker : report_to) {
      region.report_to.push_back(RegionId::parse(broker).value());
    }
    config.regions.push_back(region);
  }
  return config;
}

/// Regions eu, us and ap, each reporting to the two others; streams are us, ap, eu.
inline Config three_regions() {
  return config_with({{"eu", {"us", "ap"}}, {"us", {"eu", "ap"}}, {"ap", {"eu", "us"}}});
}

class AgentWorld {
 public:
  struct Sent {
    Now at;
    RegionIndex region;
    Echo echo;
    bool ask_permission;
    std::string payload;
  };
  struct Reported {
    Now at;
    StreamIndex stream;
    Report report;
  };
  struct Asked {
    Now at;
    std::vector<RegionIndex> regions;  ///< none: the witnesses
  };
  struct Status {
    Now at;
    PublishStatus what;
  };

  explicit AgentWorld(Config config = three_regions())
      : now_{MonoTime{std::chrono::seconds{1000}}, utc_from_unix_ms(1'795'246'200'000)},
        config_(config),
        core_(std::move(config), kRun, kEpoch, now_) {}

  static constexpr HexId kRun{0x9b1c66d0a4e2f713};
  static constexpr HexId kEpoch{0x5f3a9c1e0b7d2a44};

  // What is recorded.
  std::vector<Sent> echoes;
  std::vector<Reported> reports;
  std::vector<Status> statuses;
  std::vector<Asked> asked;
  int wakings = 0;

  // How the world behaves.
  std::function<std::optional<nanoseconds>(const Sent&)> rtt = [](const Sent&) {
    return std::optional<nanoseconds>{std::chrono::milliseconds{20}};
  };
  /// Everyone answers at once.
  std::function<std::vector<Event>(const AskAround&)> answers_to = [](const AskAround& question) {
    std::vector<Event> answers(question.regions.empty() ? 1U : 0U, WitnessHeard{});
    for (const auto region : question.regions) {
      answers.emplace_back(RegionHeard{region});
    }
    return answers;
  };
  bool takes_reports = true;
  bool acknowledges_reports = true;

  AgentCore& core() { return core_; }
  Now now() const { return now_; }
  EchoGrid grid() const { return {config_.location, config_.mesh.slot}; }

  void all_up() {
    for (RegionIndex region = 0; region < config_.regions.size(); ++region) {
      tell(EchoLinkUp{region});
    }
    for (StreamIndex stream = 0; stream < core_.report_brokers().size(); ++stream) {
      tell(ReportLinkUp{stream});
    }
  }

  void tell(const Event& event) {
    Actions actions;
    core_.on(event, now_, actions);
    perform(actions);
  }

  /// Lets time pass; the loop wakes when it is told to and when an echo returns.
  void run(nanoseconds duration) {
    const MonoTime end = now_.mono + duration;
    for (;;) {
      const MonoTime wakeup = core_.next_wakeup();
      const MonoTime arrival = arrivals_.empty() ? MonoTime::max() : arrivals_.begin()->first;
      const MonoTime next = std::max(std::min(wakeup, arrival), now_.mono);
      if (next > end) {
        break;
      }
      pass(next - now_.mono);
      if (arrival <= now_.mono) {
        deliver_what_came();
      } else {
        wake();
      }
    }
    pass(end - now_.mono);
  }
  /// Lets time pass without the loop; then it reads what came, and wakes.
  void stop_for(nanoseconds duration, bool with_kernel_time = true) {
    pass(duration);
    has_kernel_time_ = with_kernel_time;
    deliver_what_came();
    has_kernel_time_ = true;
    wake();
  }
  void wake() {
    ++wakings;
    REQUIRE(wakings < 1'000'000);
    tell(Woke{});
  }
  void step_clock(nanoseconds by) { now_.utc += by; }
  void forget() {
    echoes.clear();
    reports.clear();
    statuses.clear();
    asked.clear();
  }

  void deliver(RegionIndex region, const std::string& topic, const std::string& payload,
               bool retained = false) {
    tell(EchoDelivered{region, topic, payload, retained, now_.mono, true});
  }
  std::string probe_topic() const { return core_.topics().probe(config_.location); }

  /// What stream `stream` has heard of `region` in a slot, in the order of hearing.
  std::vector<Outcome> heard(StreamIndex stream, const std::string& region, Slot slot) const {
    std::vector<Outcome> outcomes;
    for (const auto& reported : reports) {
      for (const auto& entry : reported.report.echoes) {
        if (reported.stream == stream && reported.report.slot == slot &&
            entry.region.str() == region) {
          outcomes.push_back(entry.outcome);
        }
      }
    }
    return outcomes;
  }

 private:
  void pass(nanoseconds duration) {
    now_.mono += duration;
    now_.utc += duration;
  }

  void deliver_what_came() {
    while (!arrivals_.empty() && arrivals_.begin()->first <= now_.mono) {
      const auto [at, sent] = *arrivals_.begin();
      arrivals_.erase(arrivals_.begin());
      tell(RegionHeard{sent.region});
      tell(EchoDelivered{sent.region, probe_topic(), sent.payload, false,
                         has_kernel_time_ ? at : now_.mono, has_kernel_time_});
    }
  }

  void perform(const Actions& actions) {
    for (const auto& action : actions) {
      std::visit([this](const auto& what) { act(what); }, action);
    }
  }
  void act(const PublishEcho& action) {
    const Sent sent{now_, action.region, parse_echo(action.payload).value(), action.ask_permission,
                    action.payload};
    CHECK(sent.echo.n == action.n);
    echoes.push_back(sent);
    tell(EchoSent{action.region, action.n, true, now_.mono});
    if (action.ask_permission) {
      tell(EchoAcknowledged{action.region, 0});
    }
    if (const auto after = rtt(sent)) {
      arrivals_.emplace(now_.mono + *after, sent);
    }
  }
  void act(const AskAround& action) {
    asked.push_back({now_, action.regions});
    for (const auto& answer : answers_to(action)) {
      tell(answer);
    }
  }
  void act(const PublishReport& action) {
    const auto report = parse_report(action.payload);
    REQUIRE(report);
    CHECK(report->seq == action.seq);
    CHECK(to_json(*report) == action.payload);
    reports.push_back({now_, action.stream, *report});
    tell(ReportSent{action.stream, action.seq, takes_reports});
    if (takes_reports && acknowledges_reports) {
      tell(ReportAcknowledged{action.stream, action.seq, 0});
    }
  }
  void act(const PublishStatus& action) { statuses.push_back({now_, action}); }

  Now now_;
  Config config_;
  AgentCore core_;
  std::multimap<MonoTime, Sent> arrivals_;
  bool has_kernel_time_ = true;
};

}  // namespace echomesh::agent
