#include "agent/echo_tracker.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

#include "proto/report.hpp"

namespace echomesh::agent {
namespace {

/// What the kernel stamped by the limit has reached the socket so much later.
constexpr std::chrono::milliseconds kDeliveryGrace{1};
/// A connection that breaks this shortly before the limit was broken by what held the echo up
/// (TCP_USER_TIMEOUT is as long as the limit).
constexpr std::chrono::milliseconds kLostBefore{100};

template <class Echoes>
auto find_number(Echoes& echoes, std::int64_t n) {
  return std::find_if(echoes.begin(), echoes.end(), [n](const auto& echo) { return echo.n == n; });
}

}  // namespace

void EchoTracker::link_up(bool subscription_denied) {
  link_up_ = true;
  permission_known_ = false;
  subscription_denied_ = subscription_denied;
  publish_denied_ = false;
  latest_failure_.reset();
}

void EchoTracker::link_lost(MonoTime now, MissCause cause) {
  link_up_ = false;
  latest_failure_ = cause;
  awaited_.clear();
  for (auto& echo : in_flight_) {
    if (echo.with_connection) {
      echo.with_connection = false;
      echo.lost_at = now;
    }
  }
}

void EchoTracker::due(std::int64_t n, Slot slot, MonoTime due) {
  assert(in_flight_.empty() || in_flight_.back().n < n);
  InFlight echo;
  echo.n = n;
  echo.slot = slot;
  echo.due = due;
  echo.limit_at = due + limit_;
  echo.resent = !link_up_;
  in_flight_.push_back(echo);
}

std::vector<Unsent> EchoTracker::take_unsent(MonoTime now) {
  std::vector<Unsent> unsent;
  if (!link_up_) {
    return unsent;
  }
  for (auto& echo : in_flight_) {
    if (!echo.with_connection && now <= echo.limit_at) {
      echo.with_connection = true;
      echo.resent = echo.resent || echo.was_published;
      unsent.push_back({echo.n, !permission_known_});
    }
  }
  return unsent;
}

void EchoTracker::sent(std::int64_t n, MonoTime at) {
  if (const auto echo = find_number(in_flight_, n); echo != in_flight_.end()) {
    echo->sent = at;
    echo->sent_late = echo->sent_late || (!echo->resent && at - echo->due > kStall);
    echo->was_published = true;
    echo->lost_at.reset();
  }
}

void EchoTracker::not_sent(std::int64_t n) {
  if (const auto echo = find_number(in_flight_, n); echo != in_flight_.end()) {
    // Not before the next connection: this one is full, and what it holds tells the same.
    echo->resent = true;
  }
}

void EchoTracker::acknowledged(int reason) {
  constexpr int kFirstError = 128;
  publish_denied_ = reason >= kFirstError;
  permission_known_ = !publish_denied_;
}

void EchoTracker::stalled(const Gap& gap) {
  for (auto& echo : in_flight_) {
    const auto from = std::max(gap.from, echo.due);
    if (gap.to - from > kStall) {
      echo.latest_stall = gap.to - from;
      echo.stalled += echo.latest_stall;
      echo.limit_in_stall =
          echo.limit_in_stall || (echo.limit_at >= from && echo.limit_at < gap.to);
    }
  }
}

Settled EchoTracker::ok(const InFlight& echo, MonoTime received) const {
  const auto rtt = received - (echo.resent ? echo.due : echo.sent);
  return {echo.slot, Ok{Rtt{std::clamp(rtt, nanoseconds{0}, limit_)}}, echo.resent};
}

std::optional<Settled> EchoTracker::returned(std::int64_t n, MonoTime received, bool is_kernel_time,
                                             bool after_stall) {
  const auto echo = find_number(in_flight_, n);
  if (echo == in_flight_.end()) {
    return returned_late(n, received);
  }
  if (!echo->was_published) {
    return std::nullopt;  // forged: it cannot come back before it went
  }
  subscription_denied_ = false;
  publish_denied_ = false;
  const bool time_unknown = after_stall && !is_kernel_time && echo->stalled > nanoseconds{0};
  std::optional<Settled> settled;
  if (echo->sent_late ||
      (time_unknown && (received > echo->limit_at || echo->latest_stall > kStallTolerance))) {
    settled = Settled{echo->slot, Void{VoidCause::stalled}, echo->resent};
  } else if (received <= echo->limit_at) {
    settled = ok(*echo, received);
  } else {
    if (!echo->came_late) {
      echo->came_late = received;
    }
    return std::nullopt;  // expire() says what this slot was
  }
  in_flight_.erase(echo);
  return settled;
}

std::optional<Settled> EchoTracker::returned_late(std::int64_t n, MonoTime received) {
  const auto echo = find_number(awaited_, n);
  if (echo == awaited_.end() || received - echo->due > kMaxLate) {
    return std::nullopt;
  }
  const Settled settled{echo->slot, Late{Rtt{std::max(received - echo->since, nanoseconds{0})}},
                        echo->resent};
  awaited_.erase(echo);
  return settled;
}

MissCause EchoTracker::cause_of(const InFlight& echo) const {
  if (!echo.was_published) {
    return latest_failure_.value_or(MissCause::timeout);
  }
  if (subscription_denied_ || publish_denied_) {
    return MissCause::denied;
  }
  if (echo.lost_at && *echo.lost_at < echo.limit_at - kLostBefore) {
    return MissCause::lost;
  }
  return MissCause::timeout;
}

bool EchoTracker::has_in_flight(MonoTime due) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [due](const auto& echo) { return echo.due == due; });
}

void EchoTracker::settle(const InFlight& echo, const Excuse& excuse,
                         std::vector<Settled>& settled) {
  const bool was_resent = echo.resent && echo.was_published;
  if (echo.sent_late || echo.stalled > kStallTolerance || echo.limit_in_stall) {
    settled.push_back({echo.slot, Void{VoidCause::stalled}, was_resent});
    return;
  }
  if (const auto cause = excuse ? excuse(echo.due) : std::nullopt) {
    settled.push_back({echo.slot, Void{*cause}, was_resent});
    return;
  }
  settled.push_back({echo.slot, Miss{cause_of(echo)}, was_resent});
  const MonoTime since = echo.resent ? echo.due : echo.sent;
  if (echo.came_late) {
    settled.push_back({echo.slot, Late{Rtt{*echo.came_late - since}}, echo.resent});
  } else if (echo.with_connection && echo.was_published) {
    awaited_.push_back({echo.n, echo.slot, echo.due, since, echo.resent});
  }
}

std::vector<Settled> EchoTracker::expire(MonoTime now, const Excuse& excuse) {
  std::vector<Settled> settled;
  while (!in_flight_.empty() && in_flight_.front().limit_at + kDeliveryGrace <= now) {
    const InFlight echo = in_flight_.front();
    in_flight_.pop_front();
    settle(echo, excuse, settled);
  }
  while (!awaited_.empty() && awaited_.front().due + kMaxLate < now) {
    awaited_.pop_front();
  }
  return settled;
}

std::optional<MonoTime> EchoTracker::next_deadline() const {
  if (in_flight_.empty()) {
    return std::nullopt;
  }
  return in_flight_.front().limit_at + kDeliveryGrace;
}

}  // namespace echomesh::agent
