#include "aggregator/intake.hpp"

#include <utility>

#include "aggregator/path_history.hpp"
#include "proto/json_reader.hpp"

namespace echomesh::aggregator {

std::variant<Admitted, Refused> Intake::admit(std::string_view topic, std::string_view payload,
                                              bool retained, Slot current) const {
  auto location = LocationId::parse(Topics::wildcard_level(filter_, topic).value_or(""));
  if (!location) {
    return Refused{Refusal::location, location.error().what};
  }
  if (retained) {
    return Refused{Refusal::retained, "a report must not be retained"};
  }
  if (payload.size() > kMaxJsonBytes) {
    return Refused{Refusal::size, std::to_string(payload.size()) + " bytes"};
  }
  auto report = parse_report(payload);
  if (!report) {
    return Refused{Refusal::json, to_string(report.error())};
  }
  if (report->slot_width != width_.value) {
    return Refused{Refusal::slot_ms, "slots of " + std::to_string(report->slot_width.count()) +
                                         " ms in a mesh of " +
                                         std::to_string(width_.value.count()) + " s"};
  }
  if (report->slot > current + kFutureSlots ||
      report->slot < current - kMaxReportAge / width_.value) {
    return Refused{Refusal::slot, "slot " + std::to_string(report->slot.number) + " at slot " +
                                      std::to_string(current.number)};
  }
  return Admitted{std::move(location).value(), std::move(report).value()};
}

}  // namespace echomesh::aggregator
