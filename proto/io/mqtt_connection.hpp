/// One attempt at a broker: one libmosquitto client, one socket, from the TCP connect to the end.
///
///   connecting --TCP--> tls --> connack --> suback --> up
///        `---------------`--------`----------`---------`--> ended(cause)
///
/// It never reconnects: a fresh attempt is a fresh object, so nothing of a dead connection (socket
/// number, queued packets, poll state) can reach into the next one. It is destroyed from the loop,
/// never from within its own callbacks.
#pragma once

#include <openssl/ssl.h>
#include <uv.h>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "proto/connect_plan.hpp"
#include "proto/io/clock.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/mqtt_link.hpp"

struct mosquitto;

namespace echomesh::io {

class MqttConnection {
 public:
  /// What the end tells about the peer.
  enum class End {
    broken,
    refused,              ///< by CONNACK, or by us for its certificate
    version_unsupported,  ///< refused for the version of MQTT
    closed_unanswered,    ///< closed after CONNECT, without a CONNACK
  };

  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_connected(AttemptId id) = 0;  ///< TCP has answered
    virtual void on_ready(AttemptId id, bool subscription_denied) = 0;
    /// Told once; the connection is dead and may be destroyed from the loop.
    virtual void on_ended(AttemptId id, const LinkFailure& failure, End end) = 0;
    virtual void on_delivery(const Delivery& delivery) = 0;
    virtual void on_acknowledged(int token, int reason) = 0;
    virtual void on_heard() = 0;
  };

  /// What is attempted: a literal address, in a version of MQTT.
  struct Goal {
    AttemptId id = 0;
    std::string address;
    MqttVersion version = MqttVersion::v5;
  };

  /// All references must outlive the connection.
  MqttConnection(Loop& loop, const LinkSettings& settings, Goal goal, Owner& owner);
  ~MqttConnection();
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  /// Begins; every outcome is told from the loop.
  void connect();
  Published publish(const Publication& publication);
  /// Says goodbye: the broker forgets the will.
  void disconnect();
  /// Reads and delivers what the socket holds.
  void drain();
  /// Takes note of what has happened to the socket, before any deadline is judged.
  void look();

  AttemptId id() const { return id_; }
  bool is_up() const { return phase_ == Phase::up; }
  bool is_handshaking_tls() const { return phase_ == Phase::tls; }
  std::optional<UtcTime> certificate_expiry() const { return peer_certificate_expiry(ssl_); }
  bool has_unacknowledged() const { return !outstanding_.empty(); }

 private:
  static constexpr const char* kClosedInTls = "connection closed during the TLS handshake";
  static constexpr const char* kReasonLost =
      "the connect failed, and the TLS library took the reason";
  enum class Phase { connecting, tls, connack, suback, up, ended };
  struct Outstanding {
    std::size_t bytes = 0;
    bool wants_acknowledgement = false;
  };

  void configure();
  void set_callbacks();
  void set_will();
  void subscribe();
  void ready();

  void sync();
  void release_poll();
  void polled(int status, int events);
  bool finish_tcp(int status);
  void read_all();
  int hear();
  void read_on();
  bool is_empty() const;
  void take_arrival_time();
  void write_pending();
  void check_tls_progress();
  void upkeep();
  int socket() const;
  bool is_peer_there() const;
  void fail(int code);
  void fail_at_once(int code, int error);
  void fail_later(LinkFailure failure, End what, bool is_heard);
  void end(MissCause cause, std::string text, End what = End::broken);

  static MqttConnection& self(void* object) { return *static_cast<MqttConnection*>(object); }
  /// The peer has said, in TLS, that it refuses.
  bool complains_of_alert() const;
  void complaint(const char* line);
  void connack(int reason);
  void suback(int granted);
  void message(const char* topic, const void* payload, int bytes, bool retained);
  void published(int token, int reason);

  Loop& loop_;
  Deferrals deferrals_;
  const LinkSettings& settings_;
  MqttVersion version_;
  AttemptId id_;
  std::string address_;
  Owner& owner_;
  mosquitto* client_ = nullptr;
  SSL* ssl_ = nullptr;  ///< the client's
  bool may_refuse_certificate_ = false;
  int eaten_error_ = 0;  ///< taken from the socket by OpenSSL, within connect()
  uv_poll_t* poll_ = nullptr;
  int polled_socket_ = -1;
  int poll_mask_ = 0;
  uv_timer_t* upkeep_;
  Phase phase_ = Phase::connecting;
  bool is_reading_ = false;
  int subacks_missing_ = 0;
  bool subscription_denied_ = false;
  std::string library_complaint_;  ///< its last error line while connecting
  KernelClock kernel_clock_;
  std::optional<MonoTime> arrival_;                   ///< of the bytes being read
  std::unordered_map<int, Outstanding> outstanding_;  ///< by token
  std::size_t queued_bytes_ = 0;
  bool is_publishing_ = false;
  std::optional<int> published_at_once_;
};

}  // namespace echomesh::io
