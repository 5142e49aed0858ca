#include "tests/contract/json_text.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <set>
#include <vector>

namespace echomesh::contract {
namespace {

class Scanner : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Scanner> {
 public:
  Scanner(NumberTexts& numbers, Findings& findings) : numbers_(numbers), findings_(findings) {}

  bool Default() {
    next_element();
    return true;
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    next_element();
    const std::string number(text, length);
    if (number.find_first_of("eE") != std::string::npos) {
      findings_.add(path_, "number-format", "no exponents, got " + number.substr(0, 40));
    } else if (number.size() > kMaxNumberChars) {
      findings_.add(path_, "number-format", "at most 24 characters, got " + number.substr(0, 40));
    } else if (number.find_first_of("123456789") == std::string::npos && number.front() == '-') {
      findings_.add(path_, "number-format", "zero has no sign, got " + number);
    }
    numbers_.insert_or_assign(path_, number);
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    next_element();
    if (std::string_view(text, length).find('\0') != std::string_view::npos) {
      findings_.add(path_, "nul", "a string must not contain U+0000");
    }
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    Frame& frame = frames_.back();
    const std::string key(text, length);
    path_.resize(frame.path_size);
    path_ += '/' + escaped(key);
    if (key.find('\0') != std::string::npos) {
      findings_.add(path_, "nul", "a key must not contain U+0000");
    }
    if (!frame.keys.insert(key).second) {
      findings_.add(path_, "duplicate-key", "each key once");
    }
    return true;
  }
  bool StartObject() { return open(false); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(true); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  struct Frame {
    bool is_array;
    std::size_t path_size;
    std::size_t index = 0;
    std::set<std::string> keys = {};
  };

  static std::string escaped(const std::string& key) {
    std::string result;
    for (const char c : key) {
      result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return result;
  }

  /// In an array, each value moves the path on to its own index.
  void next_element() {
    if (!frames_.empty() && frames_.back().is_array) {
      path_.resize(frames_.back().path_size);
      path_ += '/' + std::to_string(frames_.back().index++);
    }
  }
  bool open(bool is_array) {
    next_element();
    frames_.push_back({is_array, path_.size()});
    if (frames_.size() > kMaxDepth) {
      findings_.add(path_, "depth", "at most " + std::to_string(kMaxDepth) + " levels");
      return false;
    }
    return true;
  }
  bool close() {
    path_.resize(frames_.back().path_size);
    frames_.pop_back();
    return true;
  }

  NumberTexts& numbers_;
  Findings& findings_;
  std::vector<Frame> frames_;
  std::string path_;
};

}  // namespace

NumberTexts scan_json(std::string_view text, Findings& findings) {
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  NumberTexts numbers;
  Scanner scanner(numbers, findings);
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> utf8(bytes);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(utf8, scanner);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    findings.add("", "parse", "must not begin with a byte order mark");
  }
  if (result.IsError() && result.Code() != rapidjson::kParseErrorTermination) {
    findings.add("", "parse",
                 std::string(rapidjson::GetParseError_En(result.Code())) + " At byte " +
                     std::to_string(result.Offset()) + ".");
  }
  return numbers;
}

std::size_t decimals(std::string_view number) {
  const std::size_t point = number.find('.');
  return point == std::string_view::npos ? 0 : number.size() - point - 1;
}

}  // namespace echomesh::contract
