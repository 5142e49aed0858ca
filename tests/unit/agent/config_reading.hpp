/// Reads settings of an agent, and says what came of it as texts that can be compared.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "agent/config.hpp"

namespace doctest {

template <>
struct StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& texts) {
    std::string lines;
    for (const auto& text : texts) {
      lines += "\n    " + text;
    }
    return lines.c_str();
  }
};

}  // namespace doctest

namespace echomesh::agent {

using Texts = std::vector<std::string>;

inline ConfigReading read(const std::string& text) {
  return read_config(text, "a.toml");
}

inline Texts mistakes_of(const std::string& text) {
  const auto reading = read(text);
  CHECK(reading.config.has_value() == reading.mistakes.empty());
  Texts mistakes;
  for (const auto& mistake : reading.mistakes) {
    mistakes.push_back(to_string(mistake));
  }
  return mistakes;
}

inline std::string with_regions(const Texts& ids, const std::string& head = "location = \"x\"\n") {
  std::string text = head;
  for (const auto& id : ids) {
    text += "[[region]]\nid = \"" + id + "\"\nurl = \"mqtt://" + id + ".example\"\n";
  }
  return text;
}

/// `eu>us,ap us>eu,ap`
inline std::string report_brokers(const ConfigReading& reading) {
  REQUIRE(reading.config);
  std::string text;
  for (const auto& region : reading.config->regions) {
    text += (text.empty() ? "" : " ") + region.id.str();
    for (std::size_t i = 0; i < region.report_to.size(); ++i) {
      text += (i == 0 ? ">" : ",") + region.report_to[i].str();
    }
  }
  return text;
}

}  // namespace echomesh::agent
