#include "proto/connect_plan.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace echomesh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The next address of a name joins so soon: a dead first one costs no more (RFC 8305, 8).
constexpr milliseconds kNextAddress{250};
/// Fresh attempts start so often while nothing answers.
constexpr seconds kFresh{1};
/// A broker that refuses us will hardly change its mind within a slot.
constexpr seconds kAfterRefusal{5};
/// From TCP to SUBACK.
constexpr seconds kHandshake{5};
/// A SYN of then has been repeated three times; fresh ones have long taken its place.
constexpr seconds kMaxUnanswered{8};
/// A link that was up for less is not reconnected at once: two parties may be fighting for it.
constexpr seconds kStable{2};
/// Links that lost one broker together come back spread over so much.
constexpr milliseconds kSpread{100};
constexpr std::size_t kMaxTrying = 8;

}  // namespace

nanoseconds ConnectPlan::jitter(nanoseconds up_to) {
  random_ += 0x9e3779b97f4a7c15ULL;  // splitmix64
  std::uint64_t bits = random_;
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
  bits ^= bits >> 31U;
  return nanoseconds{static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(up_to.count()))};
}

void ConnectPlan::start(MonoTime now) {
  begin_round(now);
  woke(now);
}

/// The first attempt of the round is due at `at`; the name is looked up again meanwhile.
void ConnectPlan::begin_round(MonoTime at) {
  untried_ = addresses_;
  next_attempt_ = at;
}

void ConnectPlan::resolved(std::size_t addresses, MonoTime now) {
  assert(addresses > 0);
  is_resolving_ = false;
  if (addresses != addresses_) {
    const bool is_first = addresses_ == 0;
    addresses_ = addresses;
    next_address_ = 0;
    untried_ = addresses;
    if (is_first && !winner_ && !up_since_) {
      are_fresh_ = true;
      next_attempt_ = now;
    }
  }
  woke(now);
}

void ConnectPlan::not_resolved(MonoTime now) {
  is_resolving_ = false;
  if (addresses_ == 0) {
    begin_round(now + kFresh + jitter(kSpread));
  }
}

void ConnectPlan::attempt(MonoTime now) {
  if (untried_ == 0) {
    untried_ = addresses_;
  }
  const bool needs_no_answer = std::exchange(are_fresh_, false);
  if (untried_ == addresses_ && !needs_no_answer && !std::exchange(is_resolving_, true)) {
    actions_.push_back(Resolve{});
  }
  if (addresses_ == 0) {
    next_attempt_.reset();  // resolved() or not_resolved() goes on
    return;
  }
  if (trying_.size() == kMaxTrying) {
    actions_.push_back(Abandon{trying_.front().id, false});
    trying_.erase(trying_.begin());
  }
  const Trying fresh{next_id_++, next_address_, now};
  trying_.push_back(fresh);
  actions_.push_back(Attempt{fresh.id, fresh.address});
  next_address_ = (next_address_ + 1) % addresses_;
  --untried_;
  next_attempt_ = now + (untried_ > 0 ? nanoseconds{kNextAddress} : kFresh + jitter(kSpread));
}

void ConnectPlan::abandon_all(std::optional<AttemptId> but) {
  for (const auto& trying : trying_) {
    if (trying.id != but) {
      actions_.push_back(Abandon{trying.id, false});
    }
  }
  trying_.clear();
}

void ConnectPlan::connected(AttemptId id, MonoTime now) {
  const auto found = std::find_if(trying_.begin(), trying_.end(),
                                  [id](const auto& trying) { return trying.id == id; });
  if (found == trying_.end()) {
    return;
  }
  winner_ = *found;
  deadline_ = now + kHandshake;
  next_attempt_.reset();
  abandon_all(id);
}

void ConnectPlan::up(AttemptId id, MonoTime now) {
  if (!winner_ || winner_->id != id) {
    return;
  }
  if (winner_->address < addresses_) {  // fewer may be known by now
    next_address_ = winner_->address;   // what worked is tried first next time
  }
  deadline_.reset();
  up_since_ = now;
}

void ConnectPlan::failed(AttemptId id, AttemptEnd end, MonoTime now) {
  const auto found = std::find_if(trying_.begin(), trying_.end(),
                                  [id](const auto& trying) { return trying.id == id; });
  Trying ended{};
  if (found != trying_.end()) {
    ended = *found;
    trying_.erase(found);
  } else if (winner_ && winner_->id == id && !up_since_) {
    ended = *winner_;
    winner_.reset();
    deadline_.reset();
  } else {
    return;
  }
  const MonoTime again =
      ended.started + (end == AttemptEnd::refused ? kAfterRefusal : kFresh) + jitter(kSpread);
  next_attempt_ = untried_ > 0 ? now : std::max(now, again);
}

void ConnectPlan::lost(MonoTime now) {
  if (!up_since_) {
    return;
  }
  const bool was_stable = now - *up_since_ >= kStable;
  winner_.reset();
  up_since_.reset();
  begin_round(now + (was_stable ? nanoseconds{0} : kFresh) + jitter(kSpread));
}

void ConnectPlan::woke(MonoTime now) {
  if (deadline_ && *deadline_ <= now) {
    const auto overdue = *winner_;
    actions_.push_back(Abandon{overdue.id, true});
    winner_.reset();
    deadline_.reset();
    next_attempt_ = now;
  }
  for (auto& trying : trying_) {
    if (!trying.is_told_unanswered && now - trying.started >= kFresh) {
      trying.is_told_unanswered = true;
      actions_.push_back(Unanswered{trying.id});
    }
  }
  while (!trying_.empty() && now - trying_.front().started >= kMaxUnanswered) {
    actions_.push_back(Abandon{trying_.front().id, false});
    trying_.erase(trying_.begin());
  }
  if (next_attempt_ && *next_attempt_ <= now && !winner_) {
    attempt(now);
  }
}

std::vector<PlanAction> ConnectPlan::take_actions() {
  return std::exchange(actions_, {});
}

std::optional<MonoTime> ConnectPlan::next_wakeup() const {
  std::optional<MonoTime> next = next_attempt_;
  const auto sooner = [&next](MonoTime at) { next = std::min(next.value_or(at), at); };
  if (deadline_) {
    sooner(*deadline_);
  }
  for (const auto& trying : trying_) {
    sooner(trying.started + (trying.is_told_unanswered ? kMaxUnanswered : kFresh));
  }
  return next;
}

}  // namespace echomesh
