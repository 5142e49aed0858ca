#include "proto/io/mqtt_connection.hpp"

#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

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

/// One waking reads at most so much before the loop has its turn; epoll reports the rest again.
constexpr int kMaxReadsPerWaking = 2000;
constexpr int kFirstErrorReason = 128;
/// How OpenSSL words that the peer has refused something.
constexpr std::string_view kAlert = "alert";
/// What the broker may send in one packet: a replay of 200 reports on twenty regions is 400 KB.
constexpr std::uint32_t kMaxPacketBytes = 1024U * 1024U;
constexpr std::uint64_t kUpkeepMs = 1000;
/// What the library needs beside topic and payload. It bounds their number, too: the library counts
/// them by 16 bits and does not look whether a number is still in use.
constexpr std::size_t kBytesPerPublication = 256;

/// The library is set up once per process and never torn down.
void init_library() {
  static const int kStatus = mosquitto_lib_init();
  assert(kStatus == MOSQ_ERR_SUCCESS);
}

MqttConnection& self(void* object) {
  return *static_cast<MqttConnection*>(object);
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
void MqttConnection::complaint(const char* line) {
  if (library_complaint_.find(kAlert) == std::string::npos) {
    library_complaint_ = line;
  }
}

void MqttConnection::connect() {
  if (client_ == nullptr) {
    fail_at_once({MissCause::connect, "libmosquitto has no memory or descriptor left"},
                 End::broken);
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
  const int code = mosquitto_connect_bind_async(client_, address_.c_str(), settings_.url.port,
                                                keep_alive, nullptr);
  const int error = errno;
  if (code != MOSQ_ERR_SUCCESS) {
    const std::string text =
        code == MOSQ_ERR_ERRNO ? std::strerror(error) : mosquitto_strerror(code);
    if (auto refusal = settings_.tls ? settings_.tls->take_refusal() : std::nullopt) {
      fail_at_once({MissCause::tls, *std::move(refusal)}, End::refused);
    } else {
      const bool is_tls = code == MOSQ_ERR_TLS || (settings_.tls && error == EPROTO);
      fail_at_once({is_tls ? MissCause::tls : MissCause::connect,
                    !is_tls                      ? text
                    : library_complaint_.empty() ? "connection closed during the TLS handshake"
                                                 : library_complaint_},
                   End::broken);
    }
    return;
  }
  ssl_ = static_cast<SSL*>(mosquitto_ssl_get(client_));
  if (ssl_ != nullptr && settings_.kernel_receive_time) {
    SSL_set_read_ahead(ssl_, 0);  // a record at a time, so that each has its own arrival
  }
  set_close_on_exec(socket());
  sync();
}

/// Within connect(): told from the loop.
void MqttConnection::fail_at_once(LinkFailure failure, End what) {
  phase_ = Phase::ended;
  deferrals_.add(
      [this, failure = std::move(failure), what] { owner_.on_ended(id_, failure, what); });
}

int MqttConnection::socket() const {
  return mosquitto_socket(client_);
}

bool MqttConnection::is_peer_there() const {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  return getpeername(socket(), reinterpret_cast<sockaddr*>(&peer),  // NOLINT: the socket API's way
                     &length) == 0;
}

void MqttConnection::release_poll() {
  if (poll_ != nullptr) {
    uv_poll_stop(poll_);
    close_and_free(std::exchange(poll_, nullptr));
  }
  polled_socket_ = -1;
  poll_mask_ = 0;
}

/// Makes the poll watch what the library has now. libuv aborts when told to watch a descriptor
/// that is closed, so the socket is read anew each time.
void MqttConnection::sync() {
  if (phase_ == Phase::ended) {
    release_poll();
    return;
  }
  const int fd = socket();
  if (fd != polled_socket_) {
    release_poll();
    if (fd < 0) {
      return;  // the library closed it; whoever called it says so
    }
    poll_ = new uv_poll_t{};
    uv_poll_init(loop_.raw(), poll_, fd);
    poll_->data = this;
    polled_socket_ = fd;
  }
  bool wants_write = mosquitto_want_write(client_);
  if (phase_ == Phase::connecting) {
    wants_write = true;
  } else if (phase_ == Phase::tls) {
    wants_write = SSL_want_write(ssl_) != 0;  // the library's own answer is wrong here
  }
  const int mask = UV_READABLE | (wants_write ? UV_WRITABLE : 0);
  if (mask != poll_mask_) {
    poll_mask_ = mask;
    uv_poll_start(poll_, mask, [](uv_poll_t* poll, int status, int events) {
      self(poll->data).polled(status, events);
    });
  }
}

void MqttConnection::polled(int status, int events) {
  if (status < 0) {
    poll_mask_ = 0;  // libuv has stopped the handle
  }
  if (phase_ == Phase::connecting) {
    if (status >= 0 && (events & UV_WRITABLE) == 0) {
      return;
    }
    if (!finish_tcp(status)) {
      return;
    }
  }
  if (status < 0 || (events & UV_READABLE) != 0 || ssl_ != nullptr) {
    read_all();
  }
  check_tls_progress();
  write_pending();
  sync();
}

/// TCP has answered, one way or the other; false if it failed.
bool MqttConnection::finish_tcp(int status) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == 0 && !is_peer_there()) {
    error = errno;  // the library may have eaten the error already
  }
  if (error != 0 || status < 0) {
    end(MissCause::connect, std::strerror(error != 0 ? error : ECONNREFUSED));
    return false;
  }
  set_connected_options(socket(), settings_.kernel_receive_time);
  phase_ = ssl_ != nullptr ? Phase::tls : Phase::connack;
  uv_timer_start(
      upkeep_, [](uv_timer_t* timer) { self(timer->data).upkeep(); }, kUpkeepMs, kUpkeepMs);
  owner_.on_connected(id_);
  return phase_ != Phase::ended;
}

