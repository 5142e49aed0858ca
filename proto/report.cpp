#include "proto/report.hpp"

#include <optional>
#include <utility>

#include "proto/json_reader.hpp"
#include "proto/json_writer.hpp"

namespace echomesh {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMaxLimit{60'000};
constexpr milliseconds kMaxSlotWidth{60'000};
constexpr std::int64_t kMaxAddresses = 1'000;

void write_outcome(JsonWriter& json, const Outcome& outcome) {
  if (const auto* ok = std::get_if<Ok>(&outcome)) {
    json.ms_field("rtt_ms", ok->rtt.value);
  } else if (const auto* miss = std::get_if<Miss>(&outcome)) {
    json.text_field("miss", to_string(miss->cause));
  } else if (const auto* nothing = std::get_if<Void>(&outcome)) {
    json.text_field("void", to_string(nothing->cause));
  } else if (const auto* late = std::get_if<Late>(&outcome)) {
    json.ms_field("late_ms", late->after.value);
  }
}

void write_entry(JsonWriter& json, const EchoEntry& entry) {
  json.begin_object().text_field("region", entry.region.str());
  write_outcome(json, entry.outcome);
  if (entry.resent) {
    json.boolean_field("resent", true);
  }
  if (entry.addresses && entry.addresses_dead) {
    json.integer_field("addresses", std::int64_t{*entry.addresses});
    json.integer_field("addresses_dead", std::int64_t{*entry.addresses_dead});
  }
  json.end_object();
}

std::optional<HexId> hex_of(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value && value->text() ? HexId::parse(*value->text()) : std::nullopt;
}

std::optional<std::int64_t> integer_of(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value ? value->integer() : std::nullopt;
}

/// The one outcome of an entry; empty if there is none, more than one, or one out of range.
std::optional<Outcome> outcome_of(const JsonValue& entry, milliseconds limit) {
  std::optional<Outcome> outcome;
  int outcomes = 0;
  if (const auto rtt = entry.find("rtt_ms")) {
    ++outcomes;
    if (const auto ms = rtt->ms(); ms && *ms >= nanoseconds::zero() && *ms <= limit) {
      outcome = Ok{Rtt{*ms}};
    }
  }
  if (const auto miss = entry.find("miss")) {
    ++outcomes;
    if (const auto cause = miss_cause_from(miss->text().value_or(""))) {
      outcome = Miss{*cause};
    }
  }
  if (const auto nothing = entry.find("void")) {
    ++outcomes;
    if (const auto cause = void_cause_from(nothing->text().value_or(""))) {
      outcome = Void{*cause};
    }
  }
  if (const auto late = entry.find("late_ms")) {
    ++outcomes;
    if (const auto ms = late->ms(); ms && *ms >= nanoseconds::zero() && *ms <= kMaxLate) {
      outcome = Late{Rtt{*ms}};
    }
  }
  return outcomes == 1 ? outcome : std::nullopt;
}

/// Reads an optional count; false if it is there and no count.
bool read_count(const JsonValue& entry, std::string_view key, std::optional<std::uint32_t>& count) {
  const auto value = entry.find(key);
  if (!value) {
    return true;
  }
  const auto number = value->integer();
  if (!number || *number < 0 || *number > kMaxAddresses) {
    return false;
  }
  count = static_cast<std::uint32_t>(*number);
  return true;
}

Result<EchoEntry> parse_entry(const JsonValue& value, milliseconds limit) {
  const auto region = value.find("region");
  auto id = RegionId::parse(region && region->text() ? *region->text() : "");
  if (!id) {
    return Error{"region", id.error().what};
  }
  const auto outcome = outcome_of(value, limit);
  if (!outcome) {
    return Error{id->str(), "must have one of rtt_ms, miss, void and late_ms, in range"};
  }
  EchoEntry entry{std::move(id).value(), *outcome};
  if (const auto resent = value.find("resent")) {
    if (!resent->boolean()) {
      return Error{"resent", "must be true or false"};
    }
    entry.resent = *resent->boolean();
  }
  if (!read_count(value, "addresses", entry.addresses) ||
      !read_count(value, "addresses_dead", entry.addresses_dead)) {
    return Error{"addresses", "must be counts from 0 to 1000"};
  }
  if (!entry.addresses || !entry.addresses_dead || *entry.addresses_dead > *entry.addresses) {
    entry.addresses.reset();  // nonsense beside an outcome that stands
    entry.addresses_dead.reset();
  }
  return entry;
}

/// Everything but the echoes.
Result<Report> parse_head(const JsonValue& root) {
  Report report;
  const auto epoch = hex_of(root, "epoch");
  const auto run = hex_of(root, "run");
  const auto seq = integer_of(root, "seq");
  const auto oldest = integer_of(root, "oldest");
  if (!epoch || !run) {
    return Error{"epoch, run", "must be 16 lower-case hex digits each"};
  }
  if (!seq || !oldest || *seq < 1 || *oldest < 1) {
    return Error{"seq, oldest", "must be integers from 1 on"};
  }
  report.epoch = *epoch;
  report.run = *run;
  report.seq = *seq;
  report.oldest = *oldest;

  const auto slot = integer_of(root, "slot");
  const auto sent = root.find("sent_ms");
  if (!slot || !sent || !sent->unix_time()) {
    return Error{"slot, sent_ms", "must be integers, sent_ms a time from 1970 to 2255"};
  }
  report.slot = Slot{*slot};
  report.sent = *sent->unix_time();

  const auto width = integer_of(root, "slot_ms");
  const auto limit = integer_of(root, "limit_ms");
  if (!width || *width < 1 || *width > kMaxSlotWidth.count() || !limit || *limit < 1 ||
      *limit > kMaxLimit.count()) {
    return Error{"slot_ms, limit_ms", "must be integers from 1 to 60000"};
  }
  report.slot_width = milliseconds{*width};
  report.limit = milliseconds{*limit};

  const auto clock = root.find("clock");
  const auto word = clock ? clock->text().value_or("") : "";
  if (word != "own" && word != "checked") {
    return Error{"clock", "must be own or checked"};
  }
  report.clock = word == "own" ? SlotClock::own : SlotClock::checked;
  return report;
}

}  // namespace

std::string to_json(const Report& report) {
  JsonWriter json(512);
  json.begin_object()
      .text_field("epoch", to_string(report.epoch))
      .text_field("run", to_string(report.run))
      .integer_field("seq", report.seq)
      .integer_field("oldest", report.oldest)
      .integer_field("slot", report.slot.number)
      .integer_field("slot_ms", std::int64_t{report.slot_width.count()})
      .integer_field("limit_ms", std::int64_t{report.limit.count()})
      .integer_field("sent_ms", unix_ms(report.sent))
      .text_field("clock", report.clock == SlotClock::own ? "own" : "checked")
      .key("echoes")
      .begin_array();
  for (const auto& entry : report.echoes) {
    write_entry(json, entry);
  }
  json.end_array().end_object();
  return json.take();
}

Result<Report> parse_report(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  const auto root = document->root();
  auto head = parse_head(root);
  if (!head) {
    return head.error();
  }
  Report report = std::move(head).value();
  const auto echoes = root.find("echoes");
  if (!echoes || !echoes->is_array()) {
    return Error{"echoes", "must be an array"};
  }
  const auto items = echoes->items();
  if (items.size() > kMaxEchoesPerReport) {
    return Error{"echoes", "must have at most 256 entries, got " + std::to_string(items.size())};
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto entry = parse_entry(items[i], report.limit);
    if (!entry) {
      return Error{"echoes[" + std::to_string(i) + "]." + entry.error().where, entry.error().what};
    }
    report.echoes.push_back(std::move(entry).value());
  }
  return report;
}

}  // namespace echomesh
