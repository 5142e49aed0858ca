/// What goes wrong in a world, when, where and for how long; as a list of lines that can be read,
/// written and run again.
///
///   at 605s hole tokyo eu for 60s
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/result.hpp"
#include "tests/world/event_queue.hpp"
#include "tests/world/mesh_plan.hpp"

namespace echomesh::world {

/// `where` is a location, a region, both or nothing; `*` stands for all of them.
struct Fault {
  enum class Kind {
    hole,                ///< location region: packets are lost both ways
    hole_up,             ///< location region: from the location only
    hole_down,           ///< location region: to the location only
    freeze,              ///< location region: held, and let go at the end
    slow,                ///< location region: `value` ns more, each way
    lossy,               ///< location region: `value` percent lost
    reset,               ///< location region: its connections are reset
    cut,                 ///< location: from everything, witnesses too
    kill,                ///< region: broker killed, started again, retained kept
    kill_empty,          ///< region: as kill, retained forgotten
    stop,                ///< region: broker stopped (SIGSTOP)
    refuse,              ///< region: CONNACK says no; its connections are reset
    deny_subscriptions,  ///< region: SUBACK says no; its connections are reset
    deny_publications,   ///< region: PUBACK says no; its connections are reset
    no_name,             ///< location region: name not found
    hung_name,           ///< location region: resolver does not answer
    stall,               ///< location: loop does not run; then sockets are read first
    stall_timers_first,  ///< location: as stall, the core is woken first
    suspend,             ///< location: asleep, its boot time runs on
    step,                ///< location: wall clock set by `value` ns
    slew,                ///< location: wall clock gains `value` ppm
    restart,             ///< location: agent killed, started again
    restart_aggregator,  ///< region: that of its broker
    forge,               ///< location region: a message that is no echo in flight, kind `value`
    dead_witness,        ///< all witnesses: nothing answers
  };
  Kind kind = Kind::hole;
  At at;
  nanoseconds lasts{0};
  std::optional<std::size_t> location = std::nullopt;  ///< none: all
  std::optional<std::size_t> region = std::nullopt;    ///< none: all
  std::int64_t value = 0;

  At end() const { return at + lasts; }
};

/// What a kind of fault is about.
struct FaultShape {
  Fault::Kind kind;
  std::string_view word;
  bool has_location;
  bool has_region;
  bool lasts;
  enum class Value { none, duration, number } value;
};
const FaultShape& shape_of(Fault::Kind kind);

std::string to_text(const Fault& fault, const MeshPlan& mesh);
/// The line after `at`; the error says which word was not understood.
Result<Fault> parse_fault(std::string_view line, const MeshPlan& mesh);

/// `90s`, `250ms`, `1h25m5s`, `5s1ns`, with an optional sign.
std::optional<nanoseconds> parse_duration(std::string_view text);
std::string duration_text(nanoseconds duration);

}  // namespace echomesh::world
