/// The names of all topics under one root, written and read back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/names.hpp"

namespace echomesh {

/// True for what `topic_root` may be: 1 to 64 bytes of letters, digits, `-`, `_`, `.` and `/`,
/// no empty level.
bool is_valid_topic_root(std::string_view root);

class Topics {
 public:
  /// REQUIRES: is_valid_topic_root(root)
  explicit Topics(std::string root = "echomesh");

  const std::string& root() const { return root_; }

  std::string probe(const LocationId& location) const;
  std::string report(const LocationId& location) const;
  std::string agent_availability(const LocationId& location) const;
  std::string agent_info(const LocationId& location) const;

  std::string aggregator_availability() const;
  std::string aggregator_info() const;
  std::string aggregator_heartbeat() const;

  /// `leaf` is `state`, `summary` or `live`.
  std::string region(const RegionId& region, std::string_view leaf) const;
  /// `leaf` is `state`, `rtt_ms`, `summary`, `timeline` or `rtt_24h`.
  std::string path(const RegionId& region, const LocationId& location, std::string_view leaf) const;

  /// Subscription filters.
  std::string all_reports() const;
  std::string all_agent_infos() const;
  std::string all_region_summaries() const;

  /// The level that `+` stands for in a filter with one `+`; empty if the topic does not match.
  static std::optional<std::string_view> wildcard_level(std::string_view filter,
                                                        std::string_view topic);

 private:
  std::string root_;
  std::string status_;  ///< `<root>/v1/`
  std::string probe_;   ///< `<root>-probe/v1/`
  std::string report_;  ///< `<root>-report/v1/`
};

}  // namespace echomesh
