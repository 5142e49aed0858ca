#include "aggregator/config.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace echomesh::aggregator {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxRegions = 256;
constexpr std::int64_t kMaxSlowMs = 60'000;
constexpr std::int64_t kMinJudging = 3;

std::optional<double> read_share(SettingsTable& table, std::string_view key) {
  const auto share = table.number(key);
  if (share && !(*share > 0 && *share <= 1)) {
    table.mistake(key, "must be a share above 0 and up to 1");
    return std::nullopt;
  }
  return share;
}

std::optional<milliseconds> read_slow_ms(SettingsTable& table) {
  const auto slow = table.integer("slow_ms");
  if (slow && (*slow < 1 || *slow > kMaxSlowMs)) {
    table.mistake("slow_ms", "must be from 1 to 60000, got " + std::to_string(*slow));
    return std::nullopt;
  }
  return slow ? std::optional(milliseconds{*slow}) : std::nullopt;
}

void check_percent(SettingsTable& table, std::string_view key) {
  const auto percent = table.number(key);
  if (percent && !(*percent >= 0 && *percent <= 100)) {
    table.mistake(key, "must be percent from 0 to 100");
  }
}

template <class Id>
std::optional<Id> read_id(SettingsTable& table, std::string_view key) {
  const auto text = table.text(key);
  if (!text) {
    if (!table.has(key)) {
      table.mistake(key, "is missing");
    }
    return std::nullopt;
  }
  auto id = Id::parse(*text);
  if (!id) {
    table.mistake(key, id.error().what);
    return std::nullopt;
  }
  return std::move(id).value();
}

void read_regions(SettingsTable& root, Config& config, std::vector<std::string>& warnings) {
  auto tables = root.tables("region");
  if (tables.empty() && !root.has("region")) {
    root.mistake("region", "is missing: at least one [[region]] with its id");
  }
  if (tables.size() > kMaxRegions) {
    root.mistake("region", "must be at most 256");
  }
  std::set<RegionId> seen;
  bool has_objective = false;
  for (auto& table : tables) {
    auto id = read_id<RegionId>(table, "id");
    const auto place = read_place(table);
    check_percent(table, "objective_pct");
    has_objective = has_objective || table.has("objective_pct");
    if (table.has("area")) {
      table.mistake("area", "unknown key");
    }
    table.finish();
    if (id && !seen.insert(*id).second) {
      table.mistake("id", "\"" + id->str() + "\" stands twice");
    } else if (id) {
      const auto name = place.name.value_or(id->str());
      config.regions.push_back({std::move(*id), name, place.latitude, place.longitude});
    }
  }
  if (has_objective) {
    warnings.emplace_back("[[region]] objective_pct: without effect yet: no months are kept");
  }
}

void read_locations(SettingsTable& root, Config& config) {
  std::set<LocationId> seen;
  for (auto& table : root.tables("location")) {
    auto id = read_id<LocationId>(table, "id");
    const auto slow = read_slow_ms(table);
    const auto group = table.text("group");
    table.finish();
    if (!id) {
      continue;
    }
    if (!seen.insert(*id).second) {
      table.mistake("id", "\"" + id->str() + "\" stands twice");
      continue;
    }
    ExpectedLocation location{std::move(*id), slow};
    if (group && !is_valid_id(*group)) {
      table.mistake("group", "must be 1 to 32 of a-z, 0-9 and -");
    } else if (group) {
      const auto found = std::find(config.groups.begin(), config.groups.end(), *group);
      location.group = static_cast<GroupIndex>(found - config.groups.begin());
      if (found == config.groups.end()) {
        config.groups.push_back(*group);
      }
    }
    config.locations.push_back(std::move(location));
  }
}

/// Keys of [policy] that belong to the record, which this version does not keep.
void read_record_policy(SettingsTable& policy, std::vector<std::string>& warnings) {
  static constexpr std::array<std::string_view, 3> kUnknownAs = {"up", "down", "excluded"};
  const auto unknown_as = policy.text("unknown_as");
  if (unknown_as &&
      std::find(kUnknownAs.begin(), kUnknownAs.end(), *unknown_as) == kUnknownAs.end()) {
    policy.mistake("unknown_as", "must be up, down or excluded, got \"" + *unknown_as + "\"");
  }
  for (const auto& word : policy.texts("counts_as_down").value_or(std::vector<std::string>{})) {
    if (!region_state_from(word)) {
      policy.mistake("counts_as_down", "\"" + word + "\" is not a region state");
    }
  }
  if (policy.has("unknown_as") || policy.has("counts_as_down")) {
    warnings.emplace_back(
        "[policy] unknown_as, counts_as_down: without effect yet: no months are kept");
  }
}

std::int64_t count_votes(const Config& config) {
  const auto alone = std::count_if(config.locations.begin(), config.locations.end(),
                                   [](const auto& entry) { return entry.group == kNoGroup; });
  return alone + static_cast<std::int64_t>(config.groups.size());
}

/// REQUIRES: the locations were read.
void read_policy(SettingsTable& root, Config& config, std::vector<std::string>& warnings) {
  auto& verdict = config.verdict;
  verdict.expected_votes = count_votes(config);
  verdict.min_judging =
      config.locations.empty() ? 1 : std::min(kMinJudging, verdict.expected_votes);
  auto policy = root.table("policy");
  if (!policy) {
    return;
  }
  config.slow_from = read_slow_ms(*policy).value_or(config.slow_from);
  verdict.major = read_share(*policy, "major").value_or(verdict.major);
  verdict.partial = read_share(*policy, "partial").value_or(verdict.partial);
  verdict.degraded = read_share(*policy, "degraded").value_or(verdict.degraded);
  if (const auto min_judging = policy->integer("min_judging")) {
    if (*min_judging < 1) {
      policy->mistake("min_judging", "must be 1 or more");
    }
    verdict.min_judging = *min_judging;
  }
  read_record_policy(*policy, warnings);
  policy->finish();
}

void read_sla(SettingsTable& root, std::vector<std::string>& warnings) {
  for (auto& table : root.tables("sla")) {
    const auto plan = table.text("plan");
    if (!plan && !table.has("plan")) {
      table.mistake("plan", "is missing");
    }
    check_percent(table, "below_pct");
    check_percent(table, "credit_pct");
    table.finish();
  }
  if (root.has("sla")) {
    warnings.emplace_back("[[sla]]: without effect yet: no months are kept");
  }
}

}  // namespace

ConfigReading read_config(std::string_view text, const std::string& file) {
  ConfigReading reading;
  SettingsFile settings(text, file);
  if (!settings.is_syntax_ok()) {
    reading.mistakes = settings.mistakes();
    return reading;
  }
  auto root = settings.root();
  Config config{read_endpoint(root, "broker", "aggregator")};
  if (root.has("region_of_broker")) {
    config.region_of_broker = read_id<RegionId>(root, "region_of_broker");
  }
  config.mesh = read_mesh_settings(root);
  config.state_dir = root.text("state_dir").value_or(config.state_dir);
  read_regions(root, config, reading.warnings);
  read_locations(root, config);
  read_policy(root, config, reading.warnings);
  read_sla(root, reading.warnings);
  root.finish();
  reading.mistakes = settings.mistakes();
  if (reading.mistakes.empty()) {
    reading.config = std::move(config);
  }
  return reading;
}

}  // namespace echomesh::aggregator
