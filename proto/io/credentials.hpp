/// What this program shows to one broker and what the broker shows to it: read again when told to,
/// and spoken of in the log while a certificate has under 21 days left.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/endpoint.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/mqtt_link.hpp"
#include "proto/io/timer.hpp"
#include "proto/io/tls.hpp"
#include "proto/time.hpp"

namespace echomesh::io {

class Credentials {
 public:
  /// `name` is what the log calls the broker; `access` is what link_settings_for made of
  /// `endpoint`.
  Credentials(Loop& loop, std::string name, Endpoint endpoint, const LinkSettings& access);

  /// A link to that broker. REQUIRES: it lives as long.
  void add(MqttLink& link) { links_.push_back(&link); }
  /// Looks at the dates of our own certificate, now and once a day.
  void start();
  void stop() { daily_.disarm(); }
  /// Reads certificates, key and password again: connections from now on use them. What cannot be
  /// read is logged and stays as it was.
  void reload();
  /// The link has come up: its broker has shown a certificate.
  void came_up(const MqttLink& link) const;

 private:
  void look_at_dates();
  void tell_what_was_read() const;

  std::string name_;
  Endpoint endpoint_;
  std::shared_ptr<TlsContext> tls_;  ///< shared with the links
  std::vector<MqttLink*> links_;
  Timer daily_;
};

/// What the log should say of a certificate, if anything: `whose` one, and until when it is valid.
std::optional<std::string> word_on_expiry(const std::string& whose, UtcTime until, UtcTime now);

}  // namespace echomesh::io
