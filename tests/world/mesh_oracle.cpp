#include "tests/world/mesh_oracle.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

#include "proto/decimal.hpp"
#include "proto/json_reader.hpp"
#include "proto/report.hpp"
#include "tests/world/region_oracle.hpp"
#include "tests/world/sim_broker.hpp"

namespace echomesh::world {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

constexpr std::size_t kMostViolations = 50;
constexpr double kHourError = 0.01;  ///< "1 % relative error allowed over the hour"

std::vector<std::string> levels(const std::string& topic) {
  std::vector<std::string> levels;
  std::string_view left = topic;
  while (true) {
    const auto end = left.find('/');
    levels.emplace_back(left.substr(0, end));
    if (end == std::string_view::npos) {
      return levels;
    }
    left.remove_prefix(end + 1);
  }
}

std::string text_of(const JsonValue& root, std::string_view key) {
  const auto value = root.find(key);
  return value ? std::string(value->text().value_or("")) : "nothing";
}

/// "Percentages are cut, not rounded, to 5 decimals; with denominator 0 they are `null`."
bool is_percentage(const JsonValue& root, std::string_view key, std::int64_t part,
                   std::int64_t whole) {
  const auto value = root.find(key);
  if (!value || whole == 0) {
    return value && value->is_null();
  }
  const auto wanted = static_cast<double>(part * 10'000'000 / whole) / 100'000;
  return value->number() && std::abs(*value->number() - wanted) < 1e-9;
}

/// "Percentiles by nearest rank, 1 % relative error allowed over the hour"
bool is_percentile(const JsonValue& root, std::string_view key,
                   const std::vector<nanoseconds>& sorted, double share) {
  const auto value = root.find(key);
  if (!value || sorted.empty()) {
    return value && value->is_null();
  }
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  const auto wanted = static_cast<double>(sorted[std::max<std::size_t>(rank, 1) - 1].count()) / 1e6;
  return value->number() && std::abs(*value->number() - wanted) <= wanted * kHourError + 0.001;
}

}  // namespace

AggregatorOracle::AggregatorOracle(const MeshPlan& plan, std::size_t region)
    : plan_(plan), region_(region) {}

PathOracle& AggregatorOracle::path(const PathName& name) {
  return paths_.try_emplace(name, plan_.slot, plan_.limit).first->second;
}

void AggregatorOracle::on_started(UtcTime /*now*/) {
  paths_.clear();
  latest_.clear();
  for (const auto& location : plan_.expected) {
    for (std::size_t region = 0; region < plan_.regions.size(); ++region) {
      if (region != region_) {
        path({location, plan_.regions[region]});
      }
    }
  }
}

void AggregatorOracle::on_delivered(UtcTime now, const Message& message, bool is_retained) {
  const auto at = levels(message.topic);
  if (at.size() != 3 || at[0] != "echomesh-report") {
    return;
  }
  const auto report = parse_report(message.payload);
  const Slot current = slot_of(now, plan_.slot);
  // "Slots over 2 ahead of the aggregator's clock or over 48 h behind are refused as `slot`."
  if (!report || is_retained || report->slot - current > 2 ||
      current - report->slot > 2 * slots_per_day(plan_.slot)) {
    return;
  }
  for (const auto& entry : report->echoes) {
    path({at[2], entry.region.str()}).take(report->slot, entry);
  }
}

void AggregatorOracle::expect(bool is_true, const Message& message, const std::string& expected,
                              const std::string& got) {
  if (!is_true && violations_.size() < kMostViolations) {
    violations_.push_back({"on " + plan_.regions[region_] + " at slot " +
                               std::to_string(current_ - slot_of(kWorldBegin, plan_.slot)) + " " +
                               message.topic,
                           expected, got});
  }
}

void AggregatorOracle::on_published(UtcTime now, const Message& message) {
  now_ = now;
  current_ = slot_of(now, plan_.slot);
  const auto at = levels(message.topic);
  if (at.size() == 5 && at[2] == "region") {
    if (at[4] == "state" || at[4] == "summary") {
      check_region(message, at[3], at[4] == "summary");
    }
    return;
  }
  if (at.size() != 7) {
    return;
  }
  const PathName name{at[5], at[3]};
  if (at[6] == "state" || at[6] == "rtt_ms") {
    check_word(message, name, at[6] == "state");
  } else if (at[6] == "summary") {
    check_summary(message, name);
  } else if (at[6] == "timeline") {
    check_timeline(message, name);
  }
}

