/// The door: turns a message on a report topic into a report that may be believed, or names why
/// not.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "proto/aggregator_info.hpp"
#include "proto/names.hpp"
#include "proto/report.hpp"
#include "proto/time.hpp"
#include "proto/topics.hpp"

namespace echomesh::aggregator {

/// A report of the location that its topic names (the broker's ACL binds that to the user).
struct Admitted {
  LocationId location;
  Report report;
};

struct Refused {
  Refusal reason;
  std::string detail;  ///< for a log
};

/// Slots up to 48 h old may still change history.
constexpr std::chrono::hours kMaxReportAge{48};

class Intake {
 public:
  Intake(const Topics& topics, SlotWidth width) : filter_(topics.all_reports()), width_(width) {}

  std::variant<Admitted, Refused> admit(std::string_view topic, std::string_view payload,
                                        bool retained, Slot current) const;

 private:
  std::string filter_;
  SlotWidth width_;
};

}  // namespace echomesh::aggregator
