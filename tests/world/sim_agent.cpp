#include "tests/world/sim_agent.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "proto/echo.hpp"

namespace echomesh::world {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kGapFrom{500};
constexpr seconds kKeepAlive{60};

}  // namespace

class SimAgent::EchoLink : public SimLinkListener {
 public:
  EchoLink(SimAgent& agent, std::size_t region, const SimRoad& road, Hello hello)
      : agent_(agent),
        region_(region),
        link_(agent.host_, road.line, road.broker, road.name, std::move(hello), true, *this) {}

  SimLink& link() { return link_; }

  void on_link_up(bool subscription_denied) override {
    note({agent_.now(), LinkFact::Kind::up, MissCause::timeout, subscription_denied});
    agent_.tell(agent::EchoLinkUp{region_, subscription_denied});
  }
  void on_link_lost(MissCause cause) override {
    note({agent_.now(), LinkFact::Kind::lost, cause});
    agent_.tell(agent::EchoLinkLost{region_, cause});
  }
  void on_attempt_failed(MissCause cause) override {
    note({agent_.now(), LinkFact::Kind::failed, cause});
    agent_.tell(agent::EchoAttemptFailed{region_, cause});
  }
  void on_message(const Message& message, bool is_retained, At arrived) override {
    // Only the very message that was handed over on this link is its echo.
    const auto echo =
        agent_.is_recording_ && !is_retained ? parse_echo(message.payload) : Result<Echo>(Error{});
    if (echo && echo->run == agent_.run_ && echo->location == agent_.config_.location &&
        facts().was_handed(echo->n)) {
      facts().readings.push_back({arrived, agent_.now(), echo->n});
    }
    agent_.tell(agent::EchoDelivered{
        region_, message.topic, message.payload, is_retained,
        agent_.has_kernel_time_ ? agent_.host_.clock().mono(arrived) : agent_.host_.now().mono,
        agent_.has_kernel_time_});
  }
  void on_acknowledged(int /*token*/, int reason) override {
    if (agent_.is_recording_) {
      facts().permissions.push_back({agent_.now(), reason});
    }
    agent_.tell(agent::EchoAcknowledged{region_, reason});
  }
  void on_heard() override { agent_.heard(region_); }

 private:
  void note(const LinkFact& fact) {
    if (agent_.is_recording_) {
      facts().link.push_back(fact);
    }
  }
  PathFacts& facts() { return agent_.facts_.paths[region_]; }

  SimAgent& agent_;
  std::size_t region_;
  SimLink link_;
};

class SimAgent::ReportLink : public SimLinkListener {
 public:
  ReportLink(SimAgent& agent, std::size_t stream, std::size_t region, const SimRoad& road,
             Hello hello)
      : agent_(agent),
        stream_(stream),
        region_(region),
        link_(agent.host_, road.line, road.broker, road.name, std::move(hello), false, *this) {}

  SimLink& link() { return link_; }
  void sent(int token, std::int64_t seq) { seqs_[token] = seq; }

  void on_link_up(bool /*subscription_denied*/) override {
    note(true);
    agent_.tell(agent::ReportLinkUp{stream_});
  }
  void on_link_lost(MissCause /*cause*/) override {
    note(false);
    seqs_.clear();
    agent_.tell(agent::ReportLinkLost{stream_});
  }
  void on_attempt_failed(MissCause /*cause*/) override {}
  void on_message(const Message& message, bool /*is_retained*/, At /*arrived*/) override {
    agent_.tell(agent::AvailabilityHeard{stream_, message.payload});
  }
  void on_acknowledged(int token, int reason) override {
    const auto found = seqs_.find(token);
    if (found != seqs_.end()) {
      const auto seq = found->second;
      seqs_.erase(found);
      agent_.tell(agent::ReportAcknowledged{stream_, seq, reason});
    }
  }
  void on_heard() override { agent_.heard(region_); }

 private:
  void note(bool is_up) {
    if (agent_.is_recording_) {
      agent_.facts_.stream_links[stream_].push_back({agent_.now(), is_up});
    }
  }

  SimAgent& agent_;
  std::size_t stream_;
  std::size_t region_;
  SimLink link_;
  std::unordered_map<int, std::int64_t> seqs_;
};