void AggregatorOracle::check_word(const Message& message, const PathName& name, bool is_state) {
  const auto now = path(name).now(current_);
  const std::string wanted = is_state  ? std::string(to_string(now.state))
                             : now.rtt ? format_ms(*now.rtt)
                                       : "null";
  latest_[message.topic] = message.payload;
  expect(message.payload == wanted, message, wanted, message.payload);
}

/// Counting is slow: of long histories a sample is looked at.
bool AggregatorOracle::is_worth_counting(const PathOracle& path) {
  constexpr std::size_t kShort = 500;
  constexpr std::int64_t kSample = 37;
  return path.slots_known() < kShort || ++documents_ % kSample == 0;
}

void AggregatorOracle::check_summary(const Message& message, const PathName& name) {
  const auto document = JsonDocument::parse(message.payload);
  if (!document) {
    expect(false, message, "JSON", message.payload);
    return;
  }
  const auto root = document->root();
  const auto& path = this->path(name);
  const auto now = path.now(current_);
  const std::string cause = !path.is_heard_of() ? "never_reported" : now.cause;
  expect(text_of(root, "state") == to_string(now.state) &&
             root.find("state_code")->integer() == state_code(now.state) &&
             text_of(root, "cause") == cause,
         message, "state " + std::string(to_string(now.state)) + " " + cause, message.payload);
  const auto rtt = root.find("rtt_ms")->ms();
  expect(now.rtt.has_value() == rtt.has_value() &&
             (!rtt || std::chrono::abs(*rtt - *now.rtt) < microseconds{1}),
         message, "rtt " + (now.rtt ? format_ms(*now.rtt) : "null"), message.payload);
  if (!is_worth_counting(path)) {
    return;
  }
  // "accessible: ok slots / (ok + miss slots); coverage: (ok + miss) slots / all slots of the
  // window"
  const auto day = path.counts(current_, path.window_slots());
  expect(is_percentage(root, "accessible_24h_pct", day.ok, day.ok + day.miss) &&
             is_percentage(root, "coverage_24h_pct", day.ok + day.miss, path.window_slots()) &&
             root.find("resent_24h")->integer() == day.resent,
         message,
         std::to_string(day.ok) + " ok, " + std::to_string(day.miss) + " missed, " +
             std::to_string(day.resent) + " resent",
         message.payload);
  const auto hour = path.counts(current_, hours{1} / plan_.slot.value);
  expect(is_percentile(root, "rtt_p50_1h_ms", hour.rtts, 0.5) &&
             is_percentile(root, "rtt_p95_1h_ms", hour.rtts, 0.95) &&
             is_percentile(root, "rtt_max_1h_ms", hour.rtts, 1) &&
             is_percentage(root, "loss_1h_pct", hour.miss, hour.ok + hour.miss),
         message, "the percentiles and loss of the hour", message.payload);
}

void AggregatorOracle::check_timeline(const Message& message, const PathName& name) {
  const auto document = JsonDocument::parse(message.payload);
  if (!document || !document->root().find("runs") || !document->root().find("bar")) {
    expect(false, message, "a timeline", message.payload);
    return;
  }
  const auto root = document->root();
  const auto& path = this->path(name);
  if (!is_worth_counting(path)) {
    return;
  }
  const Slot end = path.window_end(current_);
  const auto ms = [&](Slot slot) { return unix_ms(slot_start(slot, plan_.slot)); };
  expect(root.find("from_ms")->integer() == ms(end + 1 - path.window_slots()) &&
             root.find("to_ms")->integer() == ms(end + 1),
         message, "to_ms " + std::to_string(ms(end + 1)), message.payload);
  expect(text_of(root, "bar") == path.bar(current_), message, "bar " + path.bar(current_),
         message.payload);
  const auto runs = path.runs(current_);
  std::string wanted;
  for (const auto& run : runs) {
    wanted += (wanted.empty() ? "[" : ",[") + std::to_string(run.offset) + "," +
              std::to_string(run.slots) + ",\"" + std::string(to_string(run.state)) + "\"" +
              (run.cause.empty() ? "]" : ",\"" + run.cause + "\"]");
  }
  // "A timeline that would not fit is coarsened": bounds of 4,096 bytes leave these 3,000 for sure.
  if (root.find("resolution_slots")->integer() == 1 || wanted.size() < 3000) {
    expect(message.payload.find("\"runs\":[" + wanted + "],") != std::string::npos, message,
           "runs " + wanted, message.payload);
  }
}

