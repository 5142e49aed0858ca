#include "proto/io/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <utility>

#include "proto/io/socket_options.hpp"

namespace echomesh::io {
namespace {

/// A read takes what the socket has, not one record: fewer system calls.
constexpr std::size_t kReadBufferBytes = 32U * 1024U;

std::string last_error() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

bool is_address(const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

std::optional<UtcTime> expiry_of(const X509* certificate) {
  std::tm calendar{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &calendar) != 1) {
    return std::nullopt;
  }
  return UtcTime{std::chrono::seconds{timegm(&calendar)}};
}

/// Sets the name for SNI; a null one takes it back. The library's macro casts in C's way.
void announce(const SSL* connection, const char* name) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): OpenSSL's signatures
  SSL_ctrl(const_cast<SSL*>(connection), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(name));
}

/// Where a connection has what watch_refusal() was given, for a context serves several; before
/// that, itself if it was asked already.
int index_of_watch() {
  static const int kIndex = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kIndex;
}

void note_refusal(SSL* connection, bool may_refuse) {
  void* watch = SSL_get_ex_data(connection, index_of_watch());
  if (watch == nullptr || watch == connection) {
    SSL_set_ex_data(connection, index_of_watch(), may_refuse ? connection : nullptr);
  } else {
    *static_cast<bool*>(watch) = may_refuse;
  }
}

}  // namespace

TlsContext::TlsContext(TlsFiles files, std::string name)
    : files_(std::move(files)),
      name_(std::move(name)),
      is_address_(is_address(name_)),
      context_(SSL_CTX_new(TLS_client_method())) {}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<TlsContext>> TlsContext::make(TlsFiles files, std::string name) {
  // Shared by the links to one broker, of which an agent has two.
  std::shared_ptr<TlsContext> tls(new TlsContext(std::move(files), std::move(name)));
  SSL_CTX_set_min_proto_version(tls->context_, TLS1_2_VERSION);
  SSL_CTX_set_verify(tls->context_, SSL_VERIFY_PEER, keep_refusal);
  SSL_CTX_set_app_data(tls->context_, tls.get());
  SSL_CTX_set_info_callback(tls->context_, handshaking);
  SSL_CTX_set_cert_cb(tls->context_, asked, nullptr);
  SSL_CTX_set_session_cache_mode(tls->context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(tls->context_, accepted);
  SSL_CTX_set_read_ahead(tls->context_, 1);
  SSL_CTX_set_default_read_buffer_len(tls->context_, kReadBufferBytes);
  tls->verify_name();
  if (auto error = tls->load()) {
    return *std::move(error);
  }
  return tls;
}

/// A context of its own first: a file that is half written breaks nothing. Connections that stand
/// keep the one that they were made with.
std::optional<Error> TlsContext::reload() {
  auto fresh = make(files_, name_);
  if (!fresh) {
    return fresh.error();
  }
  std::swap(context_, fresh.value()->context_);
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_set_app_data(fresh.value()->context_, this);
  return std::nullopt;
}

/// libmosquitto would check, and announce by SNI, the literal address that it connects to.
void TlsContext::verify_name() {
  X509_VERIFY_PARAM* verify = SSL_CTX_get0_param(context_);
  if (is_address_) {
    X509_VERIFY_PARAM_set1_ip_asc(verify, name_.c_str());
  } else {
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(verify, name_.c_str(), 0);
  }
}

void TlsContext::handshaking(const SSL* connection, int where, int result) {
  const int error = errno;  // of the read or write that it stopped at
  auto& self = *static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  if ((where & SSL_CB_HANDSHAKE_START) != 0) {
    announce(connection, self.is_address_ ? nullptr : self.name_.c_str());  // RFC 6066, 3
  }
  if ((where & SSL_CB_EXIT) != 0) {
    self.has_begun_ = was_accepted(SSL_get_fd(connection));
    if (result <= 0 && self.eaten_error_ == 0 && error != EAGAIN) {
      self.eaten_error_ = error;
    }
  }
}

std::optional<Error> TlsContext::load() {
  ERR_clear_error();
  const bool has_authorities =
      files_.ca_file ? SSL_CTX_load_verify_file(context_, files_.ca_file->c_str()) == 1
                     : SSL_CTX_set_default_verify_paths(context_) == 1;
  if (!has_authorities) {
    return Error{files_.ca_file.value_or("the system's certificate authorities"),
                 "cannot be loaded as PEM certificates: " + last_error()};
  }
  if (!files_.cert_file || !files_.key_file) {
    return std::nullopt;
  }
  if (SSL_CTX_use_certificate_chain_file(context_, files_.cert_file->c_str()) != 1) {
    return Error{*files_.cert_file, "cannot be loaded as a PEM certificate: " + last_error()};
  }
  if (SSL_CTX_use_PrivateKey_file(context_, files_.key_file->c_str(), SSL_FILETYPE_PEM) != 1) {
    return Error{*files_.key_file, "cannot be loaded as a PEM private key: " + last_error()};
  }
  if (SSL_CTX_check_private_key(context_) != 1) {
    return Error{*files_.key_file, "is not the key of " + *files_.cert_file};
  }
  return std::nullopt;
}

std::optional<UtcTime> TlsContext::expiry() const {
  return expiry_of(SSL_CTX_get0_certificate(context_));
}

std::optional<UtcTime> peer_certificate_expiry(const SSL* connection) {
  return connection == nullptr ? std::nullopt : expiry_of(SSL_get0_peer_certificate(connection));
}

int TlsContext::asked(SSL* connection, void* /*unused*/) {
  constexpr int kGoOn = 1;
  note_refusal(connection, SSL_version(connection) == TLS1_3_VERSION);
  return kGoOn;
}

int TlsContext::accepted(SSL* connection, SSL_SESSION* /*session*/) {
  constexpr int kNotKept = 0;
  note_refusal(connection, false);
  return kNotKept;
}

void watch_refusal(SSL* connection, bool& may_refuse) {
  may_refuse = SSL_get_ex_data(connection, index_of_watch()) != nullptr;
  SSL_set_ex_data(connection, index_of_watch(), &may_refuse);
}

int TlsContext::keep_refusal(int is_good, X509_STORE_CTX* verification) {
  if (is_good == 0) {
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& self = *static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    self.refusal_ = std::string("certificate refused: ") +
                    X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification));
  }
  return is_good;
}

}  // namespace echomesh::io
