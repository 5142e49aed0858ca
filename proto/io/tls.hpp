/// The TLS side of a link: an SSL_CTX of our own, so that a connection to a literal address is
/// still verified by the broker's name, and so that no file is read on the loop at a connect.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proto/result.hpp"

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
  static Result<std::shared_ptr<TlsContext>> make(const TlsFiles& files, const std::string& name);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* raw() { return context_; }
  /// Why the latest certificate that was refused was so, once. To be asked right after the call
  /// that failed: a handshake may fail and be cleaned up within libmosquitto's connect.
  std::optional<std::string> take_refusal() { return std::exchange(refusal_, std::nullopt); }

 private:
  explicit TlsContext(std::string name);
  std::optional<Error> load(const TlsFiles& files);
  void verify_name();
  static int keep_refusal(int is_good, X509_STORE_CTX* verification);

  std::string name_;
  SSL_CTX* context_;
  std::optional<std::string> refusal_;
};

}  // namespace echomesh::io
