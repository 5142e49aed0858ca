#include "agent/io/address_watch.hpp"

#include <chrono>
#include <utility>

#include "proto/io/clock.hpp"

namespace echomesh::agent {
namespace {

constexpr std::chrono::seconds kPeriod{60};
/// An address that has not accepted by then is dead: a SYN was repeated twice meanwhile.
constexpr std::chrono::seconds kPatience{4};

}  // namespace

AddressWatch::AddressWatch(io::Loop& loop, const BrokerUrl& url, std::function<void()> answered,
                           std::function<void(std::uint32_t, std::uint32_t)> tell)
    : probe_(loop, url.host, url.port, std::move(answered)),
      tell_(std::move(tell)),
      round_(loop, [this] { next(); }) {}

void AddressWatch::start() {
  next();
}

void AddressWatch::next() {
  constexpr std::size_t kSeveral = 2;
  const bool is_end = is_asking_;
  is_asking_ = !is_asking_;
  round_.arm(io::mono_now() + (is_end ? kPeriod - kPatience : kPatience));
  if (!is_end) {
    probe_.ask(kSeveral);
    return;
  }
  probe_.look();
  const auto addresses = static_cast<std::uint32_t>(probe_.asked());
  const auto accepted = static_cast<std::uint32_t>(probe_.accepted());
  probe_.drop();
  tell_(addresses, addresses - accepted);
}

}  // namespace echomesh::agent
