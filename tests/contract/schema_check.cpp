#include "tests/contract/schema_check.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/internal/regex.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "tests/contract/json_text.hpp"
#include "tests/contract/plain_payload.hpp"
#include "tests/contract/relations.hpp"
#include "tests/contract/written_form.hpp"

namespace echomesh::contract {
namespace {

using rapidjson::Value;

constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

std::optional<Error> find_unusable(const Value& root, const Value& part, const std::string& where) {
  if (part.IsArray()) {
    for (const auto& element : part.GetArray()) {
      if (auto error = find_unusable(root, element, where)) {
        return error;
      }
    }
  }
  if (!part.IsObject()) {
    return std::nullopt;
  }
  for (const auto& [key, value] : part.GetObject()) {
    const std::string name(key.GetString(), key.GetStringLength());
    const std::string at = where + "/" + name;
    if (name == "pattern" && value.IsString() &&
        !rapidjson::internal::GenericRegex<rapidjson::UTF8<>>(value.GetString()).IsValid()) {
      return Error{at, "must be a pattern that RapidJSON understands"};
    }
    if (name == "$ref" && (!value.IsString() || resolve(root, part) == nullptr)) {
      return Error{at, "must point into this file, as #/definitions/name"};
    }
    if (auto error = find_unusable(root, value, at)) {
      return error;
    }
  }
  return std::nullopt;
}

void apply_schema(const rapidjson::SchemaDocument& schema, const Value& document,
                  Findings& findings) {
  rapidjson::SchemaValidator validator(schema);
  if (document.Accept(validator)) {
    return;
  }
  rapidjson::StringBuffer pointer;
  validator.GetInvalidDocumentPointer().Stringify(pointer);
  rapidjson::StringBuffer rule;
  validator.GetInvalidSchemaPointer().Stringify(rule);
  findings.add(pointer.GetString(), validator.GetInvalidSchemaKeyword(),
               std::string("does not fit the schema at #") + rule.GetString());
}

/// What the topic says of itself must stand in the document too.
void check_ids(const TopicIds& ids, const Value& document, Findings& findings) {
  for (const auto& [name, id] : ids) {
    const auto member = document.FindMember(name.c_str());
    if (member != document.MemberEnd() && member->value.IsString() &&
        id != member->value.GetString()) {
      findings.add("/" + name, "topic", "must be the " + name + " of the topic, " + id);
    }
  }
}

}  // namespace

Result<SchemaCheck::Schema> SchemaCheck::load_schema(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  const std::string text = content.str();
  Schema schema;
  schema.name = file.stem().string();
  schema.source = std::make_unique<rapidjson::Document>();
  rapidjson::Document& source = *schema.source;
  source.Parse<kParseFlags>(text.c_str(), text.size());
  if (!stream || source.HasParseError() || !source.IsObject()) {
    return Error{file.string(), "must be a JSON object"};
  }
  const auto topic = source.FindMember("x-topic");
  const auto retain = source.FindMember("x-retain");
  if (topic == source.MemberEnd() || !topic->value.IsString() || retain == source.MemberEnd() ||
      !retain->value.IsBool()) {
    return Error{file.string(), "must have x-topic, a string, and x-retain, a boolean"};
  }
  if (auto error = find_unusable(source, source, file.string() + "#")) {
    return *error;
  }
  schema.topic = topic->value.GetString();
  schema.is_retained = retain->value.GetBool();
  schema.compiled = std::make_unique<rapidjson::SchemaDocument>(source);
  return schema;
}

Result<SchemaCheck> SchemaCheck::load(const std::filesystem::path& folder, std::string topic_root) {
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".json") {
      files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    return Error{folder.string(), "must be a folder of schemas, *.json"};
  }
  std::sort(files.begin(), files.end());
  SchemaCheck check;
  check.topic_root_ = std::move(topic_root);
  for (const auto& file : files) {
    Result<Schema> schema = load_schema(file);
    if (!schema) {
      return schema.error();
    }
    check.schemas_.push_back(std::move(schema).value());
  }
  return check;
}

Findings SchemaCheck::judge(const Schema& schema, const TopicIds& ids, std::string_view payload) {
  Findings findings;
  const NumberTexts numbers = scan_json(payload, findings);
  if (schema.is_retained && payload.size() > kMaxRetainedBytes) {
    findings.add(
        "", "size",
        "a retained document must stay under 4,096 bytes, got " + std::to_string(payload.size()));
  }
  if (findings.has("parse") || findings.has("depth") || findings.has("number-format")) {
    return findings;  // not safe, or of no use, to read any further
  }
  rapidjson::Document document;
  document.Parse<kParseFlags>(payload.data(), payload.size());
  const std::size_t before = findings.all().size();
  apply_schema(*schema.compiled, document, findings);
  const bool is_valid = findings.all().size() == before;
  check_written_form(*schema.source, document, numbers, findings);
  if (is_valid) {
    check_relations(schema.name, document, findings);
    check_ids(ids, document, findings);
  }
  return findings;
}

Judgement SchemaCheck::check(std::string_view topic, std::string_view payload) const {
  Judgement judgement;
  for (const Schema& schema : schemas_) {
    if (const auto ids = match_topic(schema.topic, topic_root_, topic)) {
      return {schema.name, judge(schema, *ids, payload)};
    }
  }
  for (const PlainTopic& plain : kPlainTopics) {
    if (match_topic(plain.topic, topic_root_, topic)) {
      judgement.schema = plain.name;
      check_plain(plain.name, payload, judgement.findings);
      return judgement;
    }
  }
  judgement.findings.add("", "topic", "the contract knows no such topic, or no schema for it");
  return judgement;
}

Findings SchemaCheck::check_document(std::string_view name, std::string_view payload) const {
  return judge(*find(name), {}, payload);
}

const SchemaCheck::Schema* SchemaCheck::find(std::string_view name) const {
  const auto found = std::find_if(schemas_.begin(), schemas_.end(),
                                  [&](const Schema& schema) { return schema.name == name; });
  return found == schemas_.end() ? nullptr : &*found;
}

bool SchemaCheck::knows(std::string_view name) const {
  const auto all = names();
  return std::find(all.begin(), all.end(), name) != all.end();
}

std::vector<std::string> SchemaCheck::names() const {
  std::vector<std::string> all;
  for (const Schema& schema : schemas_) {
    all.push_back(schema.name);
  }
  for (const PlainTopic& plain : kPlainTopics) {
    if (std::find(all.begin(), all.end(), plain.name) == all.end()) {
      all.emplace_back(plain.name);
    }
  }
  return all;
}

}  // namespace echomesh::contract
