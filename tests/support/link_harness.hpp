/// A link on a loop of its own whose listener records what it is told.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/io/loop.hpp"
#include "proto/io/mqtt_link.hpp"
#include "tests/support/loop_until.hpp"

namespace echomesh {

struct HeardMessage {
  std::string topic;
  std::string payload;
  bool retained = false;
  bool is_kernel_time = false;
  MonoTime received;
  MonoTime heard;
};

class RecordingListener : public io::LinkListener {
 public:
  void on_link_up(io::MqttVersion version, bool subscription_denied) override {
    ++ups;
    is_up = true;
    spoken = version;
    denied = subscription_denied;
    up_at = io::mono_now();
  }
  void on_link_lost(const io::LinkFailure& failure) override {
    is_up = false;
    losses.push_back(failure);
    heard_before_loss = heard;
  }
  void on_attempt_failed(const io::LinkFailure& failure) override { failures.push_back(failure); }
  void on_delivery(const io::Delivery& delivery) override {
    messages.push_back({std::string(delivery.topic), std::string(delivery.payload),
                        delivery.retained, delivery.is_kernel_time, delivery.received,
                        io::mono_now()});
    if (then) {
      then(delivery);
    }
  }
  void on_acknowledged(int token, int reason) override {
    acknowledgements.emplace_back(token, reason);
  }
  void on_heard() override { ++heard; }

  bool has_failed_with(MissCause cause) const {
    return std::any_of(failures.begin(), failures.end(),
                       [cause](const auto& failure) { return failure.cause == cause; });
  }
  bool has_failed_only_with(MissCause cause) const {
    return !failures.empty() &&
           std::all_of(failures.begin(), failures.end(),
                       [cause](const auto& failure) { return failure.cause == cause; });
  }
  std::string text_of(MissCause cause) const {
    for (const auto& failure : failures) {
      if (failure.cause == cause) {
        return failure.text;
      }
    }
    return "";
  }

  int ups = 0;
  int heard = 0;
  int heard_before_loss = 0;
  bool is_up = false;
  bool denied = false;
  std::optional<io::MqttVersion> spoken;
  MonoTime up_at;
  std::vector<io::LinkFailure> losses;
  std::vector<io::LinkFailure> failures;
  std::vector<HeardMessage> messages;
  std::vector<std::pair<int, int>> acknowledgements;
  std::function<void(const io::Delivery&)> then;
};

class LinkHarness {
 public:
  explicit LinkHarness(io::LinkSettings settings)
      : link(std::make_unique<io::MqttLink>(loop, std::move(settings), listener)) {}

  bool until(const std::function<bool()>& is_true,
             std::chrono::milliseconds limit = std::chrono::seconds{10}) {
    return loop_until(loop, is_true, limit);
  }
  bool up(int times = 1) {
    return until([this, times] { return listener.is_up && listener.ups >= times; });
  }
  bool fails_with(MissCause cause) {
    return until([this, cause] { return listener.has_failed_with(cause); });
  }
  bool hears(std::size_t messages) {
    return until([this, messages] { return listener.messages.size() >= messages; });
  }

  io::Loop loop;
  RecordingListener listener;
  std::unique_ptr<io::MqttLink> link;
};

/// To 127.0.0.1, subscribed to `echo/#`.
inline io::LinkSettings link_settings(std::uint16_t port) {
  io::LinkSettings settings;
  settings.url = {"127.0.0.1", port, false};
  settings.client_id = "test-link";
  settings.subscriptions = {{"echo/#", io::Qos::at_least_once}};
  settings.kernel_receive_time = true;
  return settings;
}

/// To `echo/x`, which link_settings() hear.
inline io::Publication echo(std::string_view payload, io::Qos qos = io::Qos::at_most_once) {
  io::Publication publication;
  publication.topic = "echo/x";
  publication.payload = payload;
  publication.qos = qos;
  return publication;
}

/// What this process has used of the processor.
inline nanoseconds cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds{usage.ru_utime.tv_sec + usage.ru_stime.tv_sec} +
         std::chrono::microseconds{usage.ru_utime.tv_usec + usage.ru_stime.tv_usec};
}

}  // namespace echomesh