SimAgent::SimAgent(SimHost& host, const agent::Config& config, HexId run,
                   std::vector<SimRoad> roads, SimLine& witnesses, bool has_kernel_time)
    : host_(host),
      run_(run),
      config_(config),
      roads_(std::move(roads)),
      witnesses_(witnesses),
      core_(config, run, HexId{run.value ^ 0xE0C4}, host.now()),
      probe_topic_(core_.topics().probe(config.location)),
      report_topic_(core_.topics().report(config.location)),
      latest_echo_(roads_.size()),
      has_kernel_time_(has_kernel_time),
      ran_(host.events().now()) {
  facts_.started = now();
  facts_.started_utc = host.now().utc;
  facts_.has_kernel_time = has_kernel_time;
  facts_.paths.resize(roads_.size());
  const std::string id = "echomesh-" + config.location.str() + "-" + to_string(run) + "-";
  const auto availability = core_.topics().agent_availability(config.location);
  for (std::size_t region = 0; region < roads_.size(); ++region) {
    echo_links_.push_back(std::make_unique<EchoLink>(
        *this, region, roads_[region],
        Hello{id + "echo-" + config.regions[region].id.str(), {probe_topic_}, {}, kKeepAlive}));
  }
  const auto& brokers = core_.report_brokers();
  facts_.stream_links.resize(brokers.size());
  facts_.streams.resize(brokers.size());
  for (std::size_t stream = 0; stream < brokers.size(); ++stream) {
    for (std::size_t region = 0; region < roads_.size(); ++region) {
      const auto& watched = config.regions[region];
      if (std::count(watched.report_to.begin(), watched.report_to.end(), brokers[stream]) > 0) {
        facts_.streams[stream].push_back(region);
      }
      if (watched.id == brokers[stream]) {
        const auto will = std::make_shared<const Message>(Message{availability, "offline", true});
        report_links_.push_back(std::make_unique<ReportLink>(
            *this, stream, region, roads_[region],
            Hello{id + "report-" + watched.id.str(), {availability}, will, kKeepAlive}));
      }
    }
  }
}

SimAgent::~SimAgent() = default;

void SimAgent::start() {
  for (auto& link : echo_links_) {
    link->link().start();
  }
  for (auto& link : report_links_) {
    link->link().start();
  }
  wake();
}

void SimAgent::die() {
  is_dead_ = true;
  facts_.stopped = now();
  for (auto& link : echo_links_) {
    link->link().die();
  }
  for (auto& link : report_links_) {
    link->link().die();
  }
}

void SimAgent::wake() {
  host_.drain(true);  // what had come by now is read before any limit is judged by now
  tell(agent::Woke{});
}

void SimAgent::tell(const agent::Event& event) {
  if (is_dead_) {
    return;
  }
  if (const At last = std::exchange(ran_, now()); is_recording_ && now() - last > kGapFrom) {
    facts_.gaps.push_back({last, now()});
  }
  agent::Actions actions;
  core_.on(event, host_.now(), actions);
  for (const auto& action : actions) {
    std::visit([this](const auto& what) { act(what); }, action);
  }
  arm();
}

void SimAgent::arm() {
  const At next = std::max(host_.clock().true_time(core_.next_wakeup()), now());
  if (armed_ && *armed_ <= next) {
    return;
  }
  armed_ = next;
  host_.set_timer(next, true, [this, next] {
    if (is_dead_ || armed_ != next) {
      return;
    }
    armed_.reset();
    if (host_.clock().true_time(core_.next_wakeup()) <= now()) {
      wake();
    } else {
      arm();
    }
  });
}

void SimAgent::heard(std::size_t region) {
  if (is_recording_) {
    facts_.paths[region].heard.push_back(now());
  }
  tell(agent::RegionHeard{region});
}

void SimAgent::act(const agent::AskAround& action) {
  ++asking_;
  if (is_recording_) {
    facts_.asked.push_back({now(), {action.regions.begin(), action.regions.end()}});
  }
  if (action.regions.empty()) {
    ask(witnesses_, std::nullopt);
  }
  for (const auto region : action.regions) {
    ask(roads_[region].line, region);
  }
}

/// A fresh TCP connect, which a living host accepts or resets.
void SimAgent::ask(SimLine& line, std::optional<std::size_t> region) {
  const auto greeting = line.greet(now());
  if (!greeting) {
    return;
  }
  host_.events().plan(greeting->answered, Turn::network, [this, region, asking = asking_] {
    host_.receive(true, [this, region, asking] {
      if (is_dead_ || asking != asking_) {
        return;
      }
      if (region) {
        heard(*region);
      } else {
        facts_.witnessed.push_back(now());
        tell(agent::WitnessHeard{});
      }
    });
  });
}

void SimAgent::act(const agent::PublishEcho& action) {
  auto message = std::make_shared<const Message>(Message{probe_topic_, action.payload, false});
  latest_echo_[action.region] = message;
  const At at = now();
  const bool is_accepted = echo_links_[action.region]
                               ->link()
                               .publish(std::move(message), action.ask_permission)
                               .has_value();
  if (is_recording_ && is_accepted) {
    facts_.paths[action.region].handed.push_back({at, action.n});
  }
  tell(agent::EchoSent{action.region, action.n, is_accepted, host_.clock().mono(at)});
}

void SimAgent::act(const agent::PublishReport& action) {
  auto message = std::make_shared<const Message>(Message{report_topic_, action.payload, false});
  auto& link = *report_links_[action.stream];
  const auto token = link.link().publish(message, true);
  if (token) {
    link.sent(*token, action.seq);
    if (is_recording_) {
      facts_.reports.push_back({now(), action.stream, action.seq, std::move(message)});
    }
  }
  tell(agent::ReportSent{action.stream, action.seq, token.has_value()});
}

void SimAgent::act(const agent::PublishStatus& action) {
  report_links_[action.stream]->link().publish(
      std::make_shared<const Message>(Message{action.topic, action.payload, true}), true);
}

}  // namespace echomesh::world
