#include "tests/support/relay_connection.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace echomesh {

namespace {

// Held per direction before reading stops: no test or demo holds more, and a runaway sender is
// stopped by TCP instead of eating memory.
constexpr std::size_t kMostHeld = std::size_t{1} << 20U;
constexpr std::size_t kReadAgainBelow = kMostHeld / 2;

uv_stream_t* stream(uv_tcp_t* tcp) {
  return reinterpret_cast<uv_stream_t*>(tcp);
}

void close_with_reset(uv_tcp_t* tcp) {
  uv_os_fd_t socket = -1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(tcp), &socket) == 0) {
    const linger at_once{1, 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
}

}  // namespace

void CloseTcp::operator()(uv_tcp_t* tcp) const {
  tcp->data = nullptr;  // what is still called back finds nobody
  uv_close(reinterpret_cast<uv_handle_t*>(tcp),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
}

TcpHandle make_tcp(uv_loop_t* loop) {
  TcpHandle tcp(new uv_tcp_t{});
  uv_tcp_init(loop, tcp.get());
  return tcp;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

struct RelayConnection::Write {
  uv_write_t request{};
  std::string bytes;
};

RelayConnection::RelayConnection(uv_stream_t* listener, Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      client_(make_tcp(surroundings_.loop)),
      target_(make_tcp(surroundings_.loop)),
      there_{&client_, &target_, {}},
      back_{&target_, &client_, {}},
      alarm_(surroundings_.loop, [this] { pump(); }) {
  client_->data = this;
  target_->data = this;
  if (uv_accept(listener, stream(client_.get())) != 0) {
    back_.pipe.hold(End::kReset, Alarm::now());
    alarm_.set(Alarm::now());
    return;
  }
  uv_tcp_nodelay(client_.get(), 1);
  steer_reading(there_);
  if (surroundings_.is_frozen) {
    freeze();
  } else {
    call_target();
  }
}

RelayConnection::~RelayConnection() {
  if (shut_sides_ < 2) {
    close_with_reset(client_.get());
    close_with_reset(target_.get());
  }
}

void RelayConnection::freeze() {
  there_.pipe.freeze();
  back_.pipe.freeze();
  alarm_.clear();
}

void RelayConnection::thaw() {
  there_.pipe.thaw();
  back_.pipe.thaw();
  if (!is_target_called_) {
    if (there_.pipe.has_end()) {
      is_reset_ = true;
    } else {
      call_target();
    }
  }
  alarm_.set(Alarm::now());  // not at once: the caller may be walking over its connections
}

void RelayConnection::call_target() {
  is_target_called_ = true;
  const sockaddr_in address = loopback(surroundings_.target_port);
  auto* request = new uv_connect_t{};
  const int rc = uv_tcp_connect(request, target_.get(), reinterpret_cast<const sockaddr*>(&address),
                                [](uv_connect_t* called, int status) {
                                  auto* self = static_cast<RelayConnection*>(called->handle->data);
                                  delete called;
                                  if (self != nullptr) {
                                    self->on_target_called(status);
                                  }
                                });
  if (rc != 0) {
    delete request;
    back_.pipe.hold(End::kReset, Alarm::now() + surroundings_.draw_delay());
  }
}

void RelayConnection::on_target_called(int status) {
  if (status != 0) {
    back_.pipe.hold(End::kReset, Alarm::now() + surroundings_.draw_delay());
  } else {
    is_target_up_ = true;
    uv_tcp_nodelay(target_.get(), 1);
  }
  pump();
}

void RelayConnection::on_read(uv_stream_t* from, ssize_t size, const char* bytes) {
  Direction& direction = direction_from(from);
  if (size == 0 || direction.pipe.has_end()) {
    return;
  }
  const MonoTime due = Alarm::now() + surroundings_.draw_delay();
  if (size > 0) {
    direction.pipe.hold(std::string(bytes, static_cast<std::size_t>(size)), due);
  } else {
    direction.pipe.hold(size == UV_EOF ? End::kClosed : End::kReset, due);
  }
  pump();
}

void RelayConnection::on_broken(uv_stream_t* side) {
  Direction& direction = direction_from(side);
  if (!direction.pipe.has_end()) {
    direction.pipe.hold(End::kReset, Alarm::now() + surroundings_.draw_delay());
  }
  pump();
}

void RelayConnection::pump() {
  const MonoTime now = Alarm::now();
  if (is_target_up_) {
    pump(there_, now);
  }
  pump(back_, now);
  if (is_reset_ || shut_sides_ == 2) {
    const auto on_over = surroundings_.on_over;  // a copy: it destroys this
    on_over();
    return;
  }
  steer_reading(there_);
  if (is_target_up_) {
    steer_reading(back_);
  }
  auto next = back_.pipe.next_due();
  if (const auto due = there_.pipe.next_due(); due && is_target_up_) {
    next = next ? std::min(*next, *due) : *due;
  }
  if (next) {
    alarm_.set(*next);
  } else {
    alarm_.clear();
  }
}

void RelayConnection::pump(Direction& direction, MonoTime now) {
  while (!is_reset_) {
    auto piece = direction.pipe.take(now);
    if (!piece) {
      return;
    }
    if (piece->end == End::kReset) {
      is_reset_ = true;
    } else if (piece->end == End::kClosed) {
      shut(direction.to->get());
    } else {
      send(direction.to->get(), std::move(piece->bytes));
    }
  }
}

void RelayConnection::send(uv_tcp_t* to, std::string bytes) {
  auto* write = new Write{{}, std::move(bytes)};
  write->request.data = write;
  const uv_buf_t buffer =
      uv_buf_init(write->bytes.data(), static_cast<unsigned int>(write->bytes.size()));
  const int rc =
      uv_write(&write->request, stream(to), &buffer, 1, [](uv_write_t* done, int status) {
        auto* self = static_cast<RelayConnection*>(done->handle->data);
        auto* side = done->handle;
        delete static_cast<Write*>(done->data);
        if (self != nullptr && status == 0) {
          self->steer_reading(side == stream(self->target_.get()) ? self->there_ : self->back_);
        } else if (self != nullptr) {
          self->on_broken(side);
        }
      });
  if (rc != 0) {
    delete write;  // the socket has been shut or is broken: its own read says so
  }
}

void RelayConnection::shut(uv_tcp_t* to) {
  auto* request = new uv_shutdown_t{};
  const int rc = uv_shutdown(request, stream(to), [](uv_shutdown_t* done, int /*status*/) {
    auto* self = static_cast<RelayConnection*>(done->handle->data);
    delete done;
    if (self != nullptr) {
      ++self->shut_sides_;
      self->pump();
    }
  });
  if (rc != 0) {
    delete request;
    is_reset_ = true;
  }
}

void RelayConnection::steer_reading(Direction& direction) {
  const std::size_t held =
      direction.pipe.held_bytes() + uv_stream_get_write_queue_size(stream(direction.to->get()));
  uv_stream_t* from = stream(direction.from->get());
  if (held > kMostHeld) {
    uv_read_stop(from);
  } else if (held < kReadAgainBelow && !direction.pipe.has_end()) {
    uv_read_start(
        from,
        [](uv_handle_t* handle, size_t /*wanted*/, uv_buf_t* room) {
          auto& buffer = static_cast<RelayConnection*>(handle->data)->buffer_;
          *room = uv_buf_init(buffer.data(), static_cast<unsigned int>(buffer.size()));
        },
        [](uv_stream_t* read_from, ssize_t size, const uv_buf_t* room) {
          static_cast<RelayConnection*>(read_from->data)->on_read(read_from, size, room->base);
        });
  }
}

RelayConnection::Direction& RelayConnection::direction_from(const uv_stream_t* from) {
  return from == stream(client_.get()) ? there_ : back_;
}

}  // namespace echomesh
