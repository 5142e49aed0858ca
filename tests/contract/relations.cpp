#include "tests/contract/relations.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>

#include "tests/contract/timeline_rules.hpp"

namespace echomesh::contract {
namespace {

using rapidjson::Value;

constexpr std::array<std::string_view, 5> kLocationStates = {"accessible", "slow", "inaccessible",
                                                             "unknown", "maintenance"};
constexpr std::array<std::string_view, 6> kRegionStates = {
    "operational",  "degraded_performance", "partial_outage",
    "major_outage", "under_maintenance",    "unknown"};
constexpr std::int64_t kLeastValidityMs = 90'000;
constexpr std::int64_t kLatestMs = 15 * 60'000;
constexpr std::size_t kMaxNameBytes = 64;
constexpr double kWholeFromMs = 1000;

std::string_view text(const Value& value) {
  return value.IsString() ? std::string_view(value.GetString(), value.GetStringLength())
                          : std::string_view();
}

int digits(std::string_view iso, std::size_t at, std::size_t count) {
  int value = 0;
  std::from_chars(iso.data() + at, iso.data() + at + count, value);
  return value;
}

/// Read here a second time, and not by the code under test. REQUIRES: the pattern of the schema.
std::optional<std::int64_t> unix_ms_of(std::string_view iso) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): the calendar's operators
  const auto month = static_cast<unsigned>(digits(iso, 5, 2));
  const auto day = static_cast<unsigned>(digits(iso, 8, 2));
  const year_month_day date{year{digits(iso, 0, 4)}, std::chrono::month{month},
                            std::chrono::day{day}};
  const int h = digits(iso, 11, 2);
  const int m = digits(iso, 14, 2);
  const int s = digits(iso, 17, 2);
  if (!date.ok() || h > 23 || m > 59 || s > 59) {
    return std::nullopt;
  }
  const auto since_epoch = sys_days{date}.time_since_epoch() + hours{h} + minutes{m} + seconds{s} +
                           milliseconds{digits(iso, 20, 3)};
  return duration_cast<milliseconds>(since_epoch).count();
}

void check_time_pairs(const Value& document, Findings& findings) {
  for (const char* name : {"ts", "since"}) {
    const auto iso = document.FindMember(name);
    const auto ms = document.FindMember((std::string(name) + "_ms").c_str());
    if (iso == document.MemberEnd() || ms == document.MemberEnd()) {
      continue;
    }
    const bool both_null = iso->value.IsNull() && ms->value.IsNull();
    const bool same = iso->value.IsString() && ms->value.IsInt64() &&
                      unix_ms_of(text(iso->value)) == ms->value.GetInt64();
    if (!both_null && !same) {
      findings.add(std::string("/") + name, "time-pair",
                   std::string(name) + " and " + name + "_ms must be the same instant");
    }
  }
}

template <std::size_t N>
void check_state_code(const Value& document, const std::array<std::string_view, N>& words,
                      Findings& findings) {
  const auto code = static_cast<std::size_t>(document["state_code"].GetUint());
  if (words.at(code) != text(document["state"])) {
    findings.add("/state_code", "state-code",
                 "code " + std::to_string(code) + " is " + std::string(words.at(code)));
  }
}

void check_cause(const Value& summary, Findings& findings) {
  constexpr std::string_view kVoid = "unwitnessed blind stalled never_reported";
  const std::string_view state = text(summary["state"]);
  const std::string_view cause = text(summary["cause"]);
  const bool is_void = !cause.empty() && kVoid.find(cause) != std::string_view::npos;
  const bool fits = state == "inaccessible" ? !cause.empty() && !is_void
                    : state == "unknown"    ? cause.empty() || is_void
                                            : cause.empty();
  if (!fits) {
    findings.add("/cause", "state-cause",
                 "inaccessible has a miss cause, unknown a void cause, never_reported or null, "
                 "every other state null");
  }
}

bool has_no_rtt(std::string_view state) {
  return state == "inaccessible" || state == "unknown";
}

void check_at_most(const Value& document, const char* smaller, const char* larger, double factor,
                   Findings& findings) {
  const Value& low = document[smaller];
  const Value& high = document[larger];
  if (low.IsNull() != high.IsNull() ||
      (low.IsNumber() && low.GetDouble() > high.GetDouble() * factor + 0.001)) {
    findings.add(std::string("/") + smaller, "percentiles",
                 std::string(smaller) + " must not be above " + larger + ", nor null alone");
  }
}

void check_location_summary(const Value& summary, Findings& findings) {
  constexpr double kTolerance = 1.01;  // percentiles may be off by one per cent
  check_state_code(summary, kLocationStates, findings);
  check_cause(summary, findings);
  if (has_no_rtt(text(summary["state"])) && !summary["rtt_ms"].IsNull()) {
    findings.add("/rtt_ms", "state-rtt", "must be null unless the location is accessible or slow");
  }
  check_at_most(summary, "rtt_p50_1h_ms", "rtt_p95_1h_ms", 1.0, findings);
  check_at_most(summary, "rtt_p95_1h_ms", "rtt_max_1h_ms", kTolerance, findings);
  if (summary["addresses"].IsNull() != summary["addresses_dead"].IsNull() ||
      (summary["addresses"].IsInt64() &&
       summary["addresses_dead"].GetInt64() > summary["addresses"].GetInt64())) {
    findings.add("/addresses_dead", "counts", "must not be above addresses, nor null alone");
  }
}

