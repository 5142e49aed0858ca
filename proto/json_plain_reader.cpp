#include "proto/json_plain_reader.hpp"

#include <algorithm>
#include <utility>

namespace echomesh {
namespace {

/// What every number type holds; longer ones are the strict reader's.
constexpr std::ptrdiff_t kMaxPlainDigits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// By byte, what may stand in a text as it is.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte) {
    plain[byte] = byte != '"' && byte != '\\';
  }
  return plain;
}();

const char* skip_digits(const char* at) {
  while (is_digit(*at)) {
    ++at;
  }
  return at;
}

}  // namespace

JsonDocument::PlainReader::PlainReader(std::string_view text) {
  constexpr std::size_t kBytesANode = 10;
  constexpr std::size_t kMostAtOnce = 256;
  document_.nodes_.reserve(std::min(text.size() / kBytesANode + 1, kMostAtOnce));
  document_.characters_ = std::make_unique_for_overwrite<char[]>(text.size() + 1);
  char* const begin = document_.characters_.get();
  at_ = begin;
  char* const end = std::copy(text.begin(), text.end(), begin);
  *end = '\0';
  end_ = end;
}

std::optional<JsonDocument> JsonDocument::PlainReader::read(std::string_view text) {
  PlainReader reader(text);
  if (!reader.read_document()) {
    return std::nullopt;
  }
  return std::move(reader.document_);
}

bool JsonDocument::PlainReader::read_document() {
  skip_spaces();
  do {
    if (!read_value()) {
      return false;
    }
  } while (depth_ > 0);
  skip_spaces();
  return at_ == end_;
}

void JsonDocument::PlainReader::skip_spaces() {
  while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') {
    ++at_;
  }
}

bool JsonDocument::PlainReader::take(char c) {
  if (*at_ != c) {
    return false;
  }
  ++at_;
  return true;
}

bool JsonDocument::PlainReader::read_value() {
  Node node;
  switch (*at_) {
    case '{':
      return open(Kind::object) && (take('}') ? (--depth_, read_on()) : read_key());
    case '[':
      return open(Kind::array) && (!take(']') || (--depth_, read_on()));
    case '"':
      node.kind = Kind::text;
      if (!read_text(node.text)) {
        return false;
      }
      add(node);
      return read_on();
    case 't':
      node.kind = Kind::boolean;
      node.truth = true;
      return read_word("true", node);
    case 'f':
      node.kind = Kind::boolean;
      return read_word("false", node);
    case 'n':
      return read_word("null", node);
    default:
      return read_number();
  }
}

bool JsonDocument::PlainReader::read_on() {
  while (depth_ > 0) {
    skip_spaces();
    const bool is_object = document_.nodes_[open_[depth_ - 1].index].kind == Kind::object;
    if (take(',')) {
      skip_spaces();
      return !is_object || read_key();
    }
    if (!take(is_object ? '}' : ']')) {
      return false;
    }
    --depth_;
  }
  return true;
}

bool JsonDocument::PlainReader::read_key() {
  if (!read_text(key_) || ++open_[depth_ - 1].members > kMaxJsonMembers || is_duplicate(key_)) {
    return false;
  }
  skip_spaces();
  if (!take(':')) {
    return false;
  }
  skip_spaces();
  return true;
}

bool JsonDocument::PlainReader::is_duplicate(std::string_view key) const {
  for (auto i = document_.nodes_[open_[depth_ - 1].index].first_child; i != kNone;
       i = document_.nodes_[i].next_sibling) {
    if (document_.nodes_[i].key == key) {
      return true;
    }
  }
  return false;
}

bool JsonDocument::PlainReader::read_text(std::string_view& text) {
  if (!take('"')) {
    return false;
  }
  const char* const begin = at_;
  const char* past = begin;
  while (kIsPlain[static_cast<unsigned char>(*past)]) {
    ++past;
  }
  at_ = past;
  text = {begin, past};
  return take('"');
}

bool JsonDocument::PlainReader::read_number() {
  const char* const begin = at_;
  at_ += *at_ == '-' ? 1 : 0;
  const char* const whole = at_;
  at_ = skip_digits(at_);
  bool is_good = at_ != whole && (*whole != '0' || at_ - whole == 1);
  if (*at_ == '.') {
    const char* const fraction = ++at_;
    at_ = skip_digits(at_);
    is_good = is_good && at_ != fraction;
  }
  if (!is_good || at_ - begin > kMaxPlainDigits || *at_ == 'e' || *at_ == 'E') {
    return false;
  }
  Node node;
  node.kind = Kind::number;
  node.text = {begin, at_};
  add(node);
  return read_on();
}

bool JsonDocument::PlainReader::read_word(std::string_view word, Node node) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::string_view(at_, word.size()) != word) {
    return false;
  }
  at_ += word.size();
  add(node);
  return read_on();
}

bool JsonDocument::PlainReader::open(Kind kind) {
  if (depth_ == kMaxJsonDepth) {
    return false;
  }
  Node node;
  node.kind = kind;
  add(node);
  open_[depth_] = {document_.nodes_.size() - 1};
  ++depth_;
  ++at_;
  skip_spaces();
  return true;
}

void JsonDocument::PlainReader::add(Node node) {
  auto& nodes = document_.nodes_;
  if (depth_ > 0) {
    auto& parent = open_[depth_ - 1];
    if (nodes[parent.index].kind == Kind::object) {
      node.key = key_;
    }
    auto& link = parent.last_child == kNone ? nodes[parent.index].first_child
                                            : nodes[parent.last_child].next_sibling;
    link = parent.last_child = nodes.size();
  }
  nodes.push_back(node);
}

}  // namespace echomesh
