/// schema-check: judges recorded messages by the contract.
///
///   mosquitto_sub -t 'echomesh/#' -F '%t\t%p' | schema-check proto/schema --require timeline,live
///
/// A line a message: topic, tab, payload. Exit 0: all allowed and all required seen; 1: not so;
/// 64: wrong usage; 69: a file or folder cannot be read.
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/contract/schema_check.hpp"

namespace {

using echomesh::contract::Judgement;
using echomesh::contract::SchemaCheck;

constexpr int kWrongUsage = 64;
constexpr int kMissing = 69;

constexpr std::string_view kUsage =
    "usage: schema-check SCHEMA_FOLDER [FILE] [--require NAME[,NAME…]] [--topic-root ROOT]\n"
    "Reads lines of topic, tab, payload from FILE or standard input.\n"
    "NAME is that of a schema file, or location-state, region-state, rtt-ms, availability.\n";

struct Options {
  std::vector<std::string> places;  // the schema folder, the file
  std::vector<std::string> required;
  std::string topic_root = "echomesh";
};

void split(std::string_view names, std::vector<std::string>& into) {
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    into.emplace_back(name);
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
}

bool read_options(const std::vector<std::string>& arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool takes_value = argument == "--require" || argument == "--topic-root";
    if (takes_value && i + 1 == arguments.size()) {
      return false;
    }
    if (argument == "--require") {
      split(arguments[++i], options.required);
    } else if (argument == "--topic-root") {
      options.topic_root = arguments[++i];
    } else if (argument.starts_with("--")) {
      return false;
    } else {
      options.places.push_back(argument);
    }
  }
  return options.places.size() == 1 || options.places.size() == 2;
}

struct Counts {
  std::size_t messages = 0;
  std::size_t violations = 0;
};

std::map<std::string, Counts> judge_lines(const SchemaCheck& check, std::istream& lines) {
  std::map<std::string, Counts> counts;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      continue;
    }
    const std::size_t tab = line.find('\t');
    const std::string topic = line.substr(0, tab);
    const std::string payload = tab == std::string::npos ? "" : line.substr(tab + 1);
    const Judgement judgement = check.check(topic, payload);
    Counts& count = counts[judgement.schema.empty() ? "(no schema)" : judgement.schema];
    ++count.messages;
    for (const auto& finding : judgement.findings.all()) {
      ++count.violations;
      std::cout << topic << ": " << (finding.pointer.empty() ? "(whole)" : finding.pointer) << ": "
                << finding.keyword << ": " << finding.what << '\n';
    }
  }
  return counts;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options({argv + 1, argv + argc}, options)) {
    std::cerr << kUsage;
    return kWrongUsage;
  }
  const auto check = SchemaCheck::load(options.places.front(), options.topic_root);
  if (!check) {
    std::cerr << "schema-check: " << to_string(check.error()) << '\n';
    return kMissing;
  }
  for (const std::string& name : options.required) {
    if (!check->knows(name)) {
      std::cerr << "schema-check: --require: must name a schema, got \"" << name << "\"\n";
      return kWrongUsage;
    }
  }
  std::ifstream file;
  if (options.places.size() == 2) {
    file.open(options.places.back());
    if (!file) {
      std::cerr << "schema-check: " << options.places.back() << ": cannot be read\n";
      return kMissing;
    }
  }
  const auto counts = judge_lines(*check, options.places.size() == 2 ? file : std::cin);
  bool is_good = true;
  for (const auto& [name, count] : counts) {
    std::cout << name << ": " << count.messages << " messages, " << count.violations
              << " violations\n";
    is_good = is_good && count.violations == 0;
  }
  for (const std::string& name : options.required) {
    if (counts.find(name) == counts.end()) {
      std::cout << name << ": required, but never seen\n";
      is_good = false;
    }
  }
  return is_good ? 0 : 1;
}