void check_region_summary(const Value& summary, Findings& findings) {
  check_state_code(summary, kRegionStates, findings);
  const auto count = [&](const char* key) { return summary[key].GetInt64(); };
  const std::int64_t judged = count("accessible") + count("slow") + count("inaccessible");
  if (judged + count("unknown") > count("locations")) {
    findings.add("/locations", "counts", "the locations of each state must not be more than all");
  }
  if (count("judging") > judged) {
    findings.add("/judging", "counts", "only accessible, slow and inaccessible locations judge");
  }
  if (count("blind") > count("unknown")) {
    findings.add("/blind", "counts", "blind locations are among the unknown ones");
  }
}

void check_report(const Value& report, Findings& findings) {
  const auto limit = static_cast<double>(report["limit_ms"].GetInt64());
  if (report["oldest"].GetInt64() > report["seq"].GetInt64()) {
    findings.add("/oldest", "oldest", "must not be above seq");
  }
  if (report["slot"].GetInt64() * report["slot_ms"].GetInt64() > report["sent_ms"].GetInt64()) {
    findings.add("/slot", "slot-time", "a slot must have begun before it is reported");
  }
  rapidjson::SizeType i = 0;
  for (const auto& entry : report["echoes"].GetArray()) {
    const std::string at = "/echoes/" + std::to_string(i++);
    const auto rtt = entry.FindMember("rtt_ms");
    const auto late = entry.FindMember("late_ms");
    if (rtt != entry.MemberEnd() && rtt->value.GetDouble() > limit) {
      findings.add(at + "/rtt_ms", "limit", "must not be above limit_ms");
    }
    if (late != entry.MemberEnd() &&
        (late->value.GetDouble() < limit || late->value.GetDouble() > kLatestMs)) {
      findings.add(at + "/late_ms", "limit", "must be from limit_ms to 15 min");
    }
    const auto dead = entry.FindMember("addresses_dead");
    if (dead != entry.MemberEnd() && dead->value.GetInt64() > entry["addresses"].GetInt64()) {
      findings.add(at + "/addresses_dead", "counts", "must not be above addresses");
    }
  }
}

void check_live(const Value& live, Findings& findings) {
  for (const auto& [location, seen] : live["locations"].GetObject()) {
    if (has_no_rtt(text(seen[0])) && !seen[1].IsNull()) {
      findings.add("/locations/" + std::string(text(location)), "state-rtt",
                   "the RTT must be null unless the location is accessible or slow");
    }
  }
}

void check_buckets(const Value& history, Findings& findings) {
  for (rapidjson::SizeType i = 0; i < history["p50_ms"].Size(); ++i) {
    const Value& p50 = history["p50_ms"][i];
    const Value& p95 = history["p95_ms"][i];
    if (p50.IsNull() != p95.IsNull() || (p50.IsNumber() && p50.GetDouble() > p95.GetDouble())) {
      findings.add("/p50_ms/" + std::to_string(i), "buckets",
                   "p50 must not be above p95, nor null alone");
    }
    if ((p50.IsDouble() && p50.GetDouble() >= kWholeFromMs) ||
        (p95.IsDouble() && p95.GetDouble() >= kWholeFromMs)) {
      findings.add("/p50_ms/" + std::to_string(i), "buckets", "no decimals from 1,000 ms on");
    }
  }
}

void check_common(const Value& document, Findings& findings) {
  check_time_pairs(document, findings);
  const auto valid_until = document.FindMember("valid_until_ms");
  if (valid_until != document.MemberEnd() &&
      valid_until->value.GetInt64() < document["ts_ms"].GetInt64() + kLeastValidityMs) {
    findings.add("/valid_until_ms", "valid-until", "must be at least 90 s after ts_ms");
  }
  for (const char* key : {"name", "area"}) {
    const auto name = document.FindMember(key);
    if (name != document.MemberEnd() && text(name->value).size() > kMaxNameBytes) {
      findings.add(std::string("/") + key, "bytes", "must be at most 64 bytes");
    }
  }
}

}  // namespace

void check_relations(std::string_view schema, const Value& document, Findings& findings) {
  check_common(document, findings);
  if (schema == "location-summary") {
    check_location_summary(document, findings);
  } else if (schema == "region-summary") {
    check_region_summary(document, findings);
  } else if (schema == "report") {
    check_report(document, findings);
  } else if (schema == "live") {
    check_live(document, findings);
  } else if (schema == "rtt-24h") {
    check_buckets(document, findings);
  } else if (schema == "timeline") {
    check_timeline(document, findings);
  }
}

}  // namespace echomesh::contract
