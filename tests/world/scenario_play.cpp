// The half of scenario_table that runs the world and compares.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "proto/decimal.hpp"
#include "proto/json_reader.hpp"
#include "proto/report.hpp"
#include "tests/world/mesh_oracle.hpp"
#include "tests/world/report_judge.hpp"
#include "tests/world/scenario_table.hpp"
#include "tests/world/world.hpp"

namespace echomesh::world {
namespace {

std::string in_words(const EchoEntry& entry) {
  const std::string resent = entry.resent ? " resent" : "";
  if (const auto* ok = std::get_if<Ok>(&entry.outcome)) {
    return "ok " + format_ms(ok->rtt.value) + resent;
  }
  if (const auto* miss = std::get_if<Miss>(&entry.outcome)) {
    return "miss " + std::string(to_string(miss->cause)) + resent;
  }
  if (const auto* nothing = std::get_if<Void>(&entry.outcome)) {
    return "void " + std::string(to_string(nothing->cause)) + resent;
  }
  return "late " + format_ms(std::get<Late>(entry.outcome).after.value) + resent;
}

class Stage {
 public:
  explicit Stage(const Scenario& scenario)
      : scenario_(scenario),
        oracle_(scenario.mesh),
        world_(scenario.mesh, scenario.faults, &oracle_) {
    world_.run_until(scenario.end);
  }

  std::string answer(const std::string& what) {
    std::istringstream words(what);
    std::string kind;
    std::string first;
    std::string second;
    std::int64_t slot = 0;
    words >> kind >> first >> second >> slot;
    if (kind == "outcome") {
      return outcome(first, second, slot);
    }
    if (kind == "runs") {
      return runs(first, second);
    }
    if (kind == "region") {
      return retained("region/" + first + "/state", first);
    }
    if (kind == "history") {
      const auto broker = reported_to(scenario_.mesh, index_of(first)).front();
      std::string text;
      for (const auto& state : oracle_.of(broker).history(first)) {
        text += (text.empty() ? "" : ", ") + state;
      }
      return text;
    }
    if (kind == "summary") {
      return summary(first, second);
    }
    return "an unknown question: " + what;
  }
  std::vector<std::string> violations() {
    std::vector<std::string> all;
    for (const auto& violation : oracle_.take(kWorldBegin + scenario_.end.time_since_epoch())) {
      all.push_back(to_text(violation));
    }
    for (const auto& agent : world_.agents()) {
      for (const auto& violation : judge_reports(agent->facts(), scenario_.mesh, scenario_.end)) {
        all.push_back(to_text(violation));
      }
    }
    return all;
  }

 private:
  std::size_t index_of(const std::string& region) const {
    const auto& regions = scenario_.mesh.regions;
    return static_cast<std::size_t>(std::find(regions.begin(), regions.end(), region) -
                                    regions.begin());
  }
  /// As the first report broker of the region keeps it.
  std::string retained(const std::string& topic, const std::string& region) const {
    const auto broker = reported_to(scenario_.mesh, index_of(region)).front();
    const auto message = world_.broker(broker).retained("echomesh/v1/" + topic);
    return message ? message->payload : "nothing";
  }
  /// All that the first stream was told of a slot, in the order of telling.
  std::string outcome(const std::string& location, const std::string& region, std::int64_t slot) {
    std::string text;
    for (const auto& agent : world_.agents()) {
      const auto& facts = agent->facts();
      std::map<std::int64_t, std::string> told;
      for (const auto& fact : facts.reports) {
        const auto report = parse_report(fact.message->payload);
        if (scenario_.mesh.locations[facts.location].id != location || !report ||
            report->slot - slot_of(kWorldBegin, scenario_.mesh.slot) != slot ||
            facts.streams[fact.stream] != streams_of(facts, index_of(region))) {
          continue;
        }
        for (const auto& entry : report->echoes) {
          if (entry.region.str() == region) {
            told[report->seq] = in_words(entry);
          }
        }
      }
      for (const auto& [seq, words] : told) {
        text += (text.empty() ? "" : ", ") + words;
      }
    }
    return text.empty() ? "nothing" : text;
  }
  static std::vector<std::size_t> streams_of(const RunFacts& facts, std::size_t region) {
    for (const auto& stream : facts.streams) {
      if (std::count(stream.begin(), stream.end(), region) > 0) {
        return stream;
      }
    }
    return {};
  }
  /// From slot 0 on, and without what is not yet known at the end.
  std::string runs(const std::string& location, const std::string& region) const {
    const auto payload =
        retained("region/" + region + "/location/" + location + "/timeline", region);
    const auto document = JsonDocument::parse(payload);
    if (!document) {
      return payload;
    }
    const auto root = document->root();
    const std::int64_t from = (root.find("from_ms")->integer().value_or(0) - unix_ms(kWorldBegin)) /
                              std::chrono::milliseconds{scenario_.mesh.slot.value}.count();
    std::string text;
    for (const auto& run : root.find("runs")->items()) {
      const auto parts = run.items();
      const std::int64_t begin = parts[0].integer().value_or(0) + from;
      if (begin + parts[1].integer().value_or(0) <= 1) {
        continue;  // before the world began, and its first slot
      }
      text += (text.empty() ? "" : ", ") + std::to_string(begin) + "+" +
              std::to_string(parts[1].integer().value_or(0)) + " " +
              std::string(parts[2].text().value_or("?")) +
              (parts.size() > 3 ? " " + std::string(parts[3].text().value_or("?")) : "");
    }
    return text.empty() ? "none" : text;
  }
  std::string summary(const std::string& location, const std::string& region) const {
    const auto payload =
        retained("region/" + region + "/location/" + location + "/summary", region);
    const auto document = JsonDocument::parse(payload);
    if (!document) {
      return payload;
    }
    const auto root = document->root();
    return std::string(root.find("state")->text().value_or("?")) + " " +
           std::to_string(root.find("accessible_24h_pct")->number().value_or(-1)) + " % " +
           std::to_string(root.find("resent_24h")->integer().value_or(-1)) + " resent";
  }

  const Scenario& scenario_;
  MeshOracle oracle_;
  World world_;
};

}  // namespace

std::vector<std::string> play(const Scenario& scenario) {
  Stage stage(scenario);
  std::vector<std::string> wrong;
  for (const auto& expectation : scenario.expectations) {
    const auto got = stage.answer(expectation.what);
    if (got != expectation.wanted) {
      wrong.push_back(expectation.line + "\n    but it was: " + got);
    }
  }
  for (auto& violation : stage.violations()) {
    wrong.push_back("the oracle: " + violation);
  }
  return wrong;
}

}  // namespace echomesh::world
