#include "tests/support/delay_line.hpp"

#include <netinet/in.h>

#include <utility>

namespace echomesh {

namespace {

constexpr int kBacklog = 511;

std::string port_name(std::uint16_t port) {
  return "port " + std::to_string(port);
}

}  // namespace

DelayLine::DelayLine(uv_loop_t* loop, std::uint32_t seed) : loop_(loop), random_(seed) {}

DelayLine::~DelayLine() = default;

Result<std::uint16_t> DelayLine::listen(const std::string& name, std::uint16_t port,
                                        std::uint16_t target_port) {
  if (name.empty() || name == "*" || routes_.contains(name)) {
    return Error{"listener " + name, "a name must be new, and not empty or *"};
  }
  if (target_port == 0) {
    return Error{"listener " + name, "the target port must be 1 to 65535"};
  }
  auto route = std::make_unique<Route>();
  route->line = this;
  route->port = port;
  route->target_port = target_port;
  if (const auto bound = bind(*route); !bound.ok()) {
    return bound.error();
  }
  if (const auto started = start_accepting(*route); !started.ok()) {
    return started.error();
  }
  return routes_.emplace(name, std::move(route)).first->second->port;
}

Result<bool> DelayLine::bind(Route& route) {
  route.socket = make_tcp(route.line->loop_);
  route.socket->data = &route;
  const sockaddr_in wanted = loopback(route.port);
  int rc = uv_tcp_bind(route.socket.get(), reinterpret_cast<const sockaddr*>(&wanted), 0);
  sockaddr_in bound{};
  int size = sizeof bound;
  if (rc == 0) {  // also tells a port in use, which libuv otherwise keeps for later
    rc = uv_tcp_getsockname(route.socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  }
  if (rc != 0) {
    return Error{port_name(route.port), std::string("cannot bind: ") + uv_strerror(rc)};
  }
  route.port = ntohs(bound.sin_port);
  return true;
}

Result<bool> DelayLine::start_accepting(Route& route) {
  const int rc = uv_listen(reinterpret_cast<uv_stream_t*>(route.socket.get()), kBacklog,
                           [](uv_stream_t* socket, int status) {
                             auto* called = static_cast<Route*>(socket->data);
                             if (status == 0 && called != nullptr) {
                               called->line->welcome(*called);
                             }
                           });
  if (rc != 0) {
    return Error{port_name(route.port), std::string("cannot listen: ") + uv_strerror(rc)};
  }
  route.is_accepting = true;
  return true;
}

void DelayLine::welcome(Route& route) {
  const ConnectionId id = ++last_id_;
  Relayed& relayed = route.relayed[id];
  relayed.delay = route.delay;
  relayed.connection = std::make_unique<RelayConnection>(
      reinterpret_cast<uv_stream_t*>(route.socket.get()),
      RelayConnection::Surroundings{
          .loop = loop_,
          .target_port = route.target_port,
          .is_frozen = route.is_frozen,
          .draw_delay = [this, &relayed] { return draw(relayed.delay); },
          .on_over = [&route, id] { route.relayed.erase(id); },
      });
}

nanoseconds DelayLine::draw(const OneWayDelay& delay) {
  std::uniform_int_distribution<nanoseconds::rep> part(0, delay.jitter.count());
  return delay.base + nanoseconds{part(random_)};
}

template <class OnRoute, class OnRelayed>
Result<std::size_t> DelayLine::tell(const Choice& choice, OnRoute on_route, OnRelayed on_relayed) {
  if (choice.connection) {
    const auto one = relayed(choice);
    if (!one.ok()) {
      return one.error();
    }
    on_relayed(**one);
    return std::size_t{1};
  }
  const auto chosen = routes(choice.name);
  if (!chosen.ok()) {
    return chosen.error();
  }
  for (Route* route : *chosen) {
    on_route(*route);
    for (auto& [id, relayed] : route->relayed) {
      on_relayed(relayed);
    }
  }
  return chosen->size();
}

Result<std::size_t> DelayLine::delay(const Choice& choice, OneWayDelay delay) {
  if (delay.base < nanoseconds{0} || delay.jitter < nanoseconds{0}) {
    return Error{"delay", "must not be negative"};
  }
  return tell(
      choice, [&](Route& route) { route.delay = delay; },
      [&](Relayed& relayed) { relayed.delay = delay; });
}

Result<std::size_t> DelayLine::freeze(const Choice& choice) {
  return tell(
      choice, [](Route& route) { route.is_frozen = true; },
      [](Relayed& relayed) { relayed.connection->freeze(); });
}

Result<std::size_t> DelayLine::thaw(const Choice& choice) {
  return tell(
      choice, [](Route& route) { route.is_frozen = false; },
      [](Relayed& relayed) { relayed.connection->thaw(); });
}

Result<std::size_t> DelayLine::drop(const Choice& choice) {
  const auto chosen = routes(choice.name);
  if (!chosen.ok()) {
    return chosen.error();
  }
  if (choice.connection) {
    const auto one = relayed(choice);
    if (!one.ok()) {
      return one.error();
    }
    for (Route* route : *chosen) {
      route->relayed.erase(*choice.connection);
    }
    return std::size_t{1};
  }
  std::size_t dropped = 0;
  for (Route* route : *chosen) {
    dropped += route->relayed.size();
    route->relayed.clear();
  }
  return dropped;
}

Result<std::size_t> DelayLine::refuse(const std::string& name) {
  const auto chosen = routes(name);
  if (!chosen.ok()) {
    return chosen.error();
  }
  for (Route* route : *chosen) {
    if (!route->is_accepting) {
      continue;
    }
    route->is_accepting = false;
    // Bound, not listening: the kernel answers with RST and gives the port to nobody else.
    if (const auto bound = bind(*route); !bound.ok()) {
      return bound.error();
    }
  }
  return chosen->size();
}

Result<std::size_t> DelayLine::accept(const std::string& name) {
  const auto chosen = routes(name);
  if (!chosen.ok()) {
    return chosen.error();
  }
  for (Route* route : *chosen) {
    if (route->is_accepting) {
      continue;
    }
    if (const auto started = start_accepting(*route); !started.ok()) {
      return started.error();
    }
  }
  return chosen->size();
}

Result<std::vector<ConnectionId>> DelayLine::connections(const std::string& name) const {
  const auto chosen = routes(name);
  if (!chosen.ok()) {
    return chosen.error();
  }
  std::vector<ConnectionId> ids;
  for (const Route* route : *chosen) {
    for (const auto& [id, relayed] : route->relayed) {
      ids.push_back(id);
    }
  }
  return ids;
}

Result<std::vector<DelayLine::Route*>> DelayLine::routes(const std::string& name) const {
  std::vector<Route*> chosen;
  for (const auto& [known, route] : routes_) {
    if (name == "*" || name == known) {
      chosen.push_back(route.get());
    }
  }
  if (chosen.empty() && name != "*") {
    return Error{"listener " + name, "there is none of that name"};
  }
  return chosen;
}

Result<DelayLine::Relayed*> DelayLine::relayed(const Choice& choice) const {
  const auto chosen = routes(choice.name);
  if (!chosen.ok()) {
    return chosen.error();
  }
  for (Route* route : *chosen) {
    if (const auto found = route->relayed.find(*choice.connection); found != route->relayed.end()) {
      return &found->second;
    }
  }
  return Error{"connection #" + std::to_string(*choice.connection), "there is none open"};
}

}  // namespace echomesh
