#include "proto/io/credentials.hpp"

#include <doctest/doctest.h>

#include <string>

#include "proto/io/endpoint_access.hpp"
#include "proto/io/files.hpp"
#include "tests/support/log_capture.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/test_certificates.hpp"
#include "tests/systemd/manager_socket.hpp"

using namespace echomesh;
using io::credential_place;

TEST_SUITE_BEGIN("credentials");

TEST_CASE("a relative name stands for the credential of that name") {
  const TempDir credentials;
  const auto file = credentials.write("eu.password", "secret\n");
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  CHECK(credential_place("eu.password") == file);
  CHECK(io::read_secret("eu.password").value() == "secret");
}

TEST_CASE("a relative name stands for a file of the folder that the units load") {
  const TempDir credentials;
  const auto file = credentials.write("secrets_eu.password", "secret\n");
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  CHECK(credential_place("eu.password") == file);
  CHECK(credential_place("secrets_eu.password") == file);
  CHECK(io::read_secret("eu.password").value() == "secret");
}

TEST_CASE("a credential given by its name comes before one of the folder") {
  const TempDir credentials;
  const auto file = credentials.write("eu.password", "by name\n");
  credentials.write("secrets_eu.password", "of the folder\n");
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  CHECK(credential_place("eu.password") == file);
}

TEST_CASE("a name stays as it is if it is absolute, unknown, or nobody gave credentials") {
  const TempDir credentials;
  credentials.write("eu.password", "secret\n");
  CHECK(credential_place("eu.password") == "eu.password");
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  CHECK(credential_place("/etc/eu.password") == "/etc/eu.password");
  CHECK(credential_place("us.password") == "us.password");
}

TEST_CASE("of a secret that is missing it is said where it was looked for") {
  const auto words = [](const std::string& path) {
    return to_string(io::read_secret(path).error());
  };
  CHECK(words("eu.password").find("working directory alone") != std::string::npos);
  CHECK(words("/nowhere/eu.password").find("looked") == std::string::npos);
  const TempDir credentials;
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  CHECK(words("eu.password")
            .find("$CREDENTIALS_DIRECTORY (as eu.password and "
                  "secrets_eu.password) and in the working directory") != std::string::npos);
}

TEST_CASE(
    "names without a folder cannot be checked outside of the unit, and are not called missing") {
  Endpoint endpoint;
  endpoint.url = BrokerUrl::parse("mqtt://localhost").value();
  endpoint.password_file = "eu.password";
  const auto checked = [&] {
    const LogCapture log;
    io::warn_of_missing_files(endpoint);
    return log.text();
  };
  CHECK(checked().find("eu.password cannot be checked here") != std::string::npos);
  CHECK(checked().find("No such file") == std::string::npos);
  const TempDir credentials;
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  CHECK(checked().find("No such file") != std::string::npos);
}

TEST_CASE("a reload tells what it read, and that systemd's copies are as old as the process") {
  const TempDir credentials;
  const TestAuthority authority(credentials, "secrets_ca");
  authority.issue("secrets_agent", "DNS:oregon");
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  Endpoint endpoint;
  endpoint.url = BrokerUrl::parse("mqtts://localhost").value();
  endpoint.ca_file = "ca.crt";
  endpoint.cert_file = "agent.crt";
  endpoint.key_file = "agent.key";
  const auto settings = io::link_settings_for(endpoint);
  REQUIRE(settings);
  const LogCapture log;
  io::Loop loop;
  io::Credentials loaded(loop, "eu", endpoint, settings.value());
  loaded.reload();
  CHECK(log.count("read again, for connections from now on") == 1);
  CHECK(log.count("secrets_agent.crt (valid until ") == 1);
  CHECK(log.count("restart the unit to renew it") == 3);
}

TEST_CASE("password, authority, certificate and key may all be credentials") {
  const TempDir credentials;
  const TestAuthority authority(credentials, "secrets_ca");
  authority.issue("secrets_agent", "DNS:oregon");
  credentials.write("secrets_eu.password", "secret\n");
  Endpoint endpoint;
  endpoint.url = BrokerUrl::parse("mqtts://localhost").value();
  endpoint.password_file = "eu.password";
  endpoint.ca_file = "ca.crt";
  endpoint.cert_file = "agent.crt";
  endpoint.key_file = "agent.key";
  CHECK_FALSE(io::link_settings_for(endpoint));
  const Environment directory("CREDENTIALS_DIRECTORY", credentials.root().string());
  const auto settings = io::link_settings_for(endpoint);
  REQUIRE(settings);
  CHECK(settings->password == "secret");
  CHECK(settings->tls != nullptr);
}

TEST_SUITE_END();