std::vector<ShownState> AggregatorOracle::states_of(const std::string& region,
                                                    bool voters_only) const {
  std::vector<ShownState> states;
  for (const auto& [name, path] : paths_) {
    // "Where entries exist, only they vote"
    const bool votes = plan_.expected.empty() ||
                       std::count(plan_.expected.begin(), plan_.expected.end(), name.first) > 0;
    if (name.second == region && (votes || !voters_only)) {
      states.push_back(path.now(current_));
    }
  }
  return states;
}

void AggregatorOracle::check_region(const Message& message, const std::string& region,
                                    bool is_summary) {
  const auto document =
      is_summary ? JsonDocument::parse(message.payload) : Result<JsonDocument>(Error{});
  if (auto& history = history_[region];
      !is_summary && (history.empty() || history.back() != message.payload)) {
    history.push_back(message.payload);
  }
  // "Until limit plus two slots after the aggregator has connected, region states stay as last
  // published if that is under 60 s old, else `unknown`."
  const nanoseconds held =
      std::max<nanoseconds>(plan_.limit, plan_.slot.value) + 2 * nanoseconds{plan_.slot.value};
  if (now_ - connected_ > held) {
    const std::string wanted(
        to_string(verdict_on(states_of(region, true), plan_.verdict_policy())));
    const std::string got = !is_summary ? message.payload
                            : document  ? text_of(document->root(), "state")
                                        : "no JSON";
    expect(got == wanted, message, wanted, got);
  }
  if (document) {
    check_counts(message, document->root(), region);
  }
}

void AggregatorOracle::check_counts(const Message& message, const JsonValue& root,
                                    const std::string& region) {
  const auto states = states_of(region, false);
  const auto in = [&](LocationState state) {
    return std::count_if(states.begin(), states.end(),
                         [&](const auto& each) { return each.state == state; });
  };
  // "`blind` counts blind and unwitnessed"
  const auto blind = std::count_if(states.begin(), states.end(), [](const auto& each) {
    return each.cause == "blind" || each.cause == "unwitnessed";
  });
  const auto is = [&](std::string_view key, std::int64_t wanted) {
    return root.find(key)->integer() == wanted;
  };
  expect(is("locations", static_cast<std::int64_t>(states.size())) &&
             is("accessible", in(LocationState::accessible)) &&
             is("slow", in(LocationState::slow)) &&
             is("inaccessible", in(LocationState::inaccessible)) &&
             is("unknown", in(LocationState::unknown)) && is("blind", blind),
         message, std::to_string(states.size()) + " locations in their states", message.payload);
}

void AggregatorOracle::finish(UtcTime now) {
  current_ = slot_of(now, plan_.slot);
  for (const auto& [name, path] : paths_) {
    Message message{"echomesh/v1/region/" + name.second + "/location/" + name.first + "/state", ""};
    const std::string wanted(to_string(path.now(current_).state));
    expect(latest_[message.topic] == wanted, message, wanted + " to have been published last",
           latest_[message.topic]);
  }
}

MeshOracle::MeshOracle(const MeshPlan& plan) {
  for (std::size_t region = 0; region < plan.regions.size(); ++region) {
    aggregators_.push_back(std::make_unique<AggregatorOracle>(plan, region));
  }
}

std::vector<Violation> MeshOracle::take(UtcTime now) {
  std::vector<Violation> all;
  for (auto& aggregator : aggregators_) {
    aggregator->finish(now);
    auto& found = aggregator->violations();
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace echomesh::world
