/// Where a mesh did not do what the rules demand.
#pragma once

#include <string>

namespace echomesh::world {

struct Violation {
  std::string place;  ///< location, region, slot, or a topic
  std::string expected;
  std::string got;
};

inline std::string to_text(const Violation& violation) {
  return violation.place + ": expected " + violation.expected + ", got " + violation.got;
}

}  // namespace echomesh::world
