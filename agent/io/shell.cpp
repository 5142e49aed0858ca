#include "agent/io/shell.hpp"

#include <chrono>
#include <set>
#include <unordered_map>
#include <utility>

#include "proto/io/clock.hpp"
#include "proto/io/endpoint_access.hpp"
#include "proto/io/log.hpp"
#include "proto/io/program.hpp"
#include "proto/io/random.hpp"

namespace echomesh::agent {
namespace {

constexpr std::chrono::seconds kMemoryPeriod{10};
/// A silence that long is asked about; the limit of an echo finds a fault long before.
constexpr std::chrono::seconds kKeepAlive{60};

}  // namespace

/// The link that carries the echoes of one region, and nothing else.
class Shell::EchoLink : public io::LinkListener {
 public:
  EchoLink(Shell& shell, RegionIndex region, io::LinkSettings settings)
      : shell_(shell), region_(region), link_(shell.loop_, std::move(settings), *this) {}

  io::MqttLink& link() { return link_; }

  void on_link_up(io::MqttVersion version, bool subscription_denied) override {
    told_.clear();
    is_denial_told_ = false;
    io::log(io::LogLevel::info, name() + " is up, MQTT " +
                                    (version == io::MqttVersion::v5 ? "5" : "3.1.1") +
                                    (subscription_denied ? ", subscription denied" : ""));
    shell_.credentials_[region_]->came_up(link_);
    shell_.tell(EchoLinkUp{region_, subscription_denied});
  }
  void on_link_lost(const io::LinkFailure& failure) override {
    io::log(io::LogLevel::warning, name() + " is lost: " + failure.text);
    shell_.tell(EchoLinkLost{region_, failure.cause});
  }
  void on_attempt_failed(const io::LinkFailure& failure) override {
    if (told_.insert(failure.cause).second) {  // once until it is up, not every second
      io::log(
          io::LogLevel::warning,
          name() + " is not up (" + std::string(to_string(failure.cause)) + "): " + failure.text);
    }
    shell_.tell(EchoAttemptFailed{region_, failure.cause});
  }
  void on_delivery(const io::Delivery& delivery) override {
    shell_.tell(EchoDelivered{region_, delivery.topic, delivery.payload, delivery.retained,
                              delivery.received, delivery.is_kernel_time});
  }
  void on_acknowledged(int /*token*/, int reason) override {
    constexpr int kFirstErrorReason = 128;
    if (reason >= kFirstErrorReason && !std::exchange(is_denial_told_, true)) {
      io::log(io::LogLevel::warning, name() + ": the broker refuses to take echoes, reason " +
                                         std::to_string(reason) + ": check its ACL for " +
                                         shell_.core_.topics().probe(shell_.config_.location));
    }
    shell_.tell(EchoAcknowledged{region_, reason});
  }
  void on_heard() override { shell_.tell(RegionHeard{region_}); }

 private:
  std::string name() const { return "echo link to " + shell_.config_.regions[region_].id.str(); }

  Shell& shell_;
  RegionIndex region_;
  std::set<MissCause> told_;     ///< causes that the log knows
  bool is_denial_told_ = false;  ///< of this connection
  io::MqttLink link_;
};

/// The link that reports to one broker.
class Shell::ReportLink : public io::LinkListener {
 public:
  /// The broker is `region`'s.
  ReportLink(Shell& shell, StreamIndex stream, RegionIndex region, io::LinkSettings settings)
      : shell_(shell),
        stream_(stream),
        region_(region),
        link_(shell.loop_, std::move(settings), *this) {}

  io::MqttLink& link() { return link_; }
  void sent(int token, std::int64_t seq) { seqs_[token] = seq; }

  void on_link_up(io::MqttVersion /*version*/, bool /*subscription_denied*/) override {
    told_.clear();
    io::log(io::LogLevel::info, name() + " is up");
    shell_.tell(ReportLinkUp{stream_});
  }
  void on_link_lost(const io::LinkFailure& failure) override {
    seqs_.clear();
    io::log(io::LogLevel::warning, name() + " is lost: " + failure.text);
    shell_.tell(ReportLinkLost{stream_});
  }
  void on_attempt_failed(const io::LinkFailure& failure) override {
    if (told_.insert(failure.cause).second) {
      io::log(
          io::LogLevel::warning,
          name() + " is not up (" + std::string(to_string(failure.cause)) + "): " + failure.text);
    }
  }
  void on_delivery(const io::Delivery& delivery) override {
    if (delivery.topic == shell_.core_.topics().agent_availability(shell_.config_.location)) {
      shell_.tell(AvailabilityHeard{stream_, delivery.payload});
    }
  }
  void on_acknowledged(int token, int reason) override {
    const auto found = seqs_.find(token);
    if (found == seqs_.end()) {
      return;  // a status document
    }
    const auto seq = found->second;
    seqs_.erase(found);
    shell_.tell(ReportAcknowledged{stream_, seq, reason});
  }
  void on_heard() override { shell_.tell(RegionHeard{region_}); }

 private:
  std::string name() const {
    return "report link to " + shell_.core_.report_brokers()[stream_].str();
  }

