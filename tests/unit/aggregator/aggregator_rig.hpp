/// An aggregator core in virtual time on a pretended broker, which keeps what is retained and
/// brings the heartbeat back.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregator/aggregator_core.hpp"
#include "proto/json_reader.hpp"
#include "proto/report.hpp"
#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {

struct Published {
  nanoseconds after;  ///< since the rig's start
  Publish what;
};

class AggregatorRig {
 public:
  /// A multiple of 300 s of UTC.
  static constexpr UtcTime kStart{seconds{1'795'246'200}};

  explicit AggregatorRig(Config config)
      : width_(config.mesh.slot),
        core_(std::move(config), HexId{0xA1}, {MonoTime{seconds{1000}}, kStart}) {}

  nanoseconds after() const { return now_.mono - MonoTime{seconds{1000}}; }
  UtcTime utc() const { return now_.utc; }
  Slot slot() const { return slot_of(now_.utc, width_); }
  AggregatorCore& core() { return core_; }

  void tell(const Event& event) {
    Actions actions;
    core_.on(event, now_, actions);
    for (auto& action : actions) {
      keep(action);
    }
  }
  void deliver(const std::string& topic, const std::string& payload, bool retained = false) {
    tell(Delivered{topic, payload, retained});
  }
  void report(std::string_view location, Slot slot, std::vector<EchoEntry> entries,
              milliseconds limit = seconds{5}) {
    Report report;
    report.slot = slot;
    report.slot_width = width_.value;
    report.limit = limit;
    report.echoes = std::move(entries);
    deliver("echomesh-report/v1/" + std::string(location), to_json(report));
  }
  /// Wakes the core whenever it asks, and lets time pass in between.
  void pass(nanoseconds duration) {
    const MonoTime until = now_.mono + duration;
    int wakeups_at_once = 0;
    while (core_.next_wakeup() <= until) {
      wakeups_at_once = core_.next_wakeup() <= now_.mono ? wakeups_at_once + 1 : 0;
      REQUIRE(wakeups_at_once < 10);  // a core that never rests
      step(std::max(core_.next_wakeup(), now_.mono) - now_.mono);
      tell(Woke{});
    }
    step(until - now_.mono);
  }
  /// Connected, what is retained has been heard, and regions are judged.
  void settle() {
    tell(LinkUp{});
    pass(3 * width_.value);
  }
  /// The slot begins; `after` into it.
  void next_slot(nanoseconds after = milliseconds{100}) {
    pass(slot_start(slot() + 1, width_) + after - now_.utc);
  }
  void forget() {
    published.clear();
    warnings.clear();
  }

  std::string retained(std::string_view topic) const {
    const auto found = broker.find("echomesh/v1/" + std::string(topic));
    return found == broker.end() ? "nothing" : found->second;
  }
  std::vector<Published> on_topic(std::string_view topic) const {
    std::vector<Published> found;
    for (const auto& each : published) {
      if (each.what.topic == "echomesh/v1/" + std::string(topic)) {
        found.push_back(each);
      }
    }
    return found;
  }

  std::vector<Published> published;
  std::map<std::string, std::string> broker;  ///< what it retains
  std::vector<std::string> warnings;
  std::vector<nanoseconds> reconnects;
  bool hears_itself = true;

 private:
  void step(nanoseconds duration) {
    now_.mono += duration;
    now_.utc += duration;
  }
  void keep(Action& action) {
    if (auto* publish = std::get_if<Publish>(&action)) {
      const bool is_heartbeat = publish->topic == "echomesh/v1/aggregator/heartbeat";
      const auto payload = publish->payload;
      if (publish->retain) {
        CHECK(publish->payload.size() < kMaxRetainedBytes);
        broker[publish->topic] = publish->payload;
      }
      published.push_back({after(), std::move(*publish)});
      if (is_heartbeat && hears_itself) {
        deliver("echomesh/v1/aggregator/heartbeat", payload);
      }
    } else if (auto* warn = std::get_if<Warn>(&action)) {
      warnings.push_back(warn->text);
    } else {
      reconnects.push_back(after());
    }
  }

  SlotWidth width_;
  AggregatorCore core_;
  Now now_{MonoTime{seconds{1000}}, kStart};
};

inline Config config_for(std::initializer_list<std::string_view> regions) {
  Config config{Endpoint{}};
  for (const auto region : regions) {
    config.regions.push_back({region_id(region), std::string(region)});
  }
  return config;
}

/// The value of one key of a flat document, as it stands on the wire; empty if it is not there.
inline std::string value_of(const std::string& json, const std::string& key) {
  const auto name = "\"" + key + "\":";
  const auto at = json.find(name);
  if (at == std::string::npos) {
    return "";
  }
  const auto begin = at + name.size();
  const char closing = json[begin] == '"' ? '"' : json[begin] == '[' ? ']' : ',';
  if (closing == ',') {
    return json.substr(begin, json.find_first_of(",}", begin) - begin);
  }
  return json.substr(begin, json.find(closing, begin + 1) + 1 - begin);
}

}  // namespace echomesh::aggregator
