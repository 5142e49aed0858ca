/// What a link asks of its TCP socket beyond what libmosquitto does.
#pragma once

#include <ctime>
#include <optional>

namespace echomesh::io {

/// Children of this process do not inherit the socket.
void set_close_on_exec(int socket);
/// For a socket whose TCP connection stands: unacknowledged data ends it after 5 s, and the kernel
/// notes when bytes arrive, if asked to.
void set_connected_options(int socket, bool receive_time);
/// Acknowledges what was read at once: a delayed acknowledgement holds up a broker that has not
/// switched off Nagle's algorithm for 40 ms. The kernel forgets it; call it after each reading.
void acknowledge_at_once(int socket);
/// Bytes have arrived and were not read yet.
bool has_unread(int socket);
/// The TCP connect of this socket was accepted, however the connection ended since.
bool was_accepted(int socket);
/// The peer has said that it will send no more (FIN).
bool was_ended_by_peer(int socket);
/// The error that waits at a socket, 0 if there is none; the next read does not see it.
int take_error(int socket);
/// This error of a socket was caused by an answer of its peer: connection refused or reset.
bool is_from_peer(int error);
/// When the next unread byte arrived, by CLOCK_REALTIME; none if there is none, or no stamp.
std::optional<timespec> peek_arrival(int socket);

}  // namespace echomesh::io
