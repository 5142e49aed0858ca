/// Gathers the outcomes of a slot into as few reports as the contract allows: what is known within
/// 1 s of the tick goes out together (at once if all is known), the rest as it becomes known.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "proto/outcome.hpp"
#include "proto/time.hpp"

namespace echomesh::agent {

/// What one report will say.
struct SlotOutcomes {
  Slot slot;
  std::vector<EchoEntry> echoes;

  bool operator==(const SlotOutcomes&) const = default;
};

class ReportAssembler {
 public:
  /// REQUIRES: regions > 0, the number of outcomes that make a slot complete.
  explicit ReportAssembler(std::size_t regions) : regions_(regions) {}

  /// The echoes of `slot` are due now.
  void open(Slot slot, MonoTime due);
  /// One region's outcome; a late echo is told apart from the slot it belongs to.
  void add(Slot slot, EchoEntry entry);
  /// What is to be reported now, oldest slot first.
  std::vector<SlotOutcomes> take(MonoTime now);
  /// When take() has something that it has not now.
  std::optional<MonoTime> next_deadline() const;

 private:
  struct Gathering {
    Slot slot;
    MonoTime flush_at;
    std::size_t outcomes = 0;  ///< so far, reported or not
    std::vector<EchoEntry> echoes;
  };

  std::size_t regions_;
  std::deque<Gathering> slots_;  ///< oldest first; closed when complete
  std::vector<SlotOutcomes> late_;
};

}  // namespace echomesh::agent
