/// A real Mosquitto on a free port of 127.0.0.1, for one test; gone with the object, and with us.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace echomesh {

class BrokerProcess {
 public:
  /// Starts with `config`, in which `{dir}` stands for the directory of `files`; the listener comes
  /// from here. Returns once the broker accepts connections; throws with its log if it does not.
  explicit BrokerProcess(const std::string& config = "allow_anonymous true\n");
  BrokerProcess(const TempDir& files, const std::string& config);
  ~BrokerProcess();
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  /// SIGKILL; returns once it is gone.
  void kill();
  /// After kill(): on the same port, with the same configuration.
  void start();
  /// The kernel still accepts connections for it and acknowledges what fits.
  void freeze() const;
  void thaw() const;
  std::string log() const;

 private:
  void launch();

  TempDir own_;
  std::string config_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

/// A port of 127.0.0.1 that nothing listens on.
std::uint16_t free_port();

}  // namespace echomesh
