#include "tests/contract/written_form.hpp"

#include <rapidjson/pointer.h>

#include <optional>
#include <string>
#include <string_view>

namespace echomesh::contract {
namespace {

using rapidjson::Value;

constexpr std::size_t kMsDecimals = 3;
constexpr std::size_t kPctDecimals = 5;

class Walk {
 public:
  Walk(const Value& root, const NumberTexts& numbers, Findings& findings)
      : root_(root), numbers_(numbers), findings_(findings) {}

  /// `schema` may be null: nothing is said of this value.
  void value(const Value* schema, const Value& value, const std::string& path,
             std::string_view key) {
    schema = schema == nullptr ? nullptr : resolve(root_, *schema);
    if (value.IsNumber()) {
      number(schema, path, key);
    } else if (value.IsArray()) {
      for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
        this->value(element_schema(schema, i), value[i], path + '/' + std::to_string(i), key);
      }
    } else if (value.IsObject()) {
      object(schema, value, path);
    }
  }

 private:
  static const Value* member(const Value* of, const char* name) {
    if (of == nullptr || !of->IsObject()) {
      return nullptr;
    }
    const auto found = of->FindMember(name);
    return found == of->MemberEnd() ? nullptr : &found->value;
  }

  static const Value* element_schema(const Value* schema, rapidjson::SizeType i) {
    const Value* items = member(schema, "items");
    if (items != nullptr && items->IsArray()) {
      return i < items->Size() ? &(*items)[i] : nullptr;
    }
    return items;
  }

  void number(const Value* schema, const std::string& path, std::string_view key) {
    std::optional<std::size_t> most;
    if (const Value* asked = member(schema, "x-decimals")) {
      most = asked->GetUint();
    } else if (key.ends_with("_ms")) {
      most = kMsDecimals;
    } else if (key.ends_with("_pct")) {
      most = kPctDecimals;
    }
    const auto text = numbers_.find(path);
    if (most && text != numbers_.end() && decimals(text->second) > *most) {
      findings_.add(path, "decimals",
                    "at most " + std::to_string(*most) + " decimals, got " + text->second);
    }
  }

  void object(const Value* schema, const Value& object, const std::string& path) {
    const Value* properties = member(schema, "properties");
    const Value* others = member(schema, "additionalProperties");
    std::optional<std::ptrdiff_t> last;
    for (const auto& [name, value] : object.GetObject()) {
      const std::string_view key(name.GetString(), name.GetStringLength());
      const std::string at = path + '/' + std::string(key);
      const Value* property = nullptr;
      if (properties != nullptr) {
        const auto found = properties->FindMember(name);
        if (found != properties->MemberEnd()) {
          property = &found->value;
          const std::ptrdiff_t place = found - properties->MemberBegin();
          if (last && place < *last) {
            findings_.add(at, "key-order", "keys must stand in the order of the schema");
          }
          last = place;
        }
      }
      if (property == nullptr && others == nullptr) {
        findings_.add(at, "undocumented", "the schema does not name this key");
      }
      this->value(property == nullptr ? others : property, value, at, key);
    }
  }

  const Value& root_;
  const NumberTexts& numbers_;
  Findings& findings_;
};

}  // namespace

const Value* resolve(const Value& root, const Value& schema) {
  if (!schema.IsObject()) {
    return &schema;
  }
  const auto reference = schema.FindMember("$ref");
  if (reference == schema.MemberEnd()) {
    return &schema;
  }
  return rapidjson::Pointer(reference->value.GetString()).Get(root);
}

void check_written_form(const Value& schema, const Value& document, const NumberTexts& numbers,
                        Findings& findings) {
  Walk(schema, numbers, findings).value(&schema, document, "", "");
}

}  // namespace echomesh::contract
