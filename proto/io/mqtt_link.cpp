#include "proto/io/mqtt_link.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "proto/connect_plan.hpp"
#include "proto/io/clock.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/mqtt_connection.hpp"
#include "proto/io/resolver.hpp"
#include "proto/io/timer.hpp"
#include "proto/version_choice.hpp"

namespace echomesh::io {
namespace {

using std::chrono::milliseconds;

/// How long stop() waits for acknowledgements, looking so often.
constexpr milliseconds kFlush{800};
constexpr milliseconds kFlushLook{10};

std::string at(const LinkSettings& settings, const std::string& address) {
  return to_string(settings.url) +
         (address.empty() || address == settings.url.host ? "" : " (" + address + ")");
}

}  // namespace

class MqttLink::Impl : public MqttConnection::Owner {
 public:
  Impl(Loop& loop, LinkSettings settings, LinkListener& listener)
      : loop_(loop),
        deferrals_(loop),
        settings_(std::move(settings)),
        listener_(listener),
        plan_(stable_hash(settings_.client_id)),
        resolver_(
            loop, settings_.url.host,
            [this](auto addresses, auto failure) { resolved(std::move(addresses), failure); }),
        wakeup_(loop, [this] { wake(); }) {}

  void start() {
    plan_.start(mono_now());
    follow_plan();
  }

  void stop(std::function<void()> done) {
    stopped_ = std::move(done);
    give_up_at_ = mono_now() + kFlush;
    wakeup_.disarm();
    std::erase_if(attempts_, [this](const auto& attempt) { return attempt.get() != up_; });
    flush_ = std::make_unique<Timer>(loop_, [this] { flush(); });
    flush_->arm(mono_now());
  }

  void reconnect(std::string reason) {
    if (up_ != nullptr) {
      deferrals_.add([this, reason = std::move(reason), id = up_->id()] {
        if (up_ != nullptr && up_->id() == id) {
          lose(id, {MissCause::lost, reason});
        }
      });
    }
  }

  bool is_up() const { return up_ != nullptr; }
  std::optional<UtcTime> certificate_expiry() const {
    return up_ != nullptr ? up_->certificate_expiry() : std::nullopt;
  }
  void set_password(std::string password) { settings_.password = std::move(password); }
  Published publish(const Publication& publication) {
    return up_ != nullptr ? up_->publish(publication) : Published{};
  }
  void drain() {
    if (up_ != nullptr) {
      up_->drain();
    } else if (!is_stopping()) {
      look_at_attempts();
    }
  }

 private:
  struct EarlyDelivery {
    std::string topic;
    std::string payload;
    Delivery delivery;
  };

  void wake() {
    look_at_attempts();
    plan_.woke(mono_now());
    follow_plan();
  }

  void look_at_attempts() {
    std::vector<AttemptId> ids;
    for (const auto& attempt : attempts_) {
      ids.push_back(attempt->id());
    }
    for (const AttemptId id : ids) {  // looking at one may end others
      if (const auto attempt = find(id); attempt != attempts_.end()) {
        (*attempt)->look();
      }
    }
  }

  void on_connected(AttemptId id) override {
    plan_.connected(id, mono_now());
    follow_plan();
  }

  void on_ready(AttemptId id, bool subscription_denied) override {
    const auto attempt = find(id);
    if (attempt == attempts_.end() || is_stopping()) {
      return;
    }
    version_.came_up();
    plan_.up(id, mono_now());
    up_ = attempt->get();
    follow_plan();
    // Not from within the library's callback: the listener will publish, and be heard in turn.
    subscription_denied_ = subscription_denied;
    deferrals_.add([this] { tell_up(); });
  }

  void on_ended(AttemptId id, const LinkFailure& failure, MqttConnection::End end) override {
    if (up_ != nullptr && up_->id() == id) {
      lose(id, failure);
      return;
    }
    const auto attempt = find(id);
    if (attempt == attempts_.end()) {
      return;
    }
    const LinkFailure told{failure.cause, at(settings_, address_of_[id]) + ": " + failure.text};
    discard(id);
    // The other version has its turn: that is no failure yet.
    const bool is_matter_of_words =
        end == MqttConnection::End::version_unsupported && version_.current() == MqttVersion::v5;
    plan_.failed(id, weigh(end), mono_now());
    if (!is_matter_of_words) {
      listener_.on_attempt_failed(told);
    }
    follow_plan();
  }

