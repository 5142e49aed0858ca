#include "aggregator/slot_cell.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace echomesh::aggregator {
namespace {

constexpr double kLowestNs = 50e3;
constexpr double kHighestNs = 60e9;

double step() {
  static const double kStep = std::log(kHighestNs / kLowestNs) / (RttLevel::kLevels - 2);
  return kStep;
}

}  // namespace

RttLevel RttLevel::of(Rtt rtt) {
  const double ns = std::clamp(static_cast<double>(rtt.value.count()), kLowestNs, kHighestNs);
  return RttLevel(static_cast<std::uint16_t>(1 + std::lround(std::log(ns / kLowestNs) / step())));
}

nanoseconds RttLevel::value() const {
  return nanoseconds{std::llround(kLowestNs * std::exp((level_ - 1) * step()))};
}

SlotCell::SlotCell(Knowledge knowledge, RttLevel level, bool resent, bool slow)
    : bits_(static_cast<std::uint16_t>((static_cast<unsigned>(knowledge) << kKnowledgeShift) |
                                       level.number() | (resent ? unsigned{kResent} : 0U) |
                                       (slow ? unsigned{kSlow} : 0U))) {}

SlotCell SlotCell::of(const EchoEntry& entry, nanoseconds slow_from) {
  if (const auto* ok = std::get_if<Ok>(&entry.outcome)) {
    return {Knowledge::ok, RttLevel::of(ok->rtt), entry.resent, ok->rtt.value >= slow_from};
  }
  if (const auto* miss = std::get_if<Miss>(&entry.outcome)) {
    const auto first = static_cast<unsigned>(Knowledge::miss_timeout);
    return {static_cast<Knowledge>(first + static_cast<unsigned>(miss->cause)), RttLevel{},
            entry.resent, false};
  }
  if (const auto* nothing = std::get_if<Void>(&entry.outcome)) {
    const auto first = static_cast<unsigned>(Knowledge::void_stalled);
    return {static_cast<Knowledge>(first + static_cast<unsigned>(nothing->cause)), RttLevel{},
            entry.resent, false};
  }
  return {Knowledge::late, RttLevel{}, entry.resent, false};
}

SlotCell SlotCell::join(SlotCell other) const {
  const auto flags = static_cast<unsigned>(bits_) | other.bits_;
  return {std::max(knowledge(), other.knowledge()),
          RttLevel(std::max(level().number(), other.level().number())), (flags & kResent) != 0,
          (flags & kSlow) != 0};
}

std::optional<VoidCause> SlotCell::void_cause() const {
  if (knowledge() < Knowledge::void_stalled || knowledge() > Knowledge::void_unwitnessed) {
    return std::nullopt;
  }
  return static_cast<VoidCause>(static_cast<unsigned>(knowledge()) -
                                static_cast<unsigned>(Knowledge::void_stalled));
}

LocationState SlotCell::state() const {
  if (is_miss()) {
    return LocationState::inaccessible;
  }
  if (!is_ok()) {
    return LocationState::unknown;
  }
  return (bits_ & kSlow) != 0 ? LocationState::slow : LocationState::accessible;
}

std::string_view SlotCell::cause() const {
  if (const auto cause = void_cause()) {
    return to_string(*cause);
  }
  if (!is_miss()) {
    return {};
  }
  const auto miss = std::max(knowledge(), Knowledge::miss_timeout);  // late only: by timeout
  return to_string(static_cast<MissCause>(static_cast<unsigned>(miss) -
                                          static_cast<unsigned>(Knowledge::miss_timeout)));
}

}  // namespace echomesh::aggregator
