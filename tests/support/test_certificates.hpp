/// A certificate authority of a test's own, and server certificates from it.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace echomesh {

class TestAuthority {
 public:
  /// Writes NAME.crt and NAME.key to `dir`.
  TestAuthority(const TempDir& dir, const std::string& name)
      : dir_(dir), crt_(dir.path(name + ".crt")), key_(dir.path(name + ".key")) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=" +
        name + " -keyout " + key_ + " -out " + crt_);
  }

  const std::string& crt() const { return crt_; }

  /// Writes NAME.crt and NAME.key for `alternative`, like `DNS:localhost` or `IP:127.0.0.1`.
  void issue(const std::string& name, const std::string& alternative, int days = 2) const {
    const std::string request = dir_.path(name + ".csr");
    const std::string extensions =
        dir_.write(name + ".ext", "subjectAltName=" + alternative + "\n");
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name +
        " -keyout " + dir_.path(name + ".key") + " -out " + request);
    run("openssl x509 -req -in " + request + " -CA " + crt_ + " -CAkey " + key_ +
        " -CAcreateserial -days " + std::to_string(days) + " -extfile " + extensions + " -out " +
        dir_.path(name + ".crt"));
  }

 private:
  void run(const std::string& command) const {
    const std::string log = dir_.path("openssl.log");
    if (std::system((command + " >" + log + " 2>&1").c_str()) != 0) {
      throw std::runtime_error("failed, see " + log + ": " + command);
    }
  }

  const TempDir& dir_;
  std::string crt_;
  std::string key_;
};

}  // namespace echomesh
