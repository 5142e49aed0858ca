/// The TLS side of a link: an SSL_CTX of our own, so that a connection to a literal address is
/// still verified by the broker's name, and so that no file is read on the loop at a connect.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proto/result.hpp"
#include "proto/time.hpp"

namespace echomesh::io {

struct TlsFiles {
  std::optional<std::string> ca_file;    ///< the system's authorities, if absent
  std::optional<std::string> cert_file;  ///< with key_file: who we are
  std::optional<std::string> key_file;
};

class TlsContext {
 public:
  /// Verifies servers to be `name` (a DNS name, or an IPv4 or IPv6 address), TLS 1.2 or newer. The
  /// error names the file and OpenSSL's reason.
  static Result<std::shared_ptr<TlsContext>> make(TlsFiles files, std::string name);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Reads the files again: connections from now on use them. With an error all stays as it was.
  [[nodiscard]] std::optional<Error> reload();
  /// Until when our own certificate is valid, if there is one.
  std::optional<UtcTime> expiry() const;

  const TlsFiles& files() const { return files_; }

  SSL_CTX* raw() { return context_; }
  /// Why the latest certificate that was refused was so, once. To be asked right after the call
  /// that failed: a handshake may fail and be cleaned up within libmosquitto's connect.
  std::optional<std::string> take_refusal() { return std::exchange(refusal_, std::nullopt); }
  /// Since begin(), a handshake found its TCP connection accepted; likewise to be asked right
  /// after.
  void begin() {
    has_begun_ = false;
    eaten_error_ = 0;
  }
  bool has_begun() const { return has_begun_; }
  /// Likewise: the error that OpenSSL's first write took from the socket; 0 if it took none.
  int eaten_error() const { return eaten_error_; }

 private:
  TlsContext(TlsFiles files, std::string name);
  std::optional<Error> load();
  void verify_name();
  static void handshaking(const SSL* connection, int where, int result);
  static int asked(SSL* connection, void* unused);
  static int accepted(SSL* connection, SSL_SESSION* session);
  static int keep_refusal(int is_good, X509_STORE_CTX* verification);

  TlsFiles files_;
  std::string name_;
  bool is_address_;
  SSL_CTX* context_;
  std::optional<std::string> refusal_;
  bool has_begun_ = false;
  int eaten_error_ = 0;
};

/// Keeps in `may_refuse`, which outlives the connection, whether its peer has asked for a
/// certificate of ours and not shown yet that it takes us: under TLS 1.3 it may refuse us after the
/// handshake; its session ticket, if it sends one, comes behind that.
void watch_refusal(SSL* connection, bool& may_refuse);

/// Until when the certificate that the peer showed is valid; none before it has shown one.
std::optional<UtcTime> peer_certificate_expiry(const SSL* connection);

}  // namespace echomesh::io
