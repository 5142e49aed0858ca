/// All that is known of one path in one slot, as a value that joins.
///
///   nothing < late < void stalled < blind < unwitnessed < ok < miss timeout < ... < denied
///
/// The join takes the greater knowledge, the larger RTT and every flag: it is commutative,
/// associative and idempotent, so the order and repetition of reports cannot matter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/outcome.hpp"
#include "proto/states.hpp"
#include "proto/time.hpp"

namespace echomesh::aggregator {

/// RTT on a log scale of 1,023 levels from 50 us to 60 s, 0.7 % off at most; 0 is none.
class RttLevel {
 public:
  static constexpr std::uint16_t kLevels = 1024;

  RttLevel() = default;
  explicit RttLevel(std::uint16_t level) : level_(level) {}
  static RttLevel of(Rtt rtt);

  std::uint16_t number() const { return level_; }
  /// The middle of the level. REQUIRES: number() > 0
  nanoseconds value() const;

 private:
  std::uint16_t level_ = 0;
};

class SlotCell {
 public:
  SlotCell() = default;
  /// What one entry of a report says; `slow_from` is the RTT from which ok is slow.
  static SlotCell of(const EchoEntry& entry, nanoseconds slow_from);

  SlotCell join(SlotCell other) const;

  bool is_known() const { return knowledge() != Knowledge::nothing; }
  bool is_ok() const { return knowledge() == Knowledge::ok; }
  bool is_miss() const { return knowledge() > Knowledge::ok || knowledge() == Knowledge::late; }
  bool is_resent() const { return (bits_ & kResent) != 0; }
  std::optional<VoidCause> void_cause() const;
  LocationState state() const;
  /// Why it is inaccessible, or void; empty otherwise.
  std::string_view cause() const;
  /// The same state and the same cause.
  bool looks_like(SlotCell other) const { return look() == other.look(); }
  /// The RTT that figures may use: none unless ok and never resent.
  RttLevel rtt() const { return is_ok() && !is_resent() ? level() : RttLevel{}; }

  bool operator==(const SlotCell&) const = default;

 private:
  enum class Knowledge : std::uint16_t {
    nothing,
    late,
    void_stalled,
    void_blind,
    void_unwitnessed,
    ok,
    miss_timeout,
    miss_lost,
    miss_connect,
    miss_dns,
    miss_tls,
    miss_refused,
    miss_denied
  };
  static constexpr std::uint16_t kLevelMask = 0x03FF;
  static constexpr std::uint16_t kResent = 0x0400;
  static constexpr std::uint16_t kSlow = 0x0800;
  static constexpr unsigned kKnowledgeShift = 12;

  SlotCell(Knowledge knowledge, RttLevel level, bool resent, bool slow);
  /// A number for each pair of state and cause.
  unsigned look() const {
    const auto known = knowledge() == Knowledge::late ? Knowledge::miss_timeout : knowledge();
    return 2 * static_cast<unsigned>(known) +
           (known == Knowledge::ok && (bits_ & kSlow) != 0 ? 1U : 0U);
  }
  Knowledge knowledge() const { return static_cast<Knowledge>(bits_ >> kKnowledgeShift); }
  RttLevel level() const { return RttLevel(static_cast<std::uint16_t>(bits_ & kLevelMask)); }

  std::uint16_t bits_ = 0;
};

}  // namespace echomesh::aggregator
