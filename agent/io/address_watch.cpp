#include "agent/io/address_watch.hpp"

#include <chrono>
#include <utility>

#include "agent/self_check.hpp"
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
  const MonoTime now = io::mono_now();
  const bool is_late = now - due_ > kStall;
  due_ = now + (is_end ? kPeriod - kPatience : kPatience);
  round_.arm(due_);
  if (!is_end) {
    probe_.ask(kSeveral);
    return;
  }
  probe_.look();
  const auto addresses = static_cast<std::uint32_t>(probe_.asked());
  const auto accepted = static_cast<std::uint32_t>(probe_.accepted());
  const bool is_ours = is_late || (addresses > 0 && probe_.answered() == 0);
  probe_.drop();
  if (!is_ours) {
    tell_(addresses, addresses - accepted);
  }
}

}  // namespace echomesh::agent
