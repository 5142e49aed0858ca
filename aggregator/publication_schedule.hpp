/// When each document of each path goes out: what changed soon, everything once a period, never
/// more of it than the broker is promised.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <queue>
#include <vector>

#include "proto/time.hpp"

namespace echomesh::aggregator {

using PathIndex = std::size_t;

/// What is published of a path, by how often.
enum class Document {
  numbers,   ///< rtt_ms and summary
  state,     ///< state
  timeline,  ///< timeline
  history    ///< rtt_24h
};
constexpr std::size_t kDocuments = 4;

/// So many paths are published a second at the most, however many there are.
constexpr std::int64_t kPathsPerSecond = 200;

/// max(`least`, paths / 200 s)
std::chrono::seconds paced(std::chrono::seconds least, std::size_t paths);

struct DueDocument {
  PathIndex path;
  Document document;
};

class PublicationSchedule {
 public:
  /// Makes a document due at `at`, or earlier if it is due earlier already.
  void request(PathIndex path, Document document, MonoTime at);
  /// Makes a document due at `at`, whatever was asked before.
  void set(PathIndex path, Document document, MonoTime at);
  /// The next that is due by `now`; it is due no more until asked for again.
  std::optional<DueDocument> take(MonoTime now);
  std::optional<MonoTime> next();
  /// Nothing is due any more.
  void clear();

 private:
  struct Entry {
    MonoTime at;
    PathIndex path;
    Document document;

    bool operator<(const Entry& other) const { return at > other.at; }  // the earliest on top
  };
  std::optional<MonoTime>& due(PathIndex path, Document document);
  /// Removes what was moved since it was queued.
  void drop_stale();

  std::vector<std::array<std::optional<MonoTime>, kDocuments>> due_;
  std::priority_queue<Entry> queue_;
};

}  // namespace echomesh::aggregator
