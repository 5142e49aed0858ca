#include "agent/io/surroundings.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "proto/io/log.hpp"

namespace echomesh::agent {
namespace {

/// A try lasts so long a part of the limit, though askings for several echoes come in between.
constexpr int kTriesPerLimit = 5;

/// So many askings without an answer are worth a word.
constexpr int kAskingsThatTell = 3;

}  // namespace

Surroundings::Surroundings(io::Loop& loop, const Config& config,
                           std::function<void(const Event&)> tell)
    : tell_(std::move(tell)) {
  const nanoseconds patience = config.limit / kTriesPerLimit;
  for (const auto& witness : config.witnesses) {
    const auto heard = [this] {
      is_witnessed_ = true;
      tell_(WitnessHeard{});
    };
    witnesses_.push_back(
        std::make_unique<HostProbe>(loop, witness.host, witness.port, heard, patience));
  }
  for (RegionIndex i = 0; i < config.regions.size(); ++i) {
    const auto& url = config.regions[i].endpoint.url;
    const auto heard = [this, i] { tell_(RegionHeard{i}); };
    if (config.witnesses.empty()) {
      brokers_.push_back(std::make_unique<HostProbe>(loop, url.host, url.port, heard, patience));
    }
    watches_.push_back(std::make_unique<AddressWatch>(
        loop, url, heard, [this, i](std::uint32_t addresses, std::uint32_t dead) {
          tell_(AddressesTried{i, addresses, dead});
        }));
  }
}

void Surroundings::start() {
  for (auto& watch : watches_) {
    watch->start();
  }
}

void Surroundings::stop() {
  for (auto& watch : watches_) {
    watch->stop();
  }
}

void Surroundings::ask(const AskAround& question) {
  for (auto& broker : brokers_) {
    broker->drop_old();
  }
  for (const auto region : question.regions) {
    brokers_.at(region)->ask();
  }
  if (question.regions.empty()) {
    ask_witnesses();
  }
}

void Surroundings::ask_witnesses() {
  if (!is_witnessed_ && unanswered_askings_++ == kAskingsThatTell) {
    io::log(io::LogLevel::warning,
            "no witness has ever answered, though asked " + std::to_string(kAskingsThatTell) +
                " times: unless this place is cut off right now, the witnesses of the settings are "
                "of no use, and every outage is taken for this place's own trouble (blind)");
  }
  for (auto& witness : witnesses_) {
    witness->ask();
  }
}

void Surroundings::look() {
  for (auto& witness : witnesses_) {
    witness->look();
  }
  for (auto& broker : brokers_) {
    broker->look();
  }
  for (auto& watch : watches_) {
    watch->look();
  }
}

}  // namespace echomesh::agent
