/// What an agent is told by its settings file, checked whole.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/agent_info.hpp"
#include "proto/endpoint.hpp"
#include "proto/names.hpp"
#include "proto/settings_reader.hpp"
#include "proto/time.hpp"

namespace echomesh::agent {

struct WatchedRegion {
  RegionId id;
  Endpoint endpoint;
  /// Where outcomes of this region are reported: other regions, by their brokers.
  std::vector<RegionId> report_to;

  bool operator==(const WatchedRegion&) const = default;
};

/// Index of a watched region in Config::regions.
using RegionIndex = std::size_t;

/// Someone on another network who answers a TCP connect while this place is connected at all.
struct Witness {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Witness&) const = default;
};

struct Config {
  LocationId location;
  Place place;
  MeshSettings mesh;
  std::string state_dir = "/var/lib/echomesh-agent";
  std::chrono::seconds limit{5};  ///< an echo later than this is a miss
  std::vector<WatchedRegion> regions = {};
  std::vector<Witness> witnesses = {};
};

using ConfigReading = SettingsReading<Config>;

/// `file` stands in mistakes and warnings.
ConfigReading read_config(std::string_view text, const std::string& file);

}  // namespace echomesh::agent