  /// What it means for the next attempt: its version, and when.
  AttemptEnd weigh(MqttConnection::End end) {
    using End = MqttConnection::End;
    switch (end) {
      case End::broken:
        return AttemptEnd::broken;
      case End::refused:
        return AttemptEnd::refused;
      case End::version_unsupported:
        version_.unsupported();
        return AttemptEnd::broken;  // a matter of words, not a refusal
      case End::closed_unanswered:
        version_.closed_unanswered();
        return AttemptEnd::broken;
    }
    return AttemptEnd::broken;
  }

  void on_delivery(const Delivery& delivery) override {
    tell_up();
    if (is_told_up_) {
      listener_.on_delivery(delivery);
    } else {
      keep_early(delivery);
    }
  }
  void on_acknowledged(int token, int reason) override {
    if (is_told_up_) {
      listener_.on_acknowledged(token, reason);
    }
  }

  void on_heard() override {
    if (!is_stopping()) {
      listener_.on_heard();
    }
  }

  /// A broker may hand over what it retains before SUBACK (MQTT 5, 3.8.4); it is heard once the
  /// link is up.
  void keep_early(const Delivery& delivery) {
    early_bytes_ += delivery.topic.size() + delivery.payload.size();
    if (early_bytes_ > settings_.max_queued_bytes) {
      deferrals_.add([this] { give_up_flooded(); });
      return;
    }
    early_.push_back({std::string(delivery.topic), std::string(delivery.payload), delivery});
  }

  void give_up_flooded() {
    if (up_ != nullptr || attempts_.empty() || early_bytes_ <= settings_.max_queued_bytes) {
      return;
    }
    const AttemptId id = attempts_.front()->id();  // connected, so the only one
    const LinkFailure told{MissCause::timeout, at(settings_, address_of_[id]) + ": more than " +
                                                   std::to_string(settings_.max_queued_bytes) +
                                                   " bytes of messages before SUBACK"};
    discard(id);
    plan_.failed(id, AttemptEnd::refused, mono_now());
    listener_.on_attempt_failed(told);
    follow_plan();
  }

  void tell_up() {
    if (is_told_up_ || up_ == nullptr) {
      return;
    }
    is_told_up_ = true;
    listener_.on_link_up(version_.current(), subscription_denied_);
    early_bytes_ = 0;
    for (auto& kept : std::exchange(early_, {})) {
      kept.delivery.topic = kept.topic;
      kept.delivery.payload = kept.payload;
      listener_.on_delivery(kept.delivery);
    }
  }

  void lose(AttemptId id, const LinkFailure& failure) {
    const bool was_told = std::exchange(is_told_up_, false);
    up_ = nullptr;
    discard(id);
    version_.lost();
    plan_.lost(mono_now());
    if (was_told && !is_stopping()) {
      listener_.on_link_lost({failure.cause, to_string(settings_.url) + ": " + failure.text});
    }
    follow_plan();
  }

  void resolved(std::vector<std::string> addresses, const std::string& failure) {
    if (is_stopping()) {
      return;
    }
    if (!addresses.empty()) {
      addresses_ = std::move(addresses);
      plan_.resolved(addresses_.size(), mono_now());
    } else if (!addresses_.empty()) {
      plan_.resolved(addresses_.size(), mono_now());  // the last good ones
    } else {
      plan_.not_resolved(mono_now());
      listener_.on_attempt_failed(
          {MissCause::dns, to_string(settings_.url) + ": cannot resolve: " + failure});
    }
    follow_plan();
  }

  bool is_stopping() const { return static_cast<bool>(flush_); }

  void follow_plan() {
    if (is_stopping()) {
      return;
    }
    for (const auto& action : plan_.take_actions()) {
      std::visit([this](const auto& what) { act(what); }, action);
    }
    wakeup_.set(plan_.next_wakeup());
  }

