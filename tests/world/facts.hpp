/// What physically happened to an agent: what its links, sockets and loop went through. The oracle
/// judges by these alone, never by what the agent says of itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "proto/outcome.hpp"
#include "proto/time.hpp"
#include "tests/world/event_queue.hpp"
#include "tests/world/wire.hpp"

namespace echomesh::world {

struct LinkFact {
  enum class Kind { up, lost, failed };
  At at;
  Kind kind;
  MissCause cause = MissCause::timeout;  ///< of a failed attempt
  bool is_denied = false;                ///< up, but the subscription was refused
};
/// An echo was given to the connection that was up.
struct HandOver {
  At at;
  std::int64_t n;
};
/// An echo of ours came back on the link that it belongs to.
struct Reading {
  At arrived;  ///< at the kernel
  At read;
  std::int64_t n;
};
/// The broker told what it thinks of a QoS 1 echo.
struct Permission {
  At at;
  int reason;
};
/// An echo link, and what the agent heard of its region in any way.
struct PathFacts {
  std::vector<LinkFact> link;
  std::vector<HandOver> handed;
  std::vector<Reading> readings;
  std::vector<Permission> permissions;
  std::vector<At> heard;

  bool was_handed(std::int64_t n) const {
    return std::any_of(handed.rbegin(), handed.rend(),
                       [n](const auto& each) { return each.n == n; });
  }
};
/// Two turns of the loop with more than 500 ms between them.
struct LoopGap {
  At from;
  At to;
};
/// The loop could not run: stopped, starved or asleep.
struct LoopStop {
  At from;
  At to;
};
struct ReportFact {
  At at;
  std::size_t stream;
  std::int64_t seq;
  MessagePtr message;
};
struct StreamFact {
  At at;
  bool is_up;
};
/// The wall clock was stepped, or gains so much a second from here.
struct ClockFact {
  At at;
  nanoseconds step{0};
  std::int64_t ppm = 0;
};

/// Others were asked whether anybody is there.
struct AskFact {
  At at;
  std::vector<std::size_t> regions;  ///< none: the witnesses
};

struct RunFacts {
  std::size_t location = 0;
  At started;
  UtcTime started_utc;
  std::optional<At> stopped;
  bool has_kernel_time = true;
  std::vector<PathFacts> paths;                   ///< by region
  std::vector<std::vector<std::size_t>> streams;  ///< the regions that each reports on
  std::vector<std::vector<StreamFact>> stream_links;
  std::vector<LoopGap> gaps;
  std::vector<LoopStop> stops;
  std::vector<ClockFact> clock;  ///< the first at the start
  std::vector<ReportFact> reports;
  std::vector<AskFact> asked;
  std::vector<At> witnessed;  ///< a witness answered
};

}  // namespace echomesh::world
