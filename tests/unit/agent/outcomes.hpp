/// Outcomes in short, and in words for the messages of failed checks.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/echo_tracker.hpp"
#include "proto/decimal.hpp"
#include "proto/outcome.hpp"

namespace echomesh::agent {

inline Outcome ok(nanoseconds rtt) {
  return Ok{Rtt{rtt}};
}
inline Outcome miss(MissCause cause) {
  return Miss{cause};
}
inline Outcome stalled() {
  return Void{VoidCause::stalled};
}
inline Outcome late(nanoseconds after) {
  return Late{Rtt{after}};
}

inline std::string in_words(const Outcome& outcome) {
  if (const auto* back = std::get_if<Ok>(&outcome)) {
    return "ok " + std::to_string(back->rtt.value.count()) + " ns";
  }
  if (const auto* missed = std::get_if<Miss>(&outcome)) {
    return "miss " + std::string(to_string(missed->cause));
  }
  if (const auto* nothing = std::get_if<Void>(&outcome)) {
    return "void " + std::string(to_string(nothing->cause));
  }
  return "late " + std::to_string(std::get<Late>(outcome).after.value.count()) + " ns";
}

inline std::string in_words(const Settled& settled) {
  return std::to_string(settled.slot.number) + " " + in_words(settled.outcome) +
         (settled.resent ? " resent" : "");
}

}  // namespace echomesh::agent

namespace doctest {

template <>
struct StringMaker<echomesh::agent::Settled> {
  static String convert(const echomesh::agent::Settled& settled) {
    return echomesh::agent::in_words(settled).c_str();
  }
};
template <>
struct StringMaker<std::optional<echomesh::agent::Settled>> {
  static String convert(const std::optional<echomesh::agent::Settled>& settled) {
    return settled ? echomesh::agent::in_words(*settled).c_str() : "nothing";
  }
};
template <>
struct StringMaker<std::vector<echomesh::agent::Settled>> {
  static String convert(const std::vector<echomesh::agent::Settled>& all) {
    std::string text = "[";
    for (const auto& settled : all) {
      text += (text.size() > 1 ? ", " : "") + echomesh::agent::in_words(settled);
    }
    return (text + "]").c_str();
  }
};

}  // namespace doctest
