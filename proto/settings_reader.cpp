#include "proto/settings_reader.hpp"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace echomesh {

struct SettingsFile::Content {
  std::string name;
  toml::table root;
  Mistakes mistakes;
  bool syntax_ok = true;
};

struct SettingsTable::State {
  SettingsFile::Content* file;
  const toml::table* table;
  std::string path;  ///< `region[1].`, empty for the root
  std::set<std::string, std::less<>> known;

  const toml::node* find(std::string_view key) {
    known.emplace(key);
    return table->get(key);
  }

  void mistake(std::string_view key, std::string what) {
    const toml::node* node = key.empty() ? nullptr : table->get(key);
    const auto line = (node != nullptr ? node->source() : table->source()).begin.line;
    std::string where = file->name;
    if (line > 0) {
      where += ":" + std::to_string(line);
    }
    std::string name = path + std::string(key);
    if (name.ends_with('.')) {
      name.pop_back();
    }
    file->mistakes.push_back({name.empty() ? where : where + ": " + name, std::move(what)});
  }
};

namespace {

std::string type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::none:
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      break;
  }
  return "a date or time";
}

/// `5s` with units {{"s", 1}, …}; empty if it is not a number and a known unit, or overflows.
std::optional<std::int64_t> with_unit(std::string_view text,
                                      const std::map<std::string_view, std::int64_t>& units) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = units.find(text.substr(static_cast<std::size_t>(end - text.data())));
  if (error != std::errc() || number < 0 || unit == units.end() ||
      number > std::numeric_limits<std::int64_t>::max() / unit->second) {
    return std::nullopt;
  }
  return number * unit->second;
}

}  // namespace

SettingsTable::SettingsTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
SettingsTable::SettingsTable(SettingsTable&&) noexcept = default;
SettingsTable::~SettingsTable() = default;

bool SettingsTable::has(std::string_view key) const {
  return state_->table->contains(key);
}

void SettingsTable::mistake(std::string_view key, std::string what) {
  state_->mistake(key, std::move(what));
}

std::optional<std::string> SettingsTable::text(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = node->as_string()) {
    return value->get();
  }
  mistake(key, "must be text in quotes, got " + type_of(*node));
  return std::nullopt;
}

std::optional<double> SettingsTable::number(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = node->as_floating_point()) {
    return value->get();
  }
  if (const auto* value = node->as_integer()) {
    return static_cast<double>(value->get());
  }
  mistake(key, "must be a number, got " + type_of(*node));
  return std::nullopt;
}

std::optional<std::int64_t> SettingsTable::integer(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = node->as_integer()) {
    return value->get();
  }
  mistake(key, "must be an integer, got " + type_of(*node));
  return std::nullopt;
}

std::optional<std::vector<std::string>> SettingsTable::texts(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* array = node->as_array();
  if (array == nullptr) {
    mistake(key, "must be an array of texts, got " + type_of(*node));
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (const auto& item : *array) {
    const auto* value = item.as_string();
    if (value == nullptr) {
      mistake(key, "must hold texts only, got " + type_of(item));
      return std::nullopt;
    }
    values.push_back(value->get());
  }
  return values;
}

std::optional<std::int64_t> SettingsTable::seconds(std::string_view key) {
  static const std::map<std::string_view, std::int64_t> kUnits = {
      {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  const auto value = text(key);
  if (!value) {
    return std::nullopt;
  }
  const auto amount = with_unit(*value, kUnits);
  if (!amount) {
    mistake(key,
            "must be a whole number with its unit, such as \"5s\", \"10m\" or \"48h\", got \"" +
                *value + "\"");
  }
  return amount;
}

std::optional<std::int64_t> SettingsTable::bytes(std::string_view key) {
  static const std::map<std::string_view, std::int64_t> kUnits = {
      {"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  const auto* node = state_->find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = node->as_integer(); value != nullptr && value->get() >= 0) {
    return value->get();
  }
  const auto* value = node->as_string();
  const auto amount = value != nullptr ? with_unit(value->get(), kUnits) : std::nullopt;
  if (!amount) {
    mistake(key, "must be a number of bytes, such as 65536 or \"64MiB\"");
  }
  return amount;
}

std::vector<SettingsTable> SettingsTable::tables(std::string_view key) {
  std::vector<SettingsTable> found;
  const auto* node = state_->find(key);
  if (node == nullptr) {
    return found;
  }
  const auto* array = node->as_array();
  if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
    mistake(key, "must be written as [[" + std::string(key) + "]]");
    return found;
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    found.push_back(SettingsTable(std::make_unique<State>(
        State{state_->file,
              array->get(i)->as_table(),
              state_->path + std::string(key) + "[" + std::to_string(i) + "].",
              {}})));
  }
  return found;
}

std::optional<SettingsTable> SettingsTable::table(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* value = node->as_table();
  if (value == nullptr) {
    mistake(key, "must be written as [" + std::string(key) + "]");
    return std::nullopt;
  }
  return SettingsTable(std::make_unique<State>(
      State{state_->file, value, state_->path + std::string(key) + ".", {}}));
}

void SettingsTable::finish() {
  for (const auto& [key, node] : *state_->table) {
    if (!state_->known.contains(key.str())) {
      mistake(key.str(), "unknown key");
    }
  }
}

SettingsFile::SettingsFile(std::string_view text, std::string name)
    : content_(std::make_unique<Content>()) {
  content_->name = std::move(name);
  toml::parse_result parsed = toml::parse(text);
  if (parsed) {
    content_->root = std::move(parsed).table();
    return;
  }
  content_->syntax_ok = false;
  const auto& error = parsed.error();
  content_->mistakes.push_back({content_->name + ":" + std::to_string(error.source().begin.line) +
                                    ":" + std::to_string(error.source().begin.column),
                                "not TOML: " + std::string(error.description())});
}

SettingsFile::~SettingsFile() = default;

SettingsTable SettingsFile::root() {
  return SettingsTable(std::make_unique<SettingsTable::State>(
      SettingsTable::State{content_.get(), &content_->root, "", {}}));
}

const Mistakes& SettingsFile::mistakes() const {
  return content_->mistakes;
}
bool SettingsFile::is_syntax_ok() const {
  return content_->syntax_ok;
}

}  // namespace echomesh