  void act(const Resolve& /*action*/) { resolver_.resolve(); }

  void act(const Attempt& action) {
    const auto& address = addresses_.at(action.address);
    address_of_[action.id] = address;
    attempts_.push_back(std::make_unique<MqttConnection>(
        loop_, settings_, MqttConnection::Goal{action.id, address, version_.current()}, *this));
    attempts_.back()->connect();
  }

  void act(const Abandon& action) {
    const auto attempt = find(action.id);
    if (attempt == attempts_.end()) {
      return;
    }
    const bool in_tls = (*attempt)->is_handshaking_tls();
    const auto place = at(settings_, address_of_[action.id]);
    discard(action.id);
    if (action.is_overdue) {
      listener_.on_attempt_failed(
          in_tls ? LinkFailure{MissCause::tls, place + ": no end of the TLS handshake in 5 s"}
                 : LinkFailure{MissCause::timeout, place + ": accepts connections, but no CONNACK "
                                                           "and SUBACK in 5 s"});
    }
  }

  void act(const Unanswered& action) {
    listener_.on_attempt_failed({MissCause::connect, at(settings_, address_of_[action.id]) +
                                                         ": TCP connect not answered in 1 s"});
  }

  using Attempts = std::vector<std::unique_ptr<MqttConnection>>;
  Attempts::iterator find(AttemptId id) {
    return std::find_if(attempts_.begin(), attempts_.end(),
                        [id](const auto& attempt) { return attempt->id() == id; });
  }

  /// Out of sight now, destroyed from the loop: the call may come from the connection itself.
  void discard(AttemptId id) {
    const auto attempt = find(id);
    if (attempt == attempts_.end()) {
      return;
    }
    discarded_.push_back(std::move(*attempt));
    attempts_.erase(attempt);
    address_of_.erase(id);
    early_.clear();
    early_bytes_ = 0;
    deferrals_.add([this] { discarded_.clear(); });
  }

  void flush() {
    if (up_ != nullptr && up_->has_unacknowledged() && mono_now() < give_up_at_) {
      flush_->arm(mono_now() + kFlushLook);
      return;
    }
    if (up_ != nullptr) {
      up_->disconnect();
    }
    if (stopped_) {
      std::exchange(stopped_, nullptr)();
    }
  }

  Loop& loop_;
  Deferrals deferrals_;
  LinkSettings settings_;
  LinkListener& listener_;
  ConnectPlan plan_;
  VersionChoice version_;
  std::vector<std::string> addresses_;
  std::unordered_map<AttemptId, std::string> address_of_;
  Attempts attempts_;
  Attempts discarded_;
  MqttConnection* up_ = nullptr;  ///< one of attempts_
  bool is_told_up_ = false;
  std::vector<EarlyDelivery> early_;  ///< until the link is up
  std::size_t early_bytes_ = 0;
  bool subscription_denied_ = false;
  Resolver resolver_;
  Timer wakeup_;
  std::unique_ptr<Timer> flush_;  ///< there while stopping
  std::function<void()> stopped_;
  MonoTime give_up_at_;
};

MqttLink::MqttLink(Loop& loop, LinkSettings settings, LinkListener& listener)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), listener)) {}
MqttLink::~MqttLink() = default;

void MqttLink::start() {
  impl_->start();
}
void MqttLink::stop(std::function<void()> done) {
  impl_->stop(std::move(done));
}
void MqttLink::reconnect(std::string reason) {
  impl_->reconnect(std::move(reason));
}
bool MqttLink::is_up() const {
  return impl_->is_up();
}
std::optional<UtcTime> MqttLink::certificate_expiry() const {
  return impl_->certificate_expiry();
}
void MqttLink::set_password(std::string password) {
  impl_->set_password(std::move(password));
}
Published MqttLink::publish(const Publication& publication) {
  return impl_->publish(publication);
}
void MqttLink::drain() {
  impl_->drain();
}

}  // namespace echomesh::io
