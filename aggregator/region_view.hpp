/// A region as the aggregator shows it: the verdict of now, held still while the aggregator has
/// only just begun to listen.
#pragma once

#include <chrono>
#include <optional>

#include "aggregator/config.hpp"
#include "aggregator/scope.hpp"
#include "aggregator/verdict.hpp"
#include "proto/region_summary.hpp"
#include "proto/stamp.hpp"
#include "proto/states.hpp"
#include "proto/time.hpp"

namespace echomesh::aggregator {

/// A state published longer ago is not held on to.
constexpr std::chrono::seconds kMaxHeldAge{60};

class RegionView {
 public:
  RegionView(KnownRegion known, std::size_t groups) : known_(std::move(known)), ballot_(groups) {}

  const RegionId& id() const { return known_.id; }
  Ballot& ballot() { return ballot_; }
  RegionState state() const { return state_; }

  /// A summary of this region was found retained: what an earlier run published last.
  void found_retained(const RegionGlance& glance);
  /// Nothing is heard from now on: silence is ours, and judges nobody.
  void freeze() { held_ = true; }
  /// The state stays as published last, if that is young enough, until release().
  void hold(UtcTime now);
  void release() { held_ = false; }
  /// Judges anew; true if the state changed.
  bool refresh(const VerdictPolicy& policy, UtcTime now);

  /// Counts as published.
  RegionSummary summary(const Views& views, std::int64_t blind, bool self_reported, Stamp stamp);

 private:
  bool show(RegionState state, UtcTime since);

  KnownRegion known_;
  Ballot ballot_;
  RegionState state_ = RegionState::unknown;
  std::optional<UtcTime> since_;
  std::optional<UtcTime> published_;
  bool held_ = true;
};

}  // namespace echomesh::aggregator
