#include "proto/io/socket_options.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace echomesh::io {
namespace {

/// As long as the limit of an echo: a black-holed connection is given up when its echo is.
constexpr unsigned kUserTimeoutMs = 5000;

template <class Value>
void set_option(int socket, int level, int option, Value value) {
  setsockopt(socket, level, option, &value, sizeof value);
}

}  // namespace

void set_close_on_exec(int socket) {
  fcntl(socket, F_SETFD, FD_CLOEXEC);
}

void set_connected_options(int socket, bool receive_time) {
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  acknowledge_at_once(socket);
  if (receive_time) {
    set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  }
}

void acknowledge_at_once(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_QUICKACK, 1);
}

bool has_unread(int socket) {
  int bytes = 0;
  return ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0;
}

bool was_accepted(int socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  // The kernel has measured a round trip: SYN was answered by SYN-ACK.
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_rtt > 0;
}

bool was_ended_by_peer(int socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
         info.tcpi_state == TCP_CLOSE_WAIT;
}

int take_error(int socket) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

bool is_from_peer(int error) {
  return error == ECONNREFUSED || error == ECONNRESET;
}

std::optional<timespec> peek_arrival(int socket) {
  char byte = 0;
  iovec bytes{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(socket, &message, MSG_PEEK | MSG_DONTWAIT) != 1) {
    return std::nullopt;
  }
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
      return stamp;
    }
  }
  return std::nullopt;
}

}  // namespace echomesh::io
