/// One thing in a payload that the contract does not allow: where it is, and which rule says so.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace echomesh::contract {

/// `pointer` is a JSON pointer into the payload (empty: the whole of it), `keyword` the JSON Schema
/// keyword or the name of the rule that failed.
struct Finding {
  std::string pointer;
  std::string keyword;
  std::string what;
};

class Findings {
 public:
  void add(std::string pointer, std::string keyword, std::string what) {
    all_.push_back({std::move(pointer), std::move(keyword), std::move(what)});
  }
  bool empty() const { return all_.empty(); }
  bool has(const std::string& keyword) const {
    for (const Finding& finding : all_) {
      if (finding.keyword == keyword) {
        return true;
      }
    }
    return false;
  }
  const std::vector<Finding>& all() const { return all_; }

 private:
  std::vector<Finding> all_;
};

}  // namespace echomesh::contract
