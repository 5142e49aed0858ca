/// The outcomes of one slot, as one message from an agent to a report broker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/names.hpp"
#include "proto/outcome.hpp"
#include "proto/result.hpp"
#include "proto/time.hpp"

namespace echomesh {

/// Whose clock numbered the slot: the agent's own, or one checked against the aggregator's.
enum class SlotClock { own, checked };

struct Report {
  HexId epoch;
  HexId run;
  std::int64_t seq = 1;     ///< from 1 in each stream (location, report broker)
  std::int64_t oldest = 1;  ///< lower sequence numbers will never come
  Slot slot;
  std::chrono::milliseconds slot_width{5000};
  std::chrono::milliseconds limit{5000};
  UtcTime sent;
  SlotClock clock = SlotClock::own;
  std::vector<EchoEntry> echoes;

  bool operator==(const Report&) const = default;
};

constexpr std::size_t kMaxEchoesPerReport = 256;
/// A late echo is waited for up to 15 min; nobody speaks of a later one.
constexpr std::chrono::minutes kMaxLate{15};

std::string to_json(const Report& report);
/// The error names the key and what was expected.
Result<Report> parse_report(std::string_view payload);

}  // namespace echomesh
