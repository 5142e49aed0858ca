#include "tests/world/scenario_table.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "agent/echo_grid.hpp"

namespace echomesh::world {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

/// `tokyo#120+5s` as a duration since the beginning; other words stay as they are.
std::string resolved(const std::string& word, const MeshPlan& mesh) {
  const auto mark = word.find('#');
  if (mark == std::string::npos) {
    return word;
  }
  const auto sign = std::min(word.find_first_of("+-", mark), word.size());
  const auto location = LocationId::parse(word.substr(0, mark));
  const auto after = parse_duration(word.substr(word.find('+', mark) == sign ? sign + 1 : sign));
  if (!location || !after) {
    return word;
  }
  const auto slot = std::strtoll(word.substr(mark + 1, sign - mark - 1).c_str(), nullptr, 10);
  return duration_text(slot * nanoseconds{mesh.slot.value} +
                       agent::EchoGrid(*location, mesh.slot).phase() + *after);
}

/// The fault of an `at` line, times made absolute.
Result<Fault> fault_of(std::vector<std::string> words, const MeshPlan& mesh) {
  std::string text;
  for (std::size_t i = 1; i < words.size(); ++i) {
    words[i] = resolved(words[i], mesh);
    if (i > 2 && words[i - 1] == "until") {
      const auto from = parse_duration(words[1]);
      const auto to = parse_duration(words[i]);
      words[i] = from && to ? duration_text(*to - *from) : words[i];
    }
    text += words[i] + " ";
  }
  if (const auto until = text.find(" until "); until != std::string::npos) {
    text.replace(until, 7, " for ");
  }
  return parse_fault(text, mesh);
}

class Reader {
 public:
  /// Empty: the line was understood.
  std::string read(const std::string& line) {
    const auto words = words_of(line);
    if (words.empty() || words[0].starts_with('#')) {
      return "";
    }
    if (const auto equals = line.find(" = "); equals != std::string::npos) {
      scenario_.expectations.push_back({line, line.substr(0, equals), line.substr(equals + 3)});
      return "";
    }
    if (words[0] == "at") {
      auto fault = fault_of(words, scenario_.mesh);
      if (fault) {
        scenario_.faults.push_back(*fault);
      }
      return fault ? "" : to_string(fault.error());
    }
    if (words.size() < 2) {
      return "expected a word and its value";
    }
    return read_setting(words);
  }
  Scenario take() {
    for (auto& location : scenario_.mesh.locations) {
      location.has_kernel_time = has_kernel_time_;
      location.lines.assign(scenario_.mesh.regions.size(), {delay_, nanoseconds{0}});
    }
    return std::move(scenario_);
  }

 private:
  std::string read_setting(const std::vector<std::string>& words) {
    auto& mesh = scenario_.mesh;
    if (words[0] == "locations") {
      for (std::size_t i = 1; i < words.size(); ++i) {
        mesh.locations.push_back({words[i]});
      }
      return "";
    }
    if (words[0] == "regions") {
      mesh.regions.assign(words.begin() + 1, words.end());
      return "";
    }
    if (words[0] == "kernel-time") {
      has_kernel_time_ = words[1] == "yes";
      return "";
    }
    if (words[0] == "witnesses") {
      mesh.witnesses = static_cast<std::size_t>(std::atoi(words[1].c_str()));
      return "";
    }
    const auto duration = parse_duration(words[1]);
    if (!duration) {
      return "expected a duration";
    }
    if (words[0] == "slot") {
      mesh.slot.value = std::chrono::duration_cast<seconds>(*duration);
    } else if (words[0] == "limit") {
      mesh.limit = std::chrono::duration_cast<seconds>(*duration);
    } else if (words[0] == "delay") {
      delay_ = *duration;
    } else if (words[0] == "run") {
      scenario_.end = At{*duration};
    } else {
      return "expected locations, regions, slot, limit, delay, witnesses, kernel-time, at or run";
    }
    return "";
  }

  Scenario scenario_;
  nanoseconds delay_{milliseconds{20}};
  bool has_kernel_time_ = true;
};

}  // namespace

Result<Scenario> read_scenario(std::string_view text) {
  Reader reader;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (const auto mistake = reader.read(line); !mistake.empty()) {
      return Error{line, mistake};
    }
  }
  return reader.take();
}

}  // namespace echomesh::world
