#include "proto/json_reader.hpp"

#include <rapidjson/encodedstream.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <string>

#include "proto/decimal.hpp"
#include "proto/json_plain_reader.hpp"

namespace echomesh {
namespace {

/// RapidJSON 1.1 makes a surrogate of an escape such as `\udc00` that stands alone. In text that is
/// else well-formed, 0xED is a first byte only, and a surrogate's if this follows.
bool has_surrogate(std::string_view text) {
  for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
      return true;
    }
  }
  return false;
}

}  // namespace

/// Receives RapidJSON's events; answering false ends the parse.
class JsonDocument::Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(std::size_t text_bytes) {
    // Decoded text is never longer than its source, so this block never moves.
    document_.characters_ = std::make_unique<char[]>(text_bytes + 1);
    next_ = document_.characters_.get();
  }

  // NOLINTBEGIN(readability-identifier-naming): RapidJSON's names
  bool Null() { return add({}); }
  bool Bool(bool truth) {
    Node node;
    node.kind = Kind::boolean;
    node.truth = truth;
    return add(node);
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return add_text(Kind::number, text, size);
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return has_surrogate({text, size}) ? refuse("half a surrogate pair")
                                       : add_text(Kind::text, text, size);
  }
  bool StartObject() { return open(Kind::object); }
  bool StartArray() { return open(Kind::array); }
  bool EndObject(rapidjson::SizeType /*members*/) { return close(); }
  bool EndArray(rapidjson::SizeType /*items*/) { return close(); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    key_ = keep(text, size);
    if (has_surrogate(key_)) {
      return refuse("half a surrogate pair");
    }
    auto& object = open_.back();
    if (++object.members > kMaxJsonMembers) {
      return refuse("an object has more than 64 keys");
    }
    for (auto i = document_.nodes_[object.index].first_child; i != kNone;
         i = document_.nodes_[i].next_sibling) {
      if (document_.nodes_[i].key == key_) {
        return refuse("the key \"" + std::string(key_.substr(0, 40)) + "\" stands twice");
      }
    }
    return true;
  }
  bool Default() { return refuse("unexpected token"); }
  // NOLINTEND(readability-identifier-naming)

  JsonDocument take() { return std::move(document_); }
  const std::string& refusal() const { return refusal_; }

 private:
  struct Open {
    std::size_t index;
    std::size_t last_child = kNone;
    std::size_t members = 0;
  };

  bool refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }

  std::string_view keep(const char* text, std::size_t size) {
    char* const begin = next_;
    next_ = std::copy_n(text, size, next_);
    return {begin, size};
  }

  bool add_text(Kind kind, const char* text, std::size_t size) {
    Node node;
    node.kind = kind;
    node.text = keep(text, size);
    return add(node);
  }

  bool add(Node node) {
    const std::size_t index = document_.nodes_.size();
    if (!open_.empty()) {
      auto& parent = open_.back();
      node.key = document_.nodes_[parent.index].kind == Kind::object ? key_ : std::string_view{};
      if (parent.last_child == kNone) {
        document_.nodes_[parent.index].first_child = index;
      } else {
        document_.nodes_[parent.last_child].next_sibling = index;
      }
      parent.last_child = index;
    }
    document_.nodes_.push_back(node);
    return true;
  }

  bool open(Kind kind) {
    if (open_.size() == kMaxJsonDepth) {
      return refuse("nested deeper than 6");
    }
    Node node;
    node.kind = kind;
    add(node);
    open_.push_back({document_.nodes_.size() - 1});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonDocument document_;
  char* next_ = nullptr;
  std::string_view key_;
  std::vector<Open> open_;
  std::string refusal_;
};

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  if (text.size() <= kMaxJsonBytes) {
    if (auto plain = PlainReader::read(text)) {
      return std::move(*plain);
    }
  }
  return parse_strictly(text);
}

Result<JsonDocument> JsonDocument::parse_strictly(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    return Error{"", "larger than 65536 bytes"};
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return Error{"byte " + std::to_string(nul), "a NUL byte"};  // RapidJSON would end there
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Error{"byte 0", "a byte order mark"};
  }
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  Builder builder(text.size());
  rapidjson::Reader reader;
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    const auto& refusal = builder.refusal();
    return Error{"byte " + std::to_string(result.Offset()),
                 refusal.empty() ? rapidjson::GetParseError_En(result.Code()) : refusal};
  }
  return builder.take();
}

bool JsonValue::is_object() const {
  return document_->node(index_).kind == JsonDocument::Kind::object;
}
bool JsonValue::is_array() const {
  return document_->node(index_).kind == JsonDocument::Kind::array;
}
bool JsonValue::is_null() const {
  return document_->node(index_).kind == JsonDocument::Kind::null;
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  if (!is_object()) {
    return std::nullopt;
  }
  for (auto i = document_->node(index_).first_child; i != JsonDocument::kNone;
       i = document_->node(i).next_sibling) {
    if (document_->node(i).key == key) {
      return JsonValue(*document_, i);
    }
  }
  return std::nullopt;
}

std::vector<JsonValue> JsonValue::items() const {
  std::vector<JsonValue> values;
  if (is_array()) {
    for (auto i = document_->node(index_).first_child; i != JsonDocument::kNone;
         i = document_->node(i).next_sibling) {
      values.push_back(JsonValue(*document_, i));
    }
  }
  return values;
}

std::optional<std::string_view> JsonValue::text() const {
  const auto& node = document_->node(index_);
  return node.kind == JsonDocument::Kind::text ? std::optional(node.text) : std::nullopt;
}

std::optional<bool> JsonValue::boolean() const {
  const auto& node = document_->node(index_);
  return node.kind == JsonDocument::Kind::boolean ? std::optional(node.truth) : std::nullopt;
}

std::optional<std::int64_t> JsonValue::integer() const {
  const auto& node = document_->node(index_);
  return node.kind == JsonDocument::Kind::number ? parse_integer(node.text) : std::nullopt;
}

std::optional<double> JsonValue::number() const {
  const auto& node = document_->node(index_);
  return node.kind == JsonDocument::Kind::number ? parse_number(node.text) : std::nullopt;
}

std::optional<nanoseconds> JsonValue::ms() const {
  const auto& node = document_->node(index_);
  return node.kind == JsonDocument::Kind::number ? parse_ms(node.text) : std::nullopt;
}

std::optional<UtcTime> JsonValue::unix_time() const {
  constexpr std::int64_t kMaxUnixMs = 9'000'000'000'000;
  const auto ms = integer();
  return ms && *ms >= 0 && *ms <= kMaxUnixMs ? std::optional(utc_from_unix_ms(*ms)) : std::nullopt;
}

}  // namespace echomesh
