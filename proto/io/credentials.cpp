#include "proto/io/credentials.hpp"

#include <chrono>
#include <utility>

#include "proto/io/clock.hpp"
#include "proto/io/files.hpp"
#include "proto/io/log.hpp"

namespace echomesh::io {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

constexpr Days kSoon{21};
constexpr Days kDaily{1};

void warn(const std::string& whose, std::optional<UtcTime> until) {
  if (!until) {
    return;
  }
  if (const auto word = word_on_expiry(whose, *until, now().utc)) {
    log(LogLevel::warning, *word);
  }
}

void warn_of_copy(const std::string& whose, const std::string& place) {
  if (is_systemd_copy(place)) {
    log(LogLevel::warning, whose + ": " + place +
                               " is a copy that systemd made at the start: restart the unit to "
                               "renew it");
  }
}

}  // namespace

std::optional<std::string> word_on_expiry(const std::string& whose, UtcTime until, UtcTime now) {
  const auto left = std::chrono::floor<Days>(until - now);
  if (left >= kSoon) {
    return std::nullopt;
  }
  const std::string what = "the certificate of " + whose;
  if (left < Days{0}) {
    return what + " has expired at " + iso8601(until) + ": renew it";
  }
  return what + " has " + std::to_string(left.count()) + (left == Days{1} ? " day" : " days") +
         " left, until " + iso8601(until) + ": renew it";
}

Credentials::Credentials(Loop& loop, std::string name, Endpoint endpoint,
                         const LinkSettings& access)
    : name_(std::move(name)),
      endpoint_(std::move(endpoint)),
      tls_(access.tls),
      daily_(loop, [this] { look_at_dates(); }) {}

void Credentials::start() {
  look_at_dates();
}

void Credentials::look_at_dates() {
  daily_.arm(mono_now() + kDaily);
  if (tls_ == nullptr) {
    return;
  }
  warn("this program for " + name_, tls_->expiry());
  for (const auto* link : links_) {
    if (link->is_up()) {
      came_up(*link);
      break;  // one broker, one certificate
    }
  }
}

void Credentials::came_up(const MqttLink& link) const {
  warn("the broker of " + name_, link.certificate_expiry());
}

/// A copy that systemd made is read again, too, but it is as old as the process.
void Credentials::tell_what_was_read() const {
  const auto& files = tls_->files();
  const auto until = tls_->expiry();
  std::string places;
  for (const auto* file : {&files.ca_file, &files.cert_file, &files.key_file}) {
    if (!*file) {
      continue;
    }
    places += (places.empty() ? "" : ", ") + **file;
    if (file == &files.cert_file && until) {
      places += " (valid until " + iso8601(*until) + ")";
    }
    warn_of_copy(name_, **file);
  }
  log(LogLevel::info, name_ + ": read again, for connections from now on: " +
                          (places.empty() ? "the system's certificate authorities" : places));
}

void Credentials::reload() {
  if (tls_ != nullptr) {
    if (const auto error = tls_->reload()) {
      log(LogLevel::error, name_ + ": " + to_string(*error) + "; the one before stays in use");
    } else {
      tell_what_was_read();
      look_at_dates();
    }
  }
  if (!endpoint_.password_file) {
    return;
  }
  auto password = read_secret(*endpoint_.password_file);
  if (!password) {
    log(LogLevel::error, name_ + ": " + to_string(password.error()) + "; the one before stays");
    return;
  }
  warn_of_copy(name_, credential_place(*endpoint_.password_file));
  for (auto* link : links_) {
    link->set_password(password.value());
  }
}

}  // namespace echomesh::io
