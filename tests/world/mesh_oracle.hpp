/// Follows what every aggregator is told, and compares each document that it publishes with what it
/// must be at that moment.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/world/path_oracle.hpp"
#include "tests/world/violation.hpp"
#include "tests/world/world.hpp"

namespace echomesh {
class JsonValue;
}

namespace echomesh::world {

/// What the broker of one region is told. Reports are taken as they came: that each of them is true
/// is judged where they were written.
class AggregatorOracle : public AggregatorWatcher {
 public:
  AggregatorOracle(const MeshPlan& plan, std::size_t region);

  void on_started(UtcTime now) override;
  void on_connected(UtcTime now) override { connected_ = now; }
  void on_delivered(UtcTime now, const Message& message, bool is_retained) override;
  void on_published(UtcTime now, const Message& message) override;
  /// All is told: what was published last of each path must be what is true now.
  void finish(UtcTime now);

  std::vector<Violation>& violations() { return violations_; }
  /// Location and region, by name.
  using PathName = std::pair<std::string, std::string>;
  /// The states of a region that were published, each once until another came.
  const std::vector<std::string>& history(const std::string& region) { return history_[region]; }

 private:
  PathOracle& path(const PathName& name);
  bool is_worth_counting(const PathOracle& path);
  void check_word(const Message& message, const PathName& name, bool is_state);
  void check_summary(const Message& message, const PathName& name);
  void check_timeline(const Message& message, const PathName& name);
  void check_region(const Message& message, const std::string& region, bool is_summary);
  void check_counts(const Message& message, const JsonValue& root, const std::string& region);
  std::vector<ShownState> states_of(const std::string& region, bool voters_only) const;
  void expect(bool is_true, const Message& message, const std::string& expected,
              const std::string& got);

  const MeshPlan& plan_;
  std::size_t region_;
  std::int64_t documents_ = 0;
  UtcTime connected_;
  UtcTime now_;
  Slot current_;
  std::map<PathName, PathOracle> paths_;
  std::map<std::string, std::string> latest_;                ///< by topic: states
  std::map<std::string, std::vector<std::string>> history_;  ///< by region
  std::vector<Violation> violations_;
};

class MeshOracle : public AggregatorWatchers {
 public:
  explicit MeshOracle(const MeshPlan& plan);

  AggregatorWatcher* watcher(std::size_t region) override { return aggregators_[region].get(); }
  AggregatorOracle& of(std::size_t region) { return *aggregators_[region]; }
  /// All that was found wrong. `now`: by the aggregators' clocks.
  std::vector<Violation> take(UtcTime now);

 private:
  std::vector<std::unique_ptr<AggregatorOracle>> aggregators_;
};

}  // namespace echomesh::world
