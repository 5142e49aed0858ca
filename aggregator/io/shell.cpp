#include "aggregator/io/shell.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "proto/io/clock.hpp"
#include "proto/io/endpoint_access.hpp"
#include "proto/io/log.hpp"
#include "proto/io/program.hpp"
#include "proto/io/random.hpp"

namespace echomesh::aggregator {
namespace {

constexpr std::chrono::seconds kMemoryPeriod{10};
constexpr std::chrono::seconds kKeepAlive{30};
/// Everything that is retained, for 10,000 paths, waits in less.
constexpr std::size_t kMaxQueuedBytes = 64U << 20U;

}  // namespace

Shell::Shell(io::Loop& loop, const Config& config, HexId instance, const io::LinkSettings& access)
    : instance_(instance),
      core_(config, instance, io::now()),
      wakeup_(loop, [this] { wake(); }),
      link_(loop, link_settings(access), *this),
      credentials_(loop, to_string(config.broker.url), config.broker, access) {
  credentials_.add(link_);
}

Result<std::unique_ptr<Shell>> Shell::make(io::Loop& loop, const Config& config) {
  auto access = io::link_settings_for(config.broker);
  if (!access) {
    return access.error();
  }
  return std::unique_ptr<Shell>(new Shell(loop, config, io::random_id(), access.value()));
}

io::LinkSettings Shell::link_settings(io::LinkSettings access) const {
  const auto& topics = core_.topics();
  access.client_id = "echomesh-aggregator-" + to_string(instance_);
  access.keep_alive = kKeepAlive;
  access.max_queued_bytes = kMaxQueuedBytes;
  access.will = io::LastWill{topics.aggregator_availability(), "offline"};
  // In this order: the heartbeat comes back when all that was retained has been read.
  for (const auto& filter :
       {topics.all_agent_infos(), topics.all_region_summaries(), topics.aggregator_availability(),
        topics.all_reports(), topics.aggregator_heartbeat()}) {
    access.subscriptions.push_back({filter, io::Qos::at_least_once});
  }
  return access;
}

void Shell::start() {
  link_.start();
  credentials_.start();
  wake();
}

void Shell::wake() {
  const auto now = io::mono_now();
  if (memory_due_ <= now) {
    memory_due_ = now + kMemoryPeriod;
    tell(MemoryMeasured{io::resident_bytes()});
  }
  tell(Woke{});
}

void Shell::tell(const Event& event) {
  if (is_stopping_) {
    return;  // it would answer our own `offline` with `online`
  }
  Actions actions;
  core_.on(event, io::now(), actions);
  for (const auto& action : actions) {
    std::visit([this](const auto& what) { act(what); }, action);
  }
  wakeup_.arm(core_.next_wakeup());
}

void Shell::act(const Publish& action) {
  const auto qos = action.at_least_once ? io::Qos::at_least_once : io::Qos::at_most_once;
  const auto published =
      link_.publish({action.topic, action.payload, qos, action.retain, action.expiry});
  if (!published.accepted) {
    tell(PublicationRefused{});
  }
}

void Shell::act(const Reconnect& action) {
  io::log(io::LogLevel::warning, "reconnecting: " + action.reason);
  link_.reconnect(action.reason);
}

void Shell::act(const Warn& action) {
  io::log(io::LogLevel::warning, action.text);
}

void Shell::on_link_up(io::MqttVersion version, bool subscription_denied) {
  told_.clear();
  io::log(subscription_denied ? io::LogLevel::error : io::LogLevel::info,
          std::string("connected, MQTT ") + (version == io::MqttVersion::v5 ? "5" : "3.1.1") +
              (subscription_denied ? ", but the broker denies a subscription: check its ACL" : ""));
  credentials_.came_up(link_);
  tell(LinkUp{});
}

void Shell::on_link_lost(const io::LinkFailure& failure) {
  io::log(io::LogLevel::warning, "connection lost: " + failure.text);
  tell(LinkLost{});
}

void Shell::on_attempt_failed(const io::LinkFailure& failure) {
  if (told_.insert(failure.cause).second) {  // once until it is up, not every second
    io::log(io::LogLevel::warning,
            "not connected (" + std::string(to_string(failure.cause)) + "): " + failure.text);
  }
}

void Shell::on_delivery(const io::Delivery& delivery) {
  tell(Delivered{delivery.topic, delivery.payload, delivery.retained});
}

void Shell::on_acknowledged(int /*token*/, int reason) {
  constexpr int kFirstErrorReason = 128;
  if (reason >= kFirstErrorReason && told_.insert(MissCause::denied).second) {
    io::log(io::LogLevel::error, "the broker refuses a publication, reason " +
                                     std::to_string(reason) + ": check its ACL");
  }
}

void Shell::stop(std::function<void()> done) {
  is_stopping_ = true;
  wakeup_.disarm();
  credentials_.stop();
  link_.publish({core_.topics().aggregator_availability(), "offline", io::Qos::at_least_once, true,
                 std::nullopt});
  link_.stop(std::move(done));
}

}  // namespace echomesh::aggregator
