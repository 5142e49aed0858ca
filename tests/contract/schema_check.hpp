/// The contract as a judge: tells for a topic and its payload all that the contract does not allow.
///
///   schema/*.json --load()--> SchemaCheck --check(topic, payload)--> name of the schema, findings
///
/// What JSON Schema cannot say is judged beside it: the order of keys (that of `properties`), how
/// numbers are written, the size of retained documents, and what must hold between keys.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/result.hpp"
#include "tests/contract/finding.hpp"
#include "tests/contract/topic_pattern.hpp"

namespace echomesh::contract {

/// Larger ones reach browsers in slow pieces.
constexpr std::size_t kMaxRetainedBytes = 4095;

struct Judgement {
  std::string schema;  // empty: the contract does not know this topic
  Findings findings;
};

class SchemaCheck {
 public:
  /// Reads every `*.json` of the folder. Fails on one that is no schema this tool can apply whole:
  /// RapidJSON passes over a pattern or a reference it does not understand, this must not.
  static Result<SchemaCheck> load(const std::filesystem::path& folder,
                                  std::string topic_root = "echomesh");

  Judgement check(std::string_view topic, std::string_view payload) const;

  /// Judges a document by the schema of that name, without a topic. REQUIRES: knows(name).
  Findings check_document(std::string_view name, std::string_view payload) const;

  bool knows(std::string_view name) const;
  /// The names of all schemas and plain payloads.
  std::vector<std::string> names() const;

 private:
  struct Schema {
    std::string name;
    std::string topic;
    bool is_retained = false;
    std::unique_ptr<rapidjson::Document> source;
    std::unique_ptr<rapidjson::SchemaDocument> compiled;
  };

  static Result<Schema> load_schema(const std::filesystem::path& file);
  static Findings judge(const Schema& schema, const TopicIds& ids, std::string_view payload);
  const Schema* find(std::string_view name) const;

  std::string topic_root_;
  std::vector<Schema> schemas_;
};

}  // namespace echomesh::contract
