#include "tests/support/tls_peer.hpp"

#include <stdexcept>

namespace echomesh {
namespace {

constexpr int kTickMs = 10;
constexpr std::size_t kLargestPacket = 1000;
constexpr unsigned kConnect = 0x10;
constexpr unsigned kSubscribe = 0x80;
constexpr unsigned kLevel311 = 4;

unsigned at(const std::string& bytes, std::size_t index) {
  return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0U;
}

}  // namespace

TlsPeer::TlsPeer(Habit habit, const TempDir& dir, int version)
    : habit_(habit),
      context_(SSL_CTX_new(TLS_server_method())),
      listener_(TestSocket::listening()) {
  SSL_CTX_set_min_proto_version(context_, version);
  SSL_CTX_set_max_proto_version(context_, version);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const bool is_ready =
      SSL_CTX_use_certificate_chain_file(context_, dir.path("server.crt").c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context_, dir.path("server.key").c_str(), SSL_FILETYPE_PEM) ==
          1 &&
      SSL_CTX_load_verify_file(context_, dir.path("ours.crt").c_str()) == 1;
  if (!is_ready) {
    throw std::runtime_error("cannot use the certificates of " + dir.root().string());
  }
  thread_ = std::thread([this] { serve(); });
}

TlsPeer::~TlsPeer() {
  is_over_ = true;
  thread_.join();
  SSL_CTX_free(context_);
}

void TlsPeer::serve() {
  while (!is_over_) {
    if (!listener_.is_readable_within(kTickMs)) {
      continue;
    }
    const int socket = ::accept(listener_.descriptor(), nullptr, nullptr);
    const TestSocket connected(socket);  // closes it
    SSL* connection = SSL_new(context_);
    SSL_set_fd(connection, socket);
    if (SSL_accept(connection) == 1) {
      serve(connection, connected);
      SSL_shutdown(connection);
    }
    SSL_free(connection);
  }
}

void TlsPeer::serve(SSL* connection, const TestSocket& socket) {
  while (!is_over_) {
    if (SSL_pending(connection) == 0 && !socket.is_readable_within(kTickMs)) {
      continue;
    }
    std::string packet(kLargestPacket, '\0');
    const int size = SSL_read(connection, packet.data(), static_cast<int>(packet.size()));
    packet.resize(size > 0 ? static_cast<std::size_t>(size) : 0U);
    if (!reply_to(connection, packet)) {
      return;
    }
  }
}

bool TlsPeer::reply_to(SSL* connection, const std::string& packet) const {
  const auto send = [connection](const std::string& bytes) {
    return SSL_write(connection, bytes.data(), static_cast<int>(bytes.size())) > 0;
  };
  switch (at(packet, 0) & 0xF0U) {
    case kConnect:
      return habit_ == Habit::closes_on_v5 && at(packet, 8) <= kLevel311 &&
             send(std::string("\x20\x02\x00\x00", 4));
    case kSubscribe:
      return send(std::string("\x90\x03", 2) + packet.substr(2, 2) + std::string(1, '\0'));
    default:
      return false;
  }
}

}  // namespace echomesh
