/// What an aggregator is told by its settings file, checked whole.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/verdict.hpp"
#include "proto/endpoint.hpp"
#include "proto/names.hpp"
#include "proto/settings_reader.hpp"

namespace echomesh::aggregator {

struct KnownRegion {
  RegionId id;
  std::string name;  ///< the id, if the settings give none
  std::optional<double> latitude = std::nullopt;
  std::optional<double> longitude = std::nullopt;
};

/// An agent that is expected.
struct ExpectedLocation {
  LocationId id;
  std::optional<std::chrono::milliseconds> slow_from = std::nullopt;
  GroupIndex group = kNoGroup;  ///< index in Config::groups
};

struct Config {
  Endpoint broker;
  std::optional<RegionId> region_of_broker = std::nullopt;
  MeshSettings mesh = {};
  std::string state_dir = "/var/lib/echomesh-aggregator";
  std::vector<KnownRegion> regions = {};
  std::chrono::milliseconds slow_from{1000};  ///< an RTT at or above it is slow
  VerdictPolicy verdict = {};
  std::vector<ExpectedLocation> locations = {};  ///< if any: only they vote
  std::vector<std::string> groups = {};          ///< each is one vote
};

using ConfigReading = SettingsReading<Config>;

/// `file` stands in mistakes and warnings.
ConfigReading read_config(std::string_view text, const std::string& file);

}  // namespace echomesh::aggregator
