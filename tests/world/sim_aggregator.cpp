#include "tests/world/sim_aggregator.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace echomesh::world {
namespace {

constexpr std::chrono::seconds kKeepAlive{30};

Hello hello_of(const Topics& topics, HexId instance) {
  return {
      "echomesh-aggregator-" + to_string(instance),
      {topics.all_agent_infos(), topics.all_region_summaries(), topics.aggregator_availability(),
       topics.all_reports(), topics.aggregator_heartbeat()},
      std::make_shared<const Message>(Message{topics.aggregator_availability(), "offline", true}),
      kKeepAlive,
      true};
}

}  // namespace

SimAggregator::SimAggregator(SimHost& host, const aggregator::Config& config, HexId instance,
                             SimLine& line, SimBroker& broker, const SimName& name,
                             AggregatorWatcher* watcher)
    : host_(host),
      core_(config, instance, host.now()),
      link_(host, line, broker, name, hello_of(core_.topics(), instance), false, *this),
      watcher_(watcher) {}

void SimAggregator::start() {
  if (watcher_ != nullptr) {
    watcher_->on_started(host_.now().utc);
  }
  link_.start();
  tell(aggregator::Woke{});
}

void SimAggregator::die() {
  is_dead_ = true;
  link_.die();
}

void SimAggregator::tell(const aggregator::Event& event) {
  if (is_dead_) {
    return;
  }
  aggregator::Actions actions;
  core_.on(event, host_.now(), actions);
  for (auto& action : actions) {
    std::visit([this](auto& what) { act(what); }, action);
  }
  arm();
}

void SimAggregator::arm() {
  const At now = host_.events().now();
  const At next = std::max(host_.clock().true_time(core_.next_wakeup()), now);
  if (armed_ && *armed_ <= next) {
    return;
  }
  armed_ = next;
  host_.set_timer(next, true, [this, next] {
    if (is_dead_ || armed_ != next) {
      return;
    }
    armed_.reset();
    if (host_.clock().true_time(core_.next_wakeup()) <= host_.events().now()) {
      tell(aggregator::Woke{});
    } else {
      arm();
    }
  });
}

void SimAggregator::act(aggregator::Publish& action) {
  auto message = std::make_shared<const Message>(
      Message{std::move(action.topic), std::move(action.payload), action.retain});
  if (watcher_ != nullptr) {
    watcher_->on_published(host_.now().utc, *message);
  }
  constexpr bool kWantsPuback = false;  // nobody waits for it, and half of all events would be that
  if (!link_.publish(std::move(message), kWantsPuback)) {
    tell(aggregator::PublicationRefused{});
  }
}

void SimAggregator::act(const aggregator::Reconnect& /*action*/) {
  link_.reconnect();
}

void SimAggregator::act(const aggregator::Warn& /*action*/) {}

void SimAggregator::on_link_up(bool /*subscription_denied*/) {
  if (watcher_ != nullptr) {
    watcher_->on_connected(host_.now().utc);
  }
  tell(aggregator::LinkUp{});
}

void SimAggregator::on_link_lost(MissCause /*cause*/) {
  tell(aggregator::LinkLost{});
}

void SimAggregator::on_attempt_failed(MissCause /*cause*/) {}

void SimAggregator::on_message(const Message& message, bool is_retained, At /*arrived*/) {
  if (watcher_ != nullptr) {
    watcher_->on_delivered(host_.now().utc, message, is_retained);
  }
  tell(aggregator::Delivered{message.topic, message.payload, is_retained});
}

void SimAggregator::on_acknowledged(int /*token*/, int /*reason*/) {}

}  // namespace echomesh::world
