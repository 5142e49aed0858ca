// The half of MqttConnection that keeps the socket: polling, reading, writing, and naming the phase
// that it died in.

#include <mosquitto.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "proto/io/mqtt_connection.hpp"
#include "proto/io/socket_options.hpp"

namespace echomesh::io {
namespace {

/// One waking reads at most so much before the loop has its turn; epoll reports the rest again.
constexpr int kMaxReadsPerWaking = 2000;
constexpr std::uint64_t kUpkeepMs = 1000;

}  // namespace

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
  int error = take_error(socket());
  if (error == 0 && !is_peer_there()) {
    // OpenSSL's first write took it, within connect().
    error = eaten_error_ != 0 ? eaten_error_ : ENOTCONN;
  }
  if (is_from_peer(error)) {
    owner_.on_heard();
  }
  if (error != 0 && ssl_ != nullptr && was_accepted(socket())) {
    end(MissCause::tls, kClosedInTls);
    return false;
  }
  if (error != 0 || status < 0) {
    end(MissCause::connect,
        error == ENOTCONN ? kReasonLost : std::strerror(error != 0 ? error : ECONNREFUSED));
    return false;
  }
  set_connected_options(socket(), settings_.kernel_receive_time);
  // A quick peer may have shaken hands within connect().
  const bool is_in_tls = ssl_ != nullptr && SSL_is_init_finished(ssl_) == 0;
  phase_ = is_in_tls ? Phase::tls : Phase::connack;
  uv_timer_start(
      upkeep_, [](uv_timer_t* timer) { self(timer->data).upkeep(); }, kUpkeepMs, kUpkeepMs);
  owner_.on_heard();
  owner_.on_connected(id_);
  return phase_ != Phase::ended;
}

void MqttConnection::read_all() {
  if (is_reading_) {
    return;  // called from within a delivery
  }
  is_reading_ = true;
  const int error = hear();
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
    if (error != 0) {
      errno = error;
    }
    fail(error != 0 ? MOSQ_ERR_ERRNO : code);
    return;
  }
  acknowledge_at_once(socket());
  if (has_more && phase_ != Phase::tls) {
    deferrals_.add([this] { read_on(); });  // epoll does not see what OpenSSL has taken in
  }
}

/// Tells whether the peer has sent anything: bytes, or the end of a connection that stands. Returns
/// the socket's error where it took it: the library's read sees a mere end then.
int MqttConnection::hear() {
  if (has_unread(socket())) {
    owner_.on_heard();
    return 0;
  }
  if (phase_ != Phase::suback && phase_ != Phase::up) {
    return 0;
  }
  const int error = take_error(socket());
  if (is_from_peer(error) || (error == 0 && was_ended_by_peer(socket()))) {
    owner_.on_heard();
  }
  return error;
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
    end(MissCause::tls, kClosedInTls);
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
      // Under TLS 1.3 a refused client certificate shows only now, and the reset that follows the
      // alert may have overtaken it.
      const bool is_alert = code == MOSQ_ERR_TLS || complains_of_alert();
      if (is_alert) {
        end(MissCause::tls, library_complaint_.empty() ? text : library_complaint_);
      } else if (may_refuse_certificate_) {
        end(MissCause::tls,
            "connection closed after the TLS handshake by a broker that asks for a client "
            "certificate: check cert_file and key_file",
            End::closed_unanswered);
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

}  // namespace echomesh::io
