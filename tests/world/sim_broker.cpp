#include "tests/world/sim_broker.hpp"

#include <algorithm>
#include <utility>

namespace echomesh::world {
namespace {

constexpr int kNotAuthorized = 135;

}  // namespace

bool matches(std::string_view filter, std::string_view topic) {
  while (!filter.empty() || !topic.empty()) {
    const auto wanted = filter.substr(0, filter.find('/'));
    const auto found = topic.substr(0, topic.find('/'));
    const bool is_last_wanted = wanted.size() == filter.size();
    if ((wanted != "+" && wanted != found) || is_last_wanted != (found.size() == topic.size())) {
      return false;
    }
    if (is_last_wanted) {
      return true;
    }
    filter.remove_prefix(wanted.size() + 1);
    topic.remove_prefix(found.size() + 1);
  }
  return true;
}

void SimBroker::kill() {
  is_running_ = false;
  waiting_.clear();
  for (const auto& session : std::exchange(sessions_, {})) {
    session->wire->broker_holds = false;
    session->wire->session = nullptr;
    send_down(events_, session->wire, {Packet::Kind::reset});
  }
  ++generation_;
}

void SimBroker::start(bool forgets_retained) {
  is_running_ = true;
  ++generation_;
  if (forgets_retained) {
    topics_.clear();
  }
}

void SimBroker::thaw() {
  if (--frozen_ > 0) {
    return;
  }
  for (const auto& [wire, packet] : std::exchange(waiting_, {})) {
    act(wire, packet);
  }
}

void SimBroker::arrived(const WirePtr& wire, const Packet& packet) {
  if (!is_running_ || !wire->broker_holds) {
    if (packet.kind != Packet::Kind::reset) {
      wire->broker_holds = false;
      send_down(events_, wire, {Packet::Kind::reset}, true);
    }
  } else if (frozen_ > 0) {
    waiting_.emplace_back(wire, packet);
  } else {
    act(wire, packet);
  }
}

void SimBroker::act(const WirePtr& wire, const Packet& packet) {
  if (wire->session != nullptr) {
    wire->session->heard = events_.now();
  }
  switch (packet.kind) {
    case Packet::Kind::connect:
      connect(wire);
      break;
    case Packet::Kind::subscribe:
      subscribe(wire);
      break;
    case Packet::Kind::publish: {
      const bool is_denied = is_shut(*wire, Door::denies_publications);
      if (!is_denied) {
        route(packet.message);
      }
      if (packet.token != 0) {
        send_down(events_, wire,
                  {Packet::Kind::puback, false, is_denied ? kNotAuthorized : 0, packet.token});
      }
      break;
    }
    case Packet::Kind::reset:
      wire->broker_holds = false;
      if (wire->session != nullptr) {
        close(*wire->session, false);
      }
      break;
    case Packet::Kind::connack:
    case Packet::Kind::suback:
    case Packet::Kind::puback:
      break;  // never sent up
  }
}

bool SimBroker::is_shut(const Wire& wire, Door door) const {
  return door_ == door && !wire.hello->is_always_let_in;
}

void SimBroker::connect(const WirePtr& wire) {
  if (is_shut(*wire, Door::refuses_login)) {
    send_down(events_, wire, {Packet::Kind::connack, false, kNotAuthorized});
    wire->broker_holds = false;
    return;
  }
  const auto same = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& session) {
    return session->wire->hello->client_id == wire->hello->client_id;
  });
  if (same != sessions_.end()) {
    close(**same, true);  // taken over
  }
  sessions_.push_back(std::make_unique<Session>(Session{wire, events_.now()}));
  wire->session = sessions_.back().get();
  watch_silence(wire, events_.now() + wire->hello->keep_alive * 3 / 2);
  send_down(events_, wire, {Packet::Kind::connack});
}

/// One and a half keep-alives without a word end a session.
void SimBroker::watch_silence(const WirePtr& wire, At at) {
  events_.plan(at, Turn::timer, [this, wire] {
    if (wire->session == nullptr) {
      return;
    }
    const At due = wire->session->heard + wire->hello->keep_alive * 3 / 2;
    if (due <= events_.now() && frozen_ == 0) {
      close(*wire->session, true);
    } else {
      watch_silence(wire, std::max(due, events_.now() + std::chrono::seconds{1}));
    }
  });
}

void SimBroker::subscribe(const WirePtr& wire) {
  if (wire->session == nullptr) {
    return;
  }
  const bool is_denied = is_shut(*wire, Door::denies_subscriptions);
  ++generation_;
  send_down(events_, wire, {Packet::Kind::suback, false, is_denied ? kNotAuthorized : 0});
  if (is_denied) {
    return;
  }
  wire->session->is_subscribed = true;
  // In the order of the filters, then of the topics: the map's own order is not the same
  // everywhere.
  for (const auto& filter : wire->hello->filters) {
    std::vector<MessagePtr> kept;
    for (const auto& [name, topic] : topics_) {
      if (topic.retained && matches(filter, name)) {
        kept.push_back(topic.retained);
      }
    }
    std::sort(kept.begin(), kept.end(),
              [](const auto& a, const auto& b) { return a->topic < b->topic; });
    for (auto& message : kept) {
      send_down(events_, wire, {Packet::Kind::publish, true, 0, 0, std::move(message)});
    }
  }
}

void SimBroker::close(Session& session, bool says_so) {
  const WirePtr wire = session.wire;
  wire->session = nullptr;
  wire->broker_holds = false;
  std::erase_if(sessions_, [&](const auto& each) { return each.get() == &session; });
  ++generation_;
  if (says_so) {
    send_down(events_, wire, {Packet::Kind::reset});
  }
  if (wire->hello->will) {
    route(wire->hello->will);
  }
}

void SimBroker::reset(const SimLine* line) {
  std::vector<Session*> hit;
  for (const auto& session : sessions_) {
    if (&session->wire->line == line) {
      hit.push_back(session.get());
    }
  }
  for (auto* session : hit) {
    close(*session, true);
  }
}

SimBroker::Topic& SimBroker::topic(const std::string& name) {
  auto& topic = topics_[name];
  if (topic.routed != generation_) {
    topic.routed = generation_;
    topic.to.clear();
    for (const auto& session : sessions_) {
      const auto& filters = session->wire->hello->filters;
      if (session->is_subscribed &&
          std::any_of(filters.begin(), filters.end(),
                      [&](const auto& filter) { return matches(filter, name); })) {
        topic.to.push_back(session.get());
      }
    }
  }
  return topic;
}

void SimBroker::route(const MessagePtr& message) {
  auto& found = topic(message->topic);
  if (message->retain) {
    found.retained = message;
  }
  for (const auto* session : found.to) {
    send_down(events_, session->wire, {Packet::Kind::publish, false, 0, 0, message});
  }
}

void SimBroker::forge(const MessagePtr& message, bool as_retained) {
  for (const auto* session : topic(message->topic).to) {
    send_down(events_, session->wire, {Packet::Kind::publish, as_retained, 0, 0, message});
  }
}

MessagePtr SimBroker::retained(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : found->second.retained;
}

}  // namespace echomesh::world
