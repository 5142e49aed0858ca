/// The schemas themselves: every good example passes, and every broken twin fails for the reason
/// it gives.
///
/// good/<name>.json is an array of payloads. broken/<name>.json is an array of twins: the first
/// good payload with `remove`d pointers, then `set` ones, then `replace`d text, and the `keyword`
/// of the rule that must then find it.
#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tests/contract/schema_check.hpp"

namespace echomesh::contract {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = ECHOMESH_SOURCE_DIR;
constexpr std::size_t kLeastTwins = 5;

const SchemaCheck& contract() {
  static const Result<SchemaCheck> check = SchemaCheck::load(kRoot / "proto/schema");
  REQUIRE(check.ok());
  return check.value();
}

rapidjson::Document read_array(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  const std::string text = content.str();
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.c_str(), text.size());
  REQUIRE_MESSAGE((!document.HasParseError() && document.IsArray() && !document.Empty()),
                  file.string() << ": must be an array of examples");
  return document;
}

std::string written(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string told(const Findings& findings) {
  std::string all;
  for (const Finding& finding : findings.all()) {
    all += "\n  " + finding.pointer + ": " + finding.keyword + ": " + finding.what;
  }
  return all.empty() ? "nothing" : all;
}

std::string spoilt(const rapidjson::Value& good, const rapidjson::Value& twin) {
  rapidjson::Document payload;
  payload.CopyFrom(good, payload.GetAllocator());
  if (const auto* removed = rapidjson::Pointer("/remove").Get(twin)) {
    for (const auto& pointer : removed->GetArray()) {
      REQUIRE_MESSAGE(rapidjson::Pointer(pointer.GetString()).Erase(payload),
                      pointer.GetString() << ": must be there to be removed");
    }
  }
  if (const auto* set = rapidjson::Pointer("/set").Get(twin)) {
    for (const auto& [pointer, value] : set->GetObject()) {
      rapidjson::Pointer(pointer.GetString()).Set(payload, value);
    }
  }
  std::string text = written(payload);
  if (const auto* replace = rapidjson::Pointer("/replace").Get(twin)) {
    const std::string from = (*replace)[0].GetString();
    const std::size_t at = text.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, from << ": must be there to be replaced");
    text.replace(at, from.size(), (*replace)[1].GetString());
  }
  return text;
}

std::set<std::string> schema_names() {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(kRoot / "proto/schema")) {
    names.insert(entry.path().stem().string());
  }
  return names;
}

std::string file_of(const std::string& name) {
  return name + ".json";
}

}  // namespace

TEST_SUITE("schema") {
  TEST_CASE("every good example is allowed") {
    for (const std::string& name : schema_names()) {
      CAPTURE(name);
      const auto examples = read_array(kRoot / "tests/contract/good" / file_of(name));
      for (const auto& payload : examples.GetArray()) {
        const Findings findings = contract().check_document(name, written(payload));
        CHECK_MESSAGE(findings.empty(), written(payload) << " found: " << told(findings));
      }
    }
  }

  TEST_CASE("every broken twin is refused, by the rule it breaks") {
    for (const std::string& name : schema_names()) {
      CAPTURE(name);
      const auto good = read_array(kRoot / "tests/contract/good" / file_of(name));
      const auto twins = read_array(kRoot / "tests/contract/broken" / file_of(name));
      std::set<std::string> keywords;
      for (const auto& twin : twins.GetArray()) {
        const std::string text = spoilt(good[0], twin);
        const std::string keyword = twin["keyword"].GetString();
        const Findings findings = contract().check_document(name, text);
        CHECK_MESSAGE(findings.has(keyword), twin["why"].GetString()
                                                 << ": expected " << keyword << ", found "
                                                 << told(findings));
        keywords.insert(keyword);
      }
      CHECK_MESSAGE(keywords.size() >= kLeastTwins,
                    "a schema needs broken twins of at least 5 kinds");
    }
  }

  TEST_CASE("a topic names its schema, and its ids must be those of the payload") {
    const std::string echo =
        R"({"location":"tokyo","run":"9b1c66d0a4e2f713","n":1,"ts_ms":1795246200123})";
    CHECK(contract().check("echomesh-probe/v1/tokyo", echo).findings.empty());
    CHECK(contract().check("echomesh-probe/v1/tokyo", echo).schema == "echo");
    CHECK(contract().check("echomesh-probe/v1/london", echo).findings.has("topic"));
    CHECK(contract().check("echomesh-probe/v1/tokyo/x", echo).findings.has("topic"));
    CHECK(contract().check("echomesh-probe/v1/Tokyo", echo).findings.has("topic"));
    CHECK(contract().check("echomesh-probe/v1", echo).findings.has("topic"));
  }

  TEST_CASE("plain payloads are single words or one number") {
    const auto allows = [](const char* topic, const char* payload) {
      const Judgement judgement = contract().check(topic, payload);
      return !judgement.schema.empty() && judgement.findings.empty();
    };
    constexpr const char* kState = "echomesh/v1/region/eu/location/tokyo/state";
    constexpr const char* kRtt = "echomesh/v1/region/eu/location/tokyo/rtt_ms";
    constexpr const char* kRegion = "echomesh/v1/region/eu/state";
    CHECK(allows(kState, "accessible"));
    CHECK_FALSE(allows(kState, "operational"));
    CHECK_FALSE(allows(kState, "\"accessible\""));
    CHECK_FALSE(allows(kState, ""));
    CHECK(allows(kRegion, "under_maintenance"));
    CHECK_FALSE(allows(kRegion, "maintenance"));
    CHECK(allows("echomesh/v1/agent/tokyo/availability", "online"));
    CHECK(allows("echomesh/v1/aggregator/availability", "offline"));
    CHECK_FALSE(allows("echomesh/v1/aggregator/availability", "Online"));
    for (const char* number : {"null", "0", "0.001", "48.211", "4999", "12345.6"}) {
      CHECK_MESSAGE(allows(kRtt, number), number);
    }
    for (const char* number :
         {"", "-1", "1e3", "48.2111", ".5", "5.", "048", "NaN", "\"1\"", "1 "}) {
      CHECK_MESSAGE(!allows(kRtt, number), number);
    }
  }

  TEST_CASE("another topic root moves all three roots") {
    const auto moved = SchemaCheck::load(kRoot / "proto/schema", "acme/mesh");
    REQUIRE(moved.ok());
    CHECK(moved->check("acme/mesh/v1/region/eu/state", "operational").schema == "region-state");
    CHECK(moved->check("acme/mesh-probe/v1/tokyo", "{}").schema == "echo");
    CHECK(moved->check("echomesh/v1/region/eu/state", "operational").schema.empty());
  }

  TEST_CASE("text that would bring a parser down is refused before it is parsed") {
    const std::string bomb = R"({"location":0.)" + std::string(300, '0') + "1e-2147483639}";
    CHECK(contract().check_document("echo", bomb).has("number-format"));
    CHECK(contract().check_document("echo", std::string(200'000, '[')).has("depth"));
    CHECK(contract().check_document("echo", "{\"location\":\"\xC0\xAF\"}").has("parse"));
    CHECK(contract().check_document("echo", "\xEF\xBB\xBF{}").has("parse"));
    CHECK(contract().check_document("echo", "{} {}").has("parse"));
    CHECK(contract().check_document("echo", "").has("parse"));
  }
}

}  // namespace echomesh::contract
