#include "aggregator/publication_schedule.hpp"

#include <algorithm>

namespace echomesh::aggregator {

std::chrono::seconds paced(std::chrono::seconds least, std::size_t paths) {
  const auto spread = (static_cast<std::int64_t>(paths) + kPathsPerSecond - 1) / kPathsPerSecond;
  return std::max(least, std::chrono::seconds{spread});
}

std::optional<MonoTime>& PublicationSchedule::due(PathIndex path, Document document) {
  if (path >= due_.size()) {
    due_.resize(path + 1);
  }
  return due_[path].at(static_cast<std::size_t>(document));
}

void PublicationSchedule::request(PathIndex path, Document document, MonoTime at) {
  const auto planned = due(path, document);
  if (!planned || at < *planned) {
    set(path, document, at);
  }
}

void PublicationSchedule::set(PathIndex path, Document document, MonoTime at) {
  auto& planned = due(path, document);
  if (planned != at) {
    planned = at;
    queue_.push({at, path, document});
  }
}

void PublicationSchedule::drop_stale() {
  while (!queue_.empty() && due(queue_.top().path, queue_.top().document) != queue_.top().at) {
    queue_.pop();
  }
}

std::optional<DueDocument> PublicationSchedule::take(MonoTime now) {
  drop_stale();
  if (queue_.empty() || queue_.top().at > now) {
    return std::nullopt;
  }
  const Entry entry = queue_.top();
  queue_.pop();
  due(entry.path, entry.document).reset();
  return DueDocument{entry.path, entry.document};
}

std::optional<MonoTime> PublicationSchedule::next() {
  drop_stale();
  return queue_.empty() ? std::nullopt : std::optional(queue_.top().at);
}

void PublicationSchedule::clear() {
  due_.clear();
  queue_ = {};
}

}  // namespace echomesh::aggregator