void MqttConnection::read_all() {
  if (is_reading_) {
    return;  // called from within a delivery
  }
  is_reading_ = true;
  arrival_.reset();
  int code = MOSQ_ERR_SUCCESS;
  bool has_more = true;
  for (int reads = 0; has_more && reads < kMaxReadsPerWaking; ++reads) {
    take_arrival_time();
    errno = 0;
    code = mosquitto_loop_read(client_, 1);
    const bool may_be_empty = errno == EAGAIN;
    has_more = code == MOSQ_ERR_SUCCESS && socket() >= 0 && phase_ != Phase::ended &&
               phase_ != Phase::tls && !(may_be_empty && is_empty());
  }
  is_reading_ = false;
  if (phase_ == Phase::ended) {
    return;
  }
  if (code != MOSQ_ERR_SUCCESS || socket() < 0) {
    fail(code);
    return;
  }
  acknowledge_at_once(socket());
  if (has_more && phase_ != Phase::tls) {
    deferrals_.add([this] { read_on(); });  // epoll does not see what OpenSSL has taken in
  }
}

/// Nothing is left to read. errno alone may be stale: the library's own writes set it, too.
bool MqttConnection::is_empty() const {
  // Bytes that OpenSSL keeps may be part of a record that is still under way.
  return ssl_ != nullptr ? SSL_want(ssl_) != SSL_NOTHING : !has_unread(socket());
}

/// When the kernel took in the bytes that are read next. Messages of one TLS record share its time.
void MqttConnection::take_arrival_time() {
  if (!settings_.kernel_receive_time || phase_ != Phase::up) {
    return;
  }
  if (const auto stamp = peek_arrival(socket())) {
    arrival_ = kernel_clock_.to_mono(*stamp);
  } else if (ssl_ == nullptr) {
    arrival_.reset();
  }
}

void MqttConnection::check_tls_progress() {
  if (phase_ != Phase::tls) {
    return;
  }
  if (SSL_is_init_finished(ssl_) != 0) {
    phase_ = Phase::connack;
    read_all();  // a peer that refuses our certificate says so, and resets what we write after that
  } else if (!is_peer_there()) {
    end(MissCause::tls, "connection closed during the TLS handshake");
  }
}

void MqttConnection::write_pending() {
  if (phase_ == Phase::ended || phase_ == Phase::connecting || phase_ == Phase::tls) {
    return;
  }
  if (mosquitto_want_write(client_)) {
    const int code = mosquitto_loop_write(client_, 1);
    if (code != MOSQ_ERR_SUCCESS || socket() < 0) {
      fail(code);
    }
  }
}

void MqttConnection::upkeep() {
  read_all();  // an unread PINGRESP would end a healthy connection
  if (phase_ == Phase::up || phase_ == Phase::suback) {
    const int code = mosquitto_loop_misc(client_);
    if (code != MOSQ_ERR_SUCCESS || socket() < 0) {
      fail(code);
    }
  }
  write_pending();
  sync();
}

void MqttConnection::drain() {
  if (phase_ == Phase::up) {
    read_on();
  }
}

void MqttConnection::read_on() {
  if (phase_ != Phase::ended && !is_reading_) {
    read_all();
    write_pending();
    sync();
  }
}

void MqttConnection::look() {
  if (phase_ == Phase::ended || is_reading_ || socket() < 0) {
    return;
  }
  pollfd seen{socket(), POLLIN | POLLOUT, 0};
  if (::poll(&seen, 1, 0) == 1) {
    const bool is_writable = (seen.revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
    const bool is_readable = (seen.revents & ~POLLOUT) != 0;
    polled(0, (is_readable ? UV_READABLE : 0) | (is_writable ? UV_WRITABLE : 0));
  }
}

/// Names the phase that a dead connection died in.
void MqttConnection::fail(int code) {
  std::string text = code == MOSQ_ERR_ERRNO     ? std::strerror(errno)
                     : code == MOSQ_ERR_SUCCESS ? "connection closed"
                                                : mosquitto_strerror(code);
  switch (phase_) {
    case Phase::connecting:
      end(MissCause::connect, std::move(text));
      break;
    case Phase::tls:
      if (auto refusal = settings_.tls->take_refusal()) {
        end(MissCause::tls, *std::move(refusal), End::refused);
      } else {
        end(MissCause::tls, library_complaint_.empty() ? text : library_complaint_);
      }
      break;
    case Phase::connack: {
      // Under TLS 1.3 a refused client certificate shows only now.
      const bool is_alert =
          code == MOSQ_ERR_TLS || library_complaint_.find(kAlert) != std::string::npos;
      if (is_alert) {
        end(MissCause::tls, library_complaint_.empty() ? text : library_complaint_);
      } else {
        end(MissCause::connect, "connection closed before CONNACK", End::closed_unanswered);
      }
      break;
    }
    case Phase::suback:
    case Phase::up:
      end(MissCause::lost, std::move(text));
      break;
    case Phase::ended:
      break;
  }
}

void MqttConnection::end(MissCause cause, std::string text, End what) {
  if (phase_ == Phase::ended) {
    return;
  }
  phase_ = Phase::ended;
  release_poll();
  uv_timer_stop(upkeep_);
  owner_.on_ended(id_, {cause, std::move(text)}, what);
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
