// Certificates that are read again, and those that soon end.

#include "proto/io/credentials.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "proto/io/clock.hpp"
#include "tests/support/broker_process.hpp"
#include "tests/support/link_harness.hpp"
#include "tests/support/test_certificates.hpp"

namespace echomesh {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr UtcTime kNow{seconds{1'795'246'200}};
constexpr hours kDay{24};
constexpr nanoseconds kInstant{1};

void replace(const TempDir& dir, const std::string& from, const std::string& to) {
  std::filesystem::copy_file(dir.path(from), dir.path(to),
                             std::filesystem::copy_options::overwrite_existing);
}

std::shared_ptr<io::TlsContext> context(const TempDir& dir, const TestAuthority& authority) {
  return io::TlsContext::make({authority.crt(), dir.path("client.crt"), dir.path("client.key")},
                              "localhost")
      .value();
}

}  // namespace

TEST_SUITE("credentials") {
  TEST_CASE("a certificate is spoken of while it has less than 21 days, not with 21") {
    CHECK(io::word_on_expiry("x", kNow + 21 * kDay, kNow) == std::nullopt);
    CHECK(io::word_on_expiry("eu", kNow + 21 * kDay - kInstant, kNow) ==
          "the certificate of eu has 20 days left, until 2026-12-12T07:29:59.999Z: renew it");
    CHECK(io::word_on_expiry("eu", kNow + 47 * hours{1}, kNow) ==
          "the certificate of eu has 1 day left, until 2026-11-23T06:30:00.000Z: renew it");
    CHECK(io::word_on_expiry("eu", kNow, kNow).value().find("0 days left") != std::string::npos);
    CHECK(io::word_on_expiry("eu", kNow - kInstant, kNow) ==
          "the certificate of eu has expired at 2026-11-21T07:29:59.999Z: renew it");
  }

  TEST_CASE("the dates of both sides' certificates are known once a link is up") {
    const TempDir dir;
    const TestAuthority ours(dir, "ours");
    ours.issue("server", "DNS:localhost", 30);
    ours.issue("client", "DNS:agent", 10);
    const BrokerProcess broker(
        dir,
        "allow_anonymous true\ncertfile {dir}/server.crt\nkeyfile {dir}/server.key\n"
        "cafile {dir}/ours.crt\nrequire_certificate true\n");
    auto settings = link_settings(broker.port());
    settings.url = {"localhost", broker.port(), true};
    settings.tls = context(dir, ours);
    LinkHarness harness(settings);
    CHECK_FALSE(harness.link->certificate_expiry());
    harness.link->start();
    REQUIRE(harness.up());
    const auto days_left = [](std::optional<UtcTime> until) {
      return until ? std::chrono::round<hours>(*until - io::now().utc) / kDay : -1;
    };
    CHECK(days_left(harness.link->certificate_expiry()) == 30);
    CHECK(days_left(settings.tls->expiry()) == 10);
  }

  TEST_CASE("after a reload new connections show the new certificate, those that stand stay") {
    const TempDir dir;
    const TestAuthority ours(dir, "ours");
    const TestAuthority theirs(dir, "theirs");
    ours.issue("server", "DNS:localhost");
    ours.issue("good", "DNS:agent");
    theirs.issue("client", "DNS:agent");  // a stranger, at first
    BrokerProcess broker(
        dir,
        "allow_anonymous true\ncertfile {dir}/server.crt\nkeyfile {dir}/server.key\n"
        "cafile {dir}/ours.crt\nrequire_certificate true\n");
    auto settings = link_settings(broker.port());
    settings.url = {"localhost", broker.port(), true};
    settings.tls = context(dir, ours);
    LinkHarness harness(settings);
    harness.link->start();
    REQUIRE(harness.fails_with(MissCause::tls));
    replace(dir, "good.crt", "client.crt");
    replace(dir, "good.key", "client.key");
    CHECK(settings.tls->reload() == std::nullopt);
    REQUIRE(harness.up());
    std::ofstream(dir.path("client.key")) << "half a k";
    const auto error = settings.tls->reload();
    REQUIRE(error);
    CHECK(error->where == dir.path("client.key"));
    CHECK(harness.listener.is_up);
    harness.link->reconnect("to see what is shown now");
    CHECK(harness.up(2));
  }

  TEST_CASE("a reload takes new authorities, and still checks the name") {
    const TempDir dir;
    const TestAuthority ours(dir, "ours");
    const TestAuthority other(dir, "other");
    ours.issue("server", "DNS:localhost");
    replace(dir, "other.crt", "ca.crt");
    const BrokerProcess broker(
        dir, "allow_anonymous true\ncertfile {dir}/server.crt\nkeyfile {dir}/server.key\n");
    for (const bool is_right_name : {true, false}) {
      replace(dir, "other.crt", "ca.crt");
      auto settings = link_settings(broker.port());
      settings.url = {"localhost", broker.port(), true};
      settings.tls = io::TlsContext::make({dir.path("ca.crt"), {}, {}},
                                          is_right_name ? "localhost" : "elsewhere.example")
                         .value();
      LinkHarness harness(settings);
      harness.link->start();
      REQUIRE(harness.fails_with(MissCause::tls));
      CHECK_FALSE(harness.listener.is_up);
      replace(dir, "ours.crt", "ca.crt");
      harness.listener.failures.clear();
      CHECK(settings.tls->reload() == std::nullopt);
      if (is_right_name) {
        CHECK(harness.up());
      } else {
        CHECK(harness.fails_with(MissCause::tls));
        CHECK_FALSE(harness.listener.is_up);
      }
    }
  }
}

}  // namespace echomesh
