/// One durable MQTT connection to one broker, on a libuv loop: it connects, subscribes, tells when
/// it is up, and tries again for ever when it is not.
///
///   start() -> down --name resolved--> connecting --TCP, TLS, CONNACK, SUBACK--> up
///                ^                         | failed(cause)                       | lost
///                `-------------------------+--------------<----------------------'
///
/// No call blocks. All callbacks come from the loop, never from inside a call of this class but
/// drain(). A callback may publish; it may not destroy the link.
/// Nothing is queued while the link is down: publish() says so and the caller decides.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/broker_url.hpp"
#include "proto/io/tls.hpp"
#include "proto/mqtt_version.hpp"
#include "proto/outcome.hpp"
#include "proto/time.hpp"

namespace echomesh::io {

class Loop;

using echomesh::MqttVersion;
enum class Qos { at_most_once = 0, at_least_once = 1 };

struct Subscription {
  std::string filter;
  Qos qos = Qos::at_least_once;
};

struct LastWill {
  std::string topic;
  std::string payload;  ///< always retained, QoS 1
};

struct LinkSettings {
  BrokerUrl url;
  std::string client_id;
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::shared_ptr<TlsContext> tls;  ///< shared by all links to one broker; null for mqtt://
  std::chrono::seconds keep_alive{60};
  std::optional<LastWill> will;
  std::vector<Subscription> subscriptions;
  /// Ask the kernel when the bytes of a message arrived (echo links).
  bool kernel_receive_time = false;
  /// Publications that wait for the socket, in bytes; beyond it publish() refuses.
  std::size_t max_queued_bytes = 4U << 20U;
};

/// A message as it came; the views live for the callback only.
struct Delivery {
  std::string_view topic;
  std::string_view payload;
  bool retained = false;
  MonoTime received;  ///< kernel time where known, else when the callback began
  bool is_kernel_time = false;
};

struct Publication {
  std::string_view topic;
  std::string_view payload;
  Qos qos = Qos::at_most_once;
  bool retain = false;
  /// MQTT 5 message expiry, whole seconds; left out on 3.1.1.
  std::optional<std::chrono::seconds> expiry;
};

/// What became of a publish() call.
struct Published {
  bool accepted = false;  ///< false: the link is down or its queue is full; nothing was kept
  int token = 0;          ///< with QoS 1: comes back in on_acknowledged
  MonoTime at;            ///< stamped as the last statement before the library's publish
};

/// Why the link is not up: the phase its latest attempt failed in, and the words for a log.
struct LinkFailure {
  MissCause cause = MissCause::timeout;
  std::string text;
};

class LinkListener {
 public:
  virtual ~LinkListener() = default;
  /// SUBACK is in. `denied` is the refusal of a subscription, if there was one.
  virtual void on_link_up(MqttVersion version, bool subscription_denied) = 0;
  /// A link that was up is lost.
  virtual void on_link_lost(const LinkFailure& failure) = 0;
  /// An attempt to come up failed; more will follow.
  virtual void on_attempt_failed(const LinkFailure& failure) = 0;
  virtual void on_delivery(const Delivery& delivery) = 0;
  /// PUBACK of a QoS 1 publication; reason below 128 is success (always 0 on 3.1.1).
  virtual void on_acknowledged(int token, int reason) = 0;
  /// Something of the broker reached us: a byte, or the answer to a TCP connect, be it a refusal.
  virtual void on_heard() {}
};

class MqttLink {
 public:
  /// `loop` and `listener` must outlive the link.
  MqttLink(Loop& loop, LinkSettings settings, LinkListener& listener);
  ~MqttLink();  ///< drops the connection without DISCONNECT (the will is published)
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  void start();
  /// Sends what is queued, then DISCONNECT (no will), then calls `done` once; at most 1 s later.
  void stop(std::function<void()> done);
  /// Drops a connection that the caller found dead, and connects again.
  void reconnect(std::string reason);

  bool is_up() const;
  /// Until when the certificate of the broker is valid; none if the link is down or without TLS.
  std::optional<UtcTime> certificate_expiry() const;
  /// For connections from now on.
  void set_password(std::string password);
  Published publish(const Publication& publication);
  /// Reads all that the socket holds now and delivers it, from inside this call, and takes note of
  /// what has become of attempts: to be made before any limit is judged. Does nothing within a
  /// delivery.
  void drain();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace echomesh::io
