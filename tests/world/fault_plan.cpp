#include "tests/world/fault_plan.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

namespace echomesh::world {
namespace {

using Kind = Fault::Kind;
using Value = FaultShape::Value;

constexpr std::array kShapes{
    FaultShape{Kind::hole, "hole", true, true, true, Value::none},
    FaultShape{Kind::hole_up, "hole-up", true, true, true, Value::none},
    FaultShape{Kind::hole_down, "hole-down", true, true, true, Value::none},
    FaultShape{Kind::freeze, "freeze", true, true, true, Value::none},
    FaultShape{Kind::slow, "slow", true, true, true, Value::duration},
    FaultShape{Kind::lossy, "lossy", true, true, true, Value::number},
    FaultShape{Kind::reset, "reset", true, true, false, Value::none},
    FaultShape{Kind::cut, "cut", true, false, true, Value::none},
    FaultShape{Kind::kill, "kill", false, true, true, Value::none},
    FaultShape{Kind::kill_empty, "kill-empty", false, true, true, Value::none},
    FaultShape{Kind::stop, "stop", false, true, true, Value::none},
    FaultShape{Kind::refuse, "refuse", false, true, true, Value::none},
    FaultShape{Kind::deny_subscriptions, "deny-sub", false, true, true, Value::none},
    FaultShape{Kind::deny_publications, "deny-pub", false, true, true, Value::none},
    FaultShape{Kind::no_name, "no-name", true, true, true, Value::none},
    FaultShape{Kind::hung_name, "hung-name", true, true, true, Value::none},
    FaultShape{Kind::stall, "stall", true, false, true, Value::none},
    FaultShape{Kind::stall_timers_first, "stall-timers-first", true, false, true, Value::none},
    FaultShape{Kind::suspend, "suspend", true, false, true, Value::none},
    FaultShape{Kind::step, "step", true, false, false, Value::duration},
    FaultShape{Kind::slew, "slew", true, false, true, Value::number},
    FaultShape{Kind::restart, "restart", true, false, true, Value::none},
    FaultShape{Kind::restart_aggregator, "restart-aggregator", false, true, true, Value::none},
    FaultShape{Kind::forge, "forge", true, true, false, Value::number},
    FaultShape{Kind::dead_witness, "dead-witness", false, false, true, Value::none},
};

struct Unit {
  std::string_view word;
  std::int64_t ns;
};
constexpr std::array kUnits{
    Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"s", 1'000'000'000},
    Unit{"ms", 1'000'000},        Unit{"us", 1'000},         Unit{"ns", 1}};

std::string name_of(const std::vector<std::string>& names, std::optional<std::size_t> index) {
  return index ? names[*index] : "*";
}

std::vector<std::string> location_names(const MeshPlan& mesh) {
  std::vector<std::string> names;
  for (const auto& location : mesh.locations) {
    names.push_back(location.id);
  }
  return names;
}

bool find_name(const std::vector<std::string>& names, const std::string& word,
               std::optional<std::size_t>& index) {
  if (word == "*") {
    return true;
  }
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) {
    return false;
  }
  index = static_cast<std::size_t>(found - names.begin());
  return true;
}

}  // namespace

const FaultShape& shape_of(Fault::Kind kind) {
  return *std::find_if(kShapes.begin(), kShapes.end(),
                       [kind](const auto& shape) { return shape.kind == kind; });
}

std::string duration_text(nanoseconds duration) {
  std::string text = duration.count() < 0 ? "-" : "";
  std::int64_t left = std::abs(duration.count());
  for (const auto& unit : kUnits) {
    if (const auto count = left / unit.ns; count > 0) {
      text += std::to_string(count) + std::string(unit.word);
      left %= unit.ns;
    }
  }
  return text.empty() || text == "-" ? "0s" : text;
}

std::optional<nanoseconds> parse_duration(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  text.remove_prefix(is_negative ? 1 : 0);
  std::int64_t sum = 0;
  while (!text.empty()) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto end = std::min(text.find_first_of("0123456789", digits), text.size());
    const auto word = text.substr(digits, end - digits);
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [word](const auto& each) { return each.word == word; });
    if (digits == 0 || digits > 12 || unit == kUnits.end()) {
      return std::nullopt;
    }
    sum += std::strtoll(std::string(text.substr(0, digits)).c_str(), nullptr, 10) * unit->ns;
    text.remove_prefix(end);
  }
  return nanoseconds{is_negative ? -sum : sum};
}

std::string to_text(const Fault& fault, const MeshPlan& mesh) {
  const auto& shape = shape_of(fault.kind);
  std::string text =
      "at " + duration_text(fault.at.time_since_epoch()) + " " + std::string(shape.word);
  if (shape.has_location) {
    text += " " + name_of(location_names(mesh), fault.location);
  }
  if (shape.has_region) {
    text += " " + name_of(mesh.regions, fault.region);
  }
  if (shape.value == Value::duration) {
    text += " by " + duration_text(nanoseconds{fault.value});
  } else if (shape.value == Value::number) {
    text += " by " + std::to_string(fault.value);
  }
  return shape.lasts ? text + " for " + duration_text(fault.lasts) : text;
}

Result<Fault> parse_fault(std::string_view line, const MeshPlan& mesh) {
  std::istringstream words{std::string(line)};
  std::string at;
  std::string kind;
  words >> at >> kind;
  const auto shape = std::find_if(kShapes.begin(), kShapes.end(),
                                  [&](const auto& each) { return each.word == kind; });
  const auto begin = parse_duration(at);
  if (shape == kShapes.end() || !begin) {
    return Error{std::string(line), "expected a time and a kind of fault"};
  }
  Fault fault{shape->kind, At{*begin}};
  std::string word;
  if (shape->has_location &&
      !(words >> word && find_name(location_names(mesh), word, fault.location))) {
    return Error{std::string(line), "no location \"" + word + "\""};
  }
  if (shape->has_region && !(words >> word && find_name(mesh.regions, word, fault.region))) {
    return Error{std::string(line), "no region \"" + word + "\""};
  }
  std::string by;
  std::string value;
  if (shape->value != Value::none) {
    words >> by >> value;
    const auto duration = parse_duration(value);
    if (by != "by" || (shape->value == Value::duration && !duration)) {
      return Error{std::string(line), "expected `by` and a value"};
    }
    fault.value = shape->value == Value::duration ? duration->count()
                                                  : std::strtoll(value.c_str(), nullptr, 10);
  }
  if (shape->lasts) {
    words >> by >> value;
    const auto duration = parse_duration(value);
    if (by != "for" || !duration) {
      return Error{std::string(line), "expected `for` and a duration"};
    }
    fault.lasts = *duration;
  }
  if (words >> word) {
    return Error{std::string(line), "too many words: \"" + word + "\""};
  }
  return fault;
}

}  // namespace echomesh::world
