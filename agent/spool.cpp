#include "agent/spool.hpp"

#include <algorithm>
#include <utility>

namespace echomesh::agent {

void Spool::push(SlotOutcomes outcomes) {
  if (reports_.size() == kMaxSpooledReports) {
    out_ -= reports_.front().is_out ? 1U : 0U;
    reports_.pop_front();
    ++dropped_;
  }
  reports_.push_back({{next_seq_++, std::move(outcomes)}, false});
}

std::optional<SpooledReport> Spool::take_next() {
  if (out_ >= kMaxUnacknowledged) {
    return std::nullopt;
  }
  const auto kept = std::find_if(reports_.rbegin(), reports_.rend(),
                                 [](const auto& candidate) { return !candidate.is_out; });
  if (kept == reports_.rend()) {
    return std::nullopt;
  }
  kept->is_out = true;
  ++out_;
  return kept->report;
}

std::deque<Spool::Kept>::iterator Spool::find(std::int64_t seq) {
  const auto kept = std::lower_bound(
      reports_.begin(), reports_.end(), seq,
      [](const Kept& report, std::int64_t value) { return report.report.seq < value; });
  return kept != reports_.end() && kept->report.seq == seq ? kept : reports_.end();
}

void Spool::not_taken(std::int64_t seq) {
  if (const auto kept = find(seq); kept != reports_.end() && kept->is_out) {
    kept->is_out = false;
    --out_;
  }
}

void Spool::acknowledged(std::int64_t seq, bool accepted) {
  const auto kept = find(seq);
  if (kept == reports_.end()) {
    return;
  }
  out_ -= kept->is_out ? 1U : 0U;
  dropped_ += accepted ? 0 : 1;
  reports_.erase(kept);
}

void Spool::connection_lost() {
  for (auto& kept : reports_) {
    kept.is_out = false;
  }
  out_ = 0;
}

}  // namespace echomesh::agent
