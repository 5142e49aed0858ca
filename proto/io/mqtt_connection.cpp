#include "proto/io/mqtt_connection.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "proto/io/loop.hpp"
#include "proto/io/socket_options.hpp"

namespace echomesh::io {
namespace {

constexpr int kFirstErrorReason = 128;
/// How OpenSSL words that the peer has refused something.
constexpr std::string_view kAlert = "alert";
/// What the broker may send in one packet: a replay of 200 reports on twenty regions is 400 KB.
constexpr std::uint32_t kMaxPacketBytes = 1024U * 1024U;
/// What the library needs beside topic and payload. It bounds their number, too: the library counts
/// them by 16 bits and does not look whether a number is still in use.
constexpr std::size_t kBytesPerPublication = 256;

/// The library is set up once per process and never torn down.
void init_library() {
  static const int kStatus = mosquitto_lib_init();
  assert(kStatus == MOSQ_ERR_SUCCESS);
}

}  // namespace

MqttConnection::MqttConnection(Loop& loop, const LinkSettings& settings, Goal goal, Owner& owner)
    : loop_(loop),
      deferrals_(loop),
      settings_(settings),
      version_(goal.version),
      id_(goal.id),
      address_(std::move(goal.address)),
      owner_(owner),
      upkeep_(new uv_timer_t{}) {
  init_library();
  client_ = mosquitto_new(settings.client_id.c_str(), true, this);
  uv_timer_init(loop.raw(), upkeep_);
  upkeep_->data = this;
  if (client_ != nullptr) {  // there may be no descriptor left
    configure();
  }
}

MqttConnection::~MqttConnection() {
  release_poll();
  uv_timer_stop(upkeep_);
  close_and_free(upkeep_);
  mosquitto_destroy(client_);
}

void MqttConnection::configure() {
  mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION,
                       version_ == MqttVersion::v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);
  if (settings_.username) {
    mosquitto_username_pw_set(client_, settings_.username->c_str(),
                              settings_.password ? settings_.password->c_str() : nullptr);
  }
  if (settings_.tls) {
    mosquitto_void_option(client_, MOSQ_OPT_SSL_CTX, settings_.tls->raw());
    // With its own defaults on top, the library (2.0.11) refuses every certificate.
    mosquitto_int_option(client_, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
  }
  set_will();
  set_callbacks();
}

void MqttConnection::set_will() {
  if (!settings_.will) {
    return;
  }
  const auto& will = *settings_.will;
  mosquitto_will_set(client_, will.topic.c_str(), static_cast<int>(will.payload.size()),
                     will.payload.data(), 1, true);
}

void MqttConnection::set_callbacks() {
  mosquitto_connect_v5_callback_set(
      client_, [](mosquitto* /*client*/, void* object, int reason, int /*flags*/,
                  const mosquitto_property* /*properties*/) { self(object).connack(reason); });
  mosquitto_subscribe_v5_callback_set(
      client_, [](mosquitto* /*client*/, void* object, int /*token*/, int count, const int* granted,
                  const mosquitto_property* /*properties*/) {
        self(object).suback(count > 0 ? granted[0] : kFirstErrorReason);
      });
  mosquitto_message_v5_callback_set(client_, [](mosquitto* /*client*/, void* object,
                                                const mosquitto_message* message,
                                                const mosquitto_property* /*properties*/) {
    self(object).message(message->topic, message->payload, message->payloadlen, message->retain);
  });
  mosquitto_publish_v5_callback_set(
      client_,
      [](mosquitto* /*client*/, void* object, int token, int reason,
         const mosquitto_property* /*properties*/) { self(object).published(token, reason); });
  mosquitto_log_callback_set(client_,
                             [](mosquitto* /*client*/, void* object, int level, const char* line) {
                               if (level == MOSQ_LOG_ERR) {
                                 self(object).complaint(line);
                               }
                             });
}

/// Of several lines the one on a TLS alert says why.
bool MqttConnection::complains_of_alert() const {
  return library_complaint_.find(kAlert) != std::string::npos;
}

void MqttConnection::complaint(const char* line) {
  if (!complains_of_alert()) {
    library_complaint_ = line;
  }
}

void MqttConnection::connect() {
  if (client_ == nullptr) {
    fail_later({MissCause::connect, "libmosquitto has no memory or descriptor left"}, End::broken,
               false);
    return;
  }
  const auto keep_alive = static_cast<int>(settings_.keep_alive.count());
  if (version_ == MqttVersion::v5) {
    // There is no asynchronous connect that takes properties; this call keeps them, then fails
    // for want of a host, and every later connect sends them.
    mosquitto_property* properties = nullptr;
    mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, kMaxPacketBytes);
    mosquitto_connect_bind_v5(client_, nullptr, 0, keep_alive, nullptr, properties);
    mosquitto_property_free_all(&properties);
  }
  if (settings_.tls) {
    settings_.tls->begin();
  }
  const int code = mosquitto_connect_bind_async(client_, address_.c_str(), settings_.url.port,
                                                keep_alive, nullptr);
  const int error = errno;
  if (code != MOSQ_ERR_SUCCESS) {
    fail_at_once(code, error);
    return;
  }
  ssl_ = static_cast<SSL*>(mosquitto_ssl_get(client_));
  eaten_error_ = settings_.tls ? settings_.tls->eaten_error() : 0;
  if (ssl_ != nullptr) {
    watch_refusal(ssl_, may_refuse_certificate_);
  }
  if (ssl_ != nullptr && settings_.kernel_receive_time) {
    SSL_set_read_ahead(ssl_, 0);  // a record at a time, so that each has its own arrival
  }
  set_close_on_exec(socket());
  sync();
}

