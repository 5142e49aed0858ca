#include "agent/config.hpp"

#include <algorithm>
#include <utility>

#include "proto/report.hpp"

namespace echomesh::agent {
namespace {

constexpr std::int64_t kMaxLimitSeconds = 60;
constexpr std::size_t kMaxWitnesses = 16;
constexpr std::size_t kDefaultReportBrokers = 2;

/// Ids to go on with after a mistake; they never leave this file.
LocationId placeholder_location() {
  return LocationId::parse("x").value();
}
RegionId placeholder_region(std::size_t index) {
  return RegionId::parse("unnamed-" + std::to_string(index)).value();
}

LocationId read_location(SettingsTable& root) {
  const auto text = root.text("location");
  if (!text) {
    if (!root.has("location")) {
      root.mistake("location", "is missing: the id of the place where this agent runs");
    }
    return placeholder_location();
  }
  auto id = LocationId::parse(*text);
  if (!id) {
    root.mistake("location", id.error().what);
    return placeholder_location();
  }
  return std::move(id).value();
}

std::chrono::seconds read_limit(SettingsTable& root) {
  constexpr std::chrono::seconds kDefault{5};
  auto echo = root.table("echo");
  if (!echo) {
    return kDefault;
  }
  const auto seconds = echo->seconds("limit");
  if (seconds && (*seconds < 1 || *seconds > kMaxLimitSeconds)) {
    echo->mistake("limit", "must be from 1s to 60s, got " + std::to_string(*seconds) + "s");
  }
  echo->finish();
  return seconds ? std::chrono::seconds{*seconds} : kDefault;
}

/// `tcp://host:port`: an address whose port does not depend on the scheme.
std::optional<Witness> parse_witness(const std::string& text) {
  if (!text.starts_with("tcp://")) {
    return std::nullopt;
  }
  const auto plain = BrokerUrl::parse("mqtt" + text.substr(3));
  const auto tls = BrokerUrl::parse("mqtts" + text.substr(3));
  if (!plain || !tls || plain->port != tls->port) {
    return std::nullopt;
  }
  return Witness{plain->host, plain->port};
}

std::vector<Witness> read_witnesses(SettingsTable& root) {
  std::vector<Witness> witnesses;
  const auto texts = root.texts("witnesses").value_or(std::vector<std::string>{});
  if (texts.size() > kMaxWitnesses) {
    root.mistake("witnesses", "must be at most 16");
  }
  for (const auto& text : texts) {
    const auto witness = parse_witness(text);
    if (!witness) {
      root.mistake("witnesses", "must be tcp://host:port each, got \"" + text + "\"");
    } else if (std::find(witnesses.begin(), witnesses.end(), *witness) != witnesses.end()) {
      root.mistake("witnesses", "names \"" + text + "\" twice");
    } else {
      witnesses.push_back(*witness);
    }
  }
  return witnesses;
}

/// Settings of parts that this version does not have: checked, and told to be without effect.
void read_reserved(SettingsTable& root, std::vector<std::string>& warnings) {
  if (auto spool = root.table("spool")) {
    spool->seconds("max_age");
    spool->bytes("max_bytes");
    spool->finish();
    warnings.emplace_back("[spool]: without effect yet: reports are kept in memory only");
  }
}

RegionId read_region_id(SettingsTable& table, std::size_t index) {
  const auto text = table.text("id");
  auto id = RegionId::parse(text.value_or(""));
  if (id) {
    return std::move(id).value();
  }
  if (text || !table.has("id")) {
    table.mistake("id", text ? id.error().what : "is missing: the id of the region");
  }
  return placeholder_region(index);
}

WatchedRegion read_region(SettingsTable& table, std::size_t index, const LocationId& location) {
  auto endpoint = read_endpoint(table, "url", location.str());
  WatchedRegion region{read_region_id(table, index), std::move(endpoint), {}};
  const auto report_to = table.texts("report_to");
  table.finish();
  for (const auto& name : report_to.value_or(std::vector<std::string>{})) {
    auto broker = RegionId::parse(name);
    if (!broker) {
      table.mistake("report_to", broker.error().what);
    } else if (std::find(region.report_to.begin(), region.report_to.end(), *broker) !=
               region.report_to.end()) {
      table.mistake("report_to", "names \"" + name + "\" twice");
    } else {
      region.report_to.push_back(std::move(broker).value());
    }
  }
  if (report_to && report_to->empty()) {
    table.mistake("report_to", "must name a region, or be left out");
  }
  return region;
}

void add_default_report_brokers(std::vector<WatchedRegion>& regions) {
  for (auto& region : regions) {
    if (!region.report_to.empty()) {
      continue;
    }
    for (const auto& other : regions) {
      if (other.id != region.id && region.report_to.size() < kDefaultReportBrokers) {
        region.report_to.push_back(other.id);
      }
    }
    if (region.report_to.empty()) {
      region.report_to.push_back(region.id);
    }
  }
}

/// Mistakes and warnings that show only when all regions are known.
void check_regions(std::vector<WatchedRegion>& regions, std::vector<SettingsTable>& tables,
                   std::vector<std::string>& warnings) {
  const auto find = [&](const RegionId& id) {
    return std::find_if(regions.begin(), regions.end(),
                        [&](const auto& region) { return region.id == id; });
  };
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const auto& region = regions[i];
    if (find(region.id) != regions.begin() + static_cast<std::ptrdiff_t>(i)) {
      tables[i].mistake("id", "\"" + region.id.str() + "\" stands twice");
    }
    for (const auto& broker : region.report_to) {
      const auto target = find(broker);
      if (target == regions.end()) {
        tables[i].mistake("report_to", "\"" + broker.str() + "\" is not the id of a [[region]]");
      } else if (target->endpoint.url == region.endpoint.url && !region.endpoint.url.host.empty()) {
        warnings.push_back("region " + region.id.str() +
                           ": reports to its own broker: nobody hears of its total loss");
      }
    }
  }
}

/// In a network of RFC 5737: manuals name such addresses, and nobody has them.
bool is_for_documentation(const std::string& host) {
  return host.starts_with("192.0.2.") || host.starts_with("198.51.100.") ||
         host.starts_with("203.0.113.");
}

/// Without a witness an agent that lost its own uplink cannot be sure of it.
void check_witnesses(const Config& config, std::vector<std::string>& warnings) {
  for (const auto& witness : config.witnesses) {
    if (is_for_documentation(witness.host)) {
      warnings.push_back(
          "witnesses: " + witness.host +
          ": an address for examples, which nobody has: it never answers, and an "
          "outage will be taken for this place's own trouble; name a host that does");
    }
  }
  if (!config.witnesses.empty()) {
    return;
  }
  warnings.emplace_back(
      config.regions.size() > 1
          ? "witnesses: none: when no region answers, slots are void (unwitnessed), for nobody can "
            "tell whether the regions or this place's own uplink are down; name hosts outside of "
            "the regions, tcp://host:port"
          : "witnesses: none, and one region: a lost uplink of this place counts as the region's "
            "trouble; name hosts outside of the region, tcp://host:port");
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
  Config config{read_location(root), read_place(root), read_mesh_settings(root)};
  config.state_dir = root.text("state_dir").value_or(config.state_dir);
  config.limit = read_limit(root);
  config.witnesses = read_witnesses(root);
  read_reserved(root, reading.warnings);

  auto tables = root.tables("region");
  for (std::size_t i = 0; i < tables.size(); ++i) {
    config.regions.push_back(read_region(tables[i], i, config.location));
  }
  if (tables.empty() && !root.has("region")) {
    root.mistake("region", "is missing: at least one [[region]] with id and url");
  }
  if (tables.size() > kMaxEchoesPerReport) {
    root.mistake("region", "must be at most 256: a report carries no more");
  }
  check_witnesses(config, reading.warnings);
  add_default_report_brokers(config.regions);
  check_regions(config.regions, tables, reading.warnings);
  root.finish();
  reading.mistakes = settings.mistakes();
  if (reading.mistakes.empty()) {
    reading.config = std::move(config);
  }
  return reading;
}

}  // namespace echomesh::agent