  Shell& shell_;
  StreamIndex stream_;
  RegionIndex region_;
  std::set<MissCause> told_;                    ///< causes that the log knows
  std::unordered_map<int, std::int64_t> seqs_;  ///< of reports out, by token
  io::MqttLink link_;
};

Shell::Shell(io::Loop& loop, const Config& config)
    : loop_(loop),
      config_(config),
      run_(io::random_id()),
      core_(config, run_, io::random_id(), io::now()),
      wakeup_(loop, [this] { wake(); }),
      surroundings_(loop, config, [this](const Event& event) { tell(event); }) {}

Shell::~Shell() = default;

Result<std::unique_ptr<Shell>> Shell::make(io::Loop& loop, const Config& config) {
  std::unique_ptr<Shell> shell(new Shell(loop, config));
  if (auto error = shell->make_links()) {
    return *std::move(error);
  }
  return shell;
}

std::optional<Error> Shell::make_links() {
  for (RegionIndex i = 0; i < config_.regions.size(); ++i) {
    const auto& region = config_.regions[i];
    auto access = io::link_settings_for(region.endpoint);
    if (!access) {
      return access.error();
    }
    echo_links_.push_back(std::make_unique<EchoLink>(*this, i, echo_settings(*access, i)));
    credentials_.push_back(
        std::make_unique<io::Credentials>(loop_, region.id.str(), region.endpoint, *access));
    credentials_.back()->add(echo_links_.back()->link());
    const auto& brokers = core_.report_brokers();
    for (StreamIndex stream = 0; stream < brokers.size(); ++stream) {
      if (brokers[stream] == region.id) {
        report_links_.resize(brokers.size());
        report_links_[stream] =
            std::make_unique<ReportLink>(*this, stream, i, report_settings(*access, stream));
        credentials_.back()->add(report_links_[stream]->link());
      }
    }
  }
  return std::nullopt;
}

io::LinkSettings Shell::echo_settings(const io::LinkSettings& access, RegionIndex region) const {
  auto settings = access;
  settings.client_id = "echomesh-" + config_.location.str() + "-" + to_string(run_) + "-echo-" +
                       config_.regions[region].id.str();
  settings.keep_alive = kKeepAlive;
  settings.subscriptions = {{core_.topics().probe(config_.location), io::Qos::at_most_once}};
  settings.kernel_receive_time = true;
  return settings;
}

io::LinkSettings Shell::report_settings(const io::LinkSettings& access, StreamIndex stream) const {
  const auto availability = core_.topics().agent_availability(config_.location);
  auto settings = access;
  settings.client_id = "echomesh-" + config_.location.str() + "-" + to_string(run_) + "-report-" +
                       core_.report_brokers()[stream].str();
  settings.keep_alive = kKeepAlive;
  settings.will = io::LastWill{availability, "offline"};
  settings.subscriptions = {{availability, io::Qos::at_least_once}};
  return settings;
}

void Shell::start() {
  for (auto& link : echo_links_) {
    link->link().start();
  }
  for (auto& link : report_links_) {
    link->link().start();
  }
  surroundings_.start();
  for (auto& credentials : credentials_) {
    credentials->start();
  }
  wake();
}

void Shell::wake() {
  // What had come by now is read before any limit is judged by now.
  const auto now = io::now();
  for (auto& link : echo_links_) {
    link->link().drain();
  }
  for (auto& link : report_links_) {
    link->link().drain();
  }
  surroundings_.look();
  Actions actions;
  if (memory_due_ <= now.mono) {
    memory_due_ = now.mono + kMemoryPeriod;
    core_.on(MemoryMeasured{io::resident_bytes()}, now, actions);
  }
  core_.on(Woke{}, now, actions);
  for (const auto& action : actions) {
    perform(action);
  }
  wakeup_.arm(core_.next_wakeup());
}

void Shell::tell(const Event& event) {
  if (is_stopping_) {
    return;  // it would answer our own `offline` with `online`
  }
  Actions actions;
  core_.on(event, io::now(), actions);
  for (const auto& action : actions) {
    perform(action);
  }
  wakeup_.arm(core_.next_wakeup());
}

void Shell::perform(const Action& action) {
  std::visit([this](const auto& what) { act(what); }, action);
}

void Shell::act(const PublishEcho& action) {
  const auto topic = core_.topics().probe(config_.location);
  const auto qos = action.ask_permission ? io::Qos::at_least_once : io::Qos::at_most_once;
  const auto published = echo_links_.at(action.region)
                             ->link()
                             .publish({topic, action.payload, qos, false, std::nullopt});
  tell(EchoSent{action.region, action.n, published.accepted, published.at});
}

void Shell::act(const AskAround& action) {
  surroundings_.ask(action);
}

void Shell::act(const PublishReport& action) {
  auto& link = *report_links_.at(action.stream);
  const auto topic = core_.topics().report(config_.location);
  const auto published =
      link.link().publish({topic, action.payload, io::Qos::at_least_once, false, std::nullopt});
  if (published.accepted) {
    link.sent(published.token, action.seq);
  }
  tell(ReportSent{action.stream, action.seq, published.accepted});
}

void Shell::act(const PublishStatus& action) {
  report_links_.at(action.stream)
      ->link()
      .publish({action.topic, action.payload, io::Qos::at_least_once, true, action.expiry});
}

void Shell::reload() {
  for (auto& credentials : credentials_) {
    credentials->reload();
  }
}

void Shell::stop(std::function<void()> done) {
  is_stopping_ = true;
  wakeup_.disarm();
  surroundings_.stop();
  for (auto& credentials : credentials_) {
    credentials->stop();
  }
  const auto topic = core_.topics().agent_availability(config_.location);
  for (auto& link : report_links_) {
    link->link().publish({topic, "offline", io::Qos::at_least_once, true, std::nullopt});
  }
  links_to_stop_ = static_cast<int>(echo_links_.size() + report_links_.size());
  const auto stopped = [this, done = std::move(done)] {
    if (--links_to_stop_ == 0) {
      done();
    }
  };
  for (auto& link : echo_links_) {
    link->link().stop(stopped);
  }
  for (auto& link : report_links_) {
    link->link().stop(stopped);
  }
}

}  // namespace echomesh::agent
