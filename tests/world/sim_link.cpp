#include "tests/world/sim_link.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proto/names.hpp"
#include "tests/world/sim_broker.hpp"

namespace echomesh::world {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLookUp{2};
constexpr milliseconds kNoSuchName{20};
/// What getaddrinfo waits for a resolver that hangs.
constexpr seconds kHungResolver{10};
constexpr int kFirstErrorReason = 128;

}  // namespace

SimLink::SimLink(SimHost& host, SimLine& line, SimBroker& broker, const SimName& name, Hello hello,
                 bool is_echo_link, SimLinkListener& listener)
    : host_(host),
      line_(line),
      broker_(broker),
      name_(name),
      hello_(std::make_shared<const Hello>(std::move(hello))),
      is_echo_link_(is_echo_link),
      listener_(listener),
      plan_(stable_hash(hello_->client_id)) {}

void SimLink::start() {
  plan_.start(mono());
  follow_plan();
}

std::optional<int> SimLink::publish(MessagePtr message, bool at_least_once) {
  if (!up_) {
    return std::nullopt;
  }
  const int token = at_least_once ? next_token_++ : 0;
  send_up(host_.events(), up_, {Packet::Kind::publish, false, 0, token, std::move(message)});
  return token;
}

void SimLink::reconnect() {
  if (up_) {
    broken(up_);
  }
}

void SimLink::die() {
  is_dead_ = true;
  for (const auto& wire : std::exchange(attempts_, {})) {
    let_go(wire);
  }
  connected_.reset();
  up_.reset();
}

void SimLink::follow_plan() {
  for (const auto& action : plan_.take_actions()) {
    std::visit([this](const auto& what) { act(what); }, action);
  }
  const auto next = plan_.next_wakeup();
  if (next && (!armed_ || *next < *armed_)) {
    armed_ = next;
    host_.set_timer(host_.clock().true_time(*next), false, [this, at = *next] {
      if (!is_dead_ && armed_ == at) {
        armed_.reset();
        wake();
      }
    });
  }
}

void SimLink::wake() {
  plan_.woke(mono());
  follow_plan();
}

void SimLink::act(const Resolve& /*action*/) {
  const auto answer = name_.answer;
  const auto after = answer == SimName::Answer::good   ? nanoseconds{kLookUp}
                     : answer == SimName::Answer::none ? nanoseconds{kNoSuchName}
                                                       : nanoseconds{kHungResolver};
  host_.events().plan(host_.events().now() + after, Turn::network, [this, answer] {
    host_.receive(is_echo_link_, [this, answer] {
      if (is_dead_) {
        return;
      }
      knows_address_ = knows_address_ || answer == SimName::Answer::good;
      if (knows_address_) {  // the last good one
        plan_.resolved(1, mono());
      } else {
        plan_.not_resolved(mono());
        listener_.on_attempt_failed(MissCause::dns);
      }
      follow_plan();
    });
  });
}

void SimLink::act(const Attempt& action) {
  auto& events = host_.events();
  const auto wire = std::make_shared<Wire>(Wire{line_, broker_, this, action.id, hello_});
  attempts_.push_back(wire);
  if (const auto greeting = line_.greet(events.now())) {
    events.plan(greeting->reached, Turn::network, [this, wire, at = greeting->answered] {
      const bool is_accepted = broker_.is_running();
      wire->broker_holds = is_accepted;
      host_.events().plan(at, Turn::network, [this, wire, is_accepted] {
        host_.receive(is_echo_link_, [this, wire, is_accepted] { greeted(wire, is_accepted); });
      });
    });
  }
}

void SimLink::greeted(const WirePtr& wire, bool is_accepted) {
  if (wire->link == nullptr || is_dead_) {
    return;
  }
  listener_.on_heard();
  if (!is_accepted) {
    failed(wire, MissCause::connect, AttemptEnd::broken);
    return;
  }
  connected_ = wire;
  plan_.connected(wire->attempt, mono());
  follow_plan();
  if (wire->link != nullptr) {
    send_up(host_.events(), wire, {Packet::Kind::connect});
  }
}

void SimLink::act(const Abandon& action) {
  const auto wire = find(action.id);
  if (!wire) {
    return;
  }
  let_go(wire);
  std::erase(attempts_, wire);
  if (connected_ == wire) {
    connected_.reset();
  }
  if (action.is_overdue) {
    listener_.on_attempt_failed(MissCause::timeout);
  }
}

void SimLink::act(const Unanswered& /*action*/) {
  listener_.on_attempt_failed(MissCause::connect);
}

void SimLink::receive(const WirePtr& wire, const Packet& packet) {
  if (host_.is_running()) {
    read(wire, packet, host_.events().now());
    return;
  }
  host_.receive(is_echo_link_, [this, wire, packet, arrived = host_.events().now()] {
    read(wire, packet, arrived);
  });
}

void SimLink::read(const WirePtr& wire, const Packet& packet, At arrived) {
  if (wire->link == nullptr || is_dead_) {
    return;
  }
  if (packet.kind == Packet::Kind::reset) {
    broken(wire);
    return;
  }
  listener_.on_heard();
  switch (packet.kind) {
    case Packet::Kind::connack:
      if (packet.reason >= kFirstErrorReason) {
        failed(wire, MissCause::refused, AttemptEnd::refused);
      } else {
        wire->is_welcome = true;
        send_up(host_.events(), wire, {Packet::Kind::subscribe});
      }
      break;
    case Packet::Kind::suback:
      up_ = wire;
      plan_.up(wire->attempt, mono());
      follow_plan();
      listener_.on_link_up(packet.reason >= kFirstErrorReason);
      break;
    case Packet::Kind::publish:
      listener_.on_message(*packet.message, packet.is_retained, arrived);
      break;
    case Packet::Kind::puback:
      listener_.on_acknowledged(packet.token, packet.reason);
      break;
    case Packet::Kind::connect:
    case Packet::Kind::subscribe:
    case Packet::Kind::reset:
      break;
  }
}

/// The connection is gone: reset by the other end, or given up after 5 s unacknowledged.
void SimLink::broken(const WirePtr& wire) {
  if (up_ != wire) {
    failed(wire, wire->is_welcome ? MissCause::lost : MissCause::connect, AttemptEnd::broken);
    return;
  }
  let_go(wire);
  std::erase(attempts_, wire);
  up_.reset();
  connected_.reset();
  plan_.lost(mono());
  listener_.on_link_lost(MissCause::lost);
  follow_plan();
}

void SimLink::failed(const WirePtr& wire, MissCause cause, AttemptEnd end) {
  let_go(wire);
  std::erase(attempts_, wire);
  if (connected_ == wire) {
    connected_.reset();
  }
  plan_.failed(wire->attempt, end, mono());
  listener_.on_attempt_failed(cause);
  follow_plan();
}

/// The kernel tells the broker, if it can.
void SimLink::let_go(const WirePtr& wire) {
  wire->link = nullptr;
  send_up(host_.events(), wire, {Packet::Kind::reset});
}

WirePtr SimLink::find(AttemptId id) const {
  const auto found = std::find_if(attempts_.begin(), attempts_.end(),
                                  [id](const auto& wire) { return wire->attempt == id; });
  return found == attempts_.end() ? nullptr : *found;
}

}  // namespace echomesh::world
