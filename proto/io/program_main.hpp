/// The main function that both programs share: reads the settings, runs a shell on a loop until
/// SIGTERM or SIGINT, and keeps the service manager informed.
///
/// A Program names itself and its parts:
///   kName, kPurpose                               texts for --help
///   Shell                                         make(loop, config), start(), stop(done), and
///                                                 reload(), if SIGHUP has anything to read again
///   read(text, file) -> { config, mistakes, warnings }
///   endpoints(config) -> the brokers whose files --check-config looks for
///   names(config) -> how many host names it may look up
///   greeting(config) -> what it says at its start
#pragma once

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "proto/io/endpoint_access.hpp"
#include "proto/io/log.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/program.hpp"
#include "proto/io/resolver.hpp"
#include "proto/io/service.hpp"

namespace echomesh::io {

template <class Shell>
concept Reloadable = requires(Shell& shell) {
  shell.reload();
};

/// A hung resolver would hold the exit up for seconds: where one hangs, the process ends here.
inline int leave(const Loop& loop, int status) {
  if (loop.is_resolving()) {
    std::_Exit(status);
  }
  return status;
}

/// Returns the exit status.
template <class Program, class Config>
int serve(const Config& config) {
  reserve_lookups(Program::names(config));
  Loop loop;
  Service service(loop);
  auto made = Program::Shell::make(loop, config);
  if (!made) {
    log(LogLevel::error, to_string(made.error()));
    return leave(loop, kMissingNeed);
  }
  auto shell = std::move(made).value();
  const std::string greeting = Program::greeting(config);
  bool is_stopping = false;
  const auto stop = [&] {
    if (!std::exchange(is_stopping, true)) {
      log(LogLevel::info, "stopping");
      service.stopping();
      shell->stop([&] { loop.stop(); });
    }
  };
  const auto reload = [&] {
    if (is_stopping) {
      return;
    }
    if constexpr (Reloadable<typename Program::Shell>) {
      log(LogLevel::info, "SIGHUP: reading again what may have changed");
      service.reloading();
      shell->reload();
      service.ready(greeting);
    } else {
      log(LogLevel::info, "SIGHUP: there is nothing to read again");
    }
  };
  loop.on_signal(SIGTERM, stop);
  loop.on_signal(SIGINT, stop);
  loop.on_signal(SIGHUP, reload);
  log(LogLevel::info, std::string(Program::kName) + " " + ECHOMESH_VERSION + " " + greeting);
  shell->start();
  // From the loop, which is what serves. No broker is waited for: to be without one is a finding.
  loop.defer([&] {
    if (!is_stopping) {
      service.ready(greeting);
    }
  });
  loop.run();
  return leave(loop, kStopped);
}

template <class Program>
int program_main(int argc, char** argv) {
  std::signal(SIGHUP, SIG_IGN);  // until the loop listens for it: it must not end a program
  CommandLine command_line;
  if (const auto status =
          read_command_line(argc, argv, Program::kName, Program::kPurpose, command_line)) {
    return *status;
  }
  const auto text = read_config_file(command_line);
  if (!text) {
    return command_line.check_only ? kMistakesFound : kWrongConfig;
  }
  const auto reading = Program::read(*text, command_line.config_file);
  if (command_line.check_only && reading.config) {
    for (const auto& endpoint : Program::endpoints(*reading.config)) {
      warn_of_missing_files(endpoint);
    }
  }
  if (const auto status = report_config(command_line, reading.mistakes, reading.warnings)) {
    return *status;
  }
  return serve<Program>(*reading.config);
}

}  // namespace echomesh::io
