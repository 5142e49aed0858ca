/// What a program tells the service manager (systemd) about itself: ready, alive, reloading,
/// stopping. Does nothing where no manager listens ($NOTIFY_SOCKET).
///
///   start --ready()--> serving <--ready()-- reloading()
///                         `---stopping()--> end
///
/// From the first ready() on it says that it is alive at half the time that the manager allows
/// ($WATCHDOG_USEC), by a timer of the loop that does the work: a hung loop falls silent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/io/timer.hpp"
#include "proto/time.hpp"

namespace echomesh::io {

class Loop;

class Service {
 public:
  /// Reads the environment. `loop` must outlive it.
  explicit Service(Loop& loop);

  /// `status` is one line for people, shown by `systemctl status`.
  void ready(std::string_view status);
  void reloading();
  void stopping();

 private:
  void tell(const std::string& message);
  void stay_alive();

  std::optional<nanoseconds> alive_every_;  ///< nothing, if no watchdog looks
  Timer alive_;
  bool is_deaf_ = false;  ///< the manager did not take a message; the log knows
};

}  // namespace echomesh::io