/// Within connect(): told from the loop.
void MqttConnection::fail_at_once(int code, int error) {
  LinkFailure failure{MissCause::connect, ""};
  End what = End::broken;
  // The library has closed the socket, and OpenSSL's first write may have eaten its error.
  const int eaten = settings_.tls ? settings_.tls->eaten_error() : 0;
  const int true_error = eaten != 0 ? eaten : error;
  const bool is_refused = is_from_peer(true_error);
  if (auto refusal = settings_.tls ? settings_.tls->take_refusal() : std::nullopt) {
    failure = {MissCause::tls, *std::move(refusal)};
    what = End::refused;
  } else if (settings_.tls && settings_.tls->has_begun()) {
    failure = {MissCause::tls, library_complaint_.empty() ? kClosedInTls : library_complaint_};
  } else {
    failure.text = is_refused                             ? std::strerror(ECONNREFUSED)
                   : eaten != 0 || code == MOSQ_ERR_ERRNO ? std::strerror(true_error)
                                                          : mosquitto_strerror(code);
  }
  const bool is_heard = is_refused || failure.cause == MissCause::tls;
  fail_later(std::move(failure), what, is_heard);
}

void MqttConnection::fail_later(LinkFailure failure, End what, bool is_heard) {
  phase_ = Phase::ended;
  deferrals_.add([this, failure = std::move(failure), what, is_heard] {
    if (is_heard) {
      owner_.on_heard();
    }
    owner_.on_ended(id_, failure, what);
  });
}

void MqttConnection::connack(int reason) {
  if (reason != 0) {
    const bool is_version = reason == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION ||
                            (version_ == MqttVersion::v311 && reason == 1);
    end(MissCause::refused,
        std::string("CONNACK ") + std::to_string(reason) + ": " +
            (version_ == MqttVersion::v5 || is_version ? mosquitto_reason_string(reason)
                                                       : mosquitto_connack_string(reason)),
        is_version ? End::version_unsupported : End::refused);
    return;
  }
  mosquitto_log_callback_set(client_, nullptr);  // it costs an allocation per packet
  phase_ = Phase::suback;
  subscribe();
}

void MqttConnection::subscribe() {
  subacks_missing_ = static_cast<int>(settings_.subscriptions.size());
  for (const auto& subscription : settings_.subscriptions) {
    mosquitto_subscribe(client_, nullptr, subscription.filter.c_str(),
                        static_cast<int>(subscription.qos));
  }
  if (subacks_missing_ == 0) {
    ready();
  }
}

void MqttConnection::suback(int granted) {
  subscription_denied_ = subscription_denied_ || granted >= kFirstErrorReason;
  if (--subacks_missing_ == 0 && phase_ == Phase::suback) {
    ready();
  }
}

void MqttConnection::ready() {
  phase_ = Phase::up;
  owner_.on_ready(id_, subscription_denied_);
}

void MqttConnection::message(const char* topic, const void* payload, int bytes, bool retained) {
  if (phase_ == Phase::ended) {
    return;
  }
  Delivery delivery;
  delivery.topic = topic;
  if (payload != nullptr && bytes > 0) {
    delivery.payload = {static_cast<const char*>(payload), static_cast<std::size_t>(bytes)};
  }
  delivery.retained = retained;
  delivery.is_kernel_time = arrival_.has_value();
  delivery.received = arrival_ ? *arrival_ : mono_now();
  owner_.on_delivery(delivery);
}

Published MqttConnection::publish(const Publication& publication) {
  const std::size_t bytes =
      publication.topic.size() + publication.payload.size() + kBytesPerPublication;
  if (phase_ != Phase::up || queued_bytes_ + bytes > settings_.max_queued_bytes) {
    return {};
  }
  const std::string topic(publication.topic);
  mosquitto_property* properties = nullptr;
  if (publication.expiry && version_ == MqttVersion::v5) {
    mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
                                 static_cast<std::uint32_t>(publication.expiry->count()));
  }
  Published result;
  is_publishing_ = true;
  published_at_once_.reset();
  result.at = mono_now();
  const int code =
      mosquitto_publish_v5(client_, &result.token, topic.c_str(),
                           static_cast<int>(publication.payload.size()), publication.payload.data(),
                           static_cast<int>(publication.qos), publication.retain, properties);
  is_publishing_ = false;
  mosquitto_property_free_all(&properties);
  result.accepted = code == MOSQ_ERR_SUCCESS;
  if (result.accepted && published_at_once_ != result.token) {
    outstanding_[result.token] = {bytes, publication.qos == Qos::at_least_once};
    queued_bytes_ += bytes;
  }
  if (!is_reading_) {
    sync();  // what did not fit into the socket waits for it to be writable
  }
  return result;
}

/// QoS 0: handed to the kernel. QoS 1: PUBACK.
void MqttConnection::published(int token, int reason) {
  if (is_publishing_) {
    published_at_once_ = token;
    return;
  }
  const auto found = outstanding_.find(token);
  if (found == outstanding_.end()) {
    return;
  }
  const auto outstanding = found->second;
  outstanding_.erase(found);
  queued_bytes_ -= outstanding.bytes;
  if (outstanding.wants_acknowledgement && phase_ != Phase::ended) {
    owner_.on_acknowledged(token, reason);
  }
}

void MqttConnection::disconnect() {
  if (phase_ == Phase::up) {
    mosquitto_disconnect(client_);
    sync();
  }
}

}  // namespace echomesh::io
