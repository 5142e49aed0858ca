/// Keeps the reports of one stream (this location, one report broker) until the broker has
/// acknowledged them, and says which may go out next: the newest first, a few at a time.
///
/// In memory, bounded: the oldest is dropped first and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "agent/report_assembler.hpp"

namespace echomesh::agent {

/// An hour of reports at one a slot of 5 s; some 100 KiB a stream.
constexpr std::size_t kMaxSpooledReports = 720;
/// Mosquitto's receive maximum: more would wait in the library, where nobody counts them.
constexpr std::size_t kMaxUnacknowledged = 20;

struct SpooledReport {
  std::int64_t seq = 0;
  SlotOutcomes outcomes;
};

class Spool {
 public:
  /// Keeps a report under the next sequence number (from 1).
  void push(SlotOutcomes outcomes);
  /// The next report to publish, newest first so that what is live never waits behind a backlog;
  /// none if all are out or the window is full. It counts as out from then on.
  std::optional<SpooledReport> take_next();
  /// The connection would not take it after all.
  void not_taken(std::int64_t seq);
  /// The broker has it. `accepted` false: it refused it for good, and the loss is counted.
  void acknowledged(std::int64_t seq, bool accepted);
  /// The connection is gone: what was out and not acknowledged goes out again.
  void connection_lost();

  std::size_t size() const { return reports_.size(); }
  std::int64_t dropped() const { return dropped_; }

 private:
  struct Kept {
    SpooledReport report;
    bool is_out = false;
  };

  std::deque<Kept>::iterator find(std::int64_t seq);

  std::deque<Kept> reports_;  ///< by seq
  std::size_t out_ = 0;
  std::int64_t next_seq_ = 1;
  std::int64_t dropped_ = 0;
};

}  // namespace echomesh::agent
