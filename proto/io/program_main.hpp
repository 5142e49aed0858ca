/// The main function that both programs share: reads the settings, runs a shell on a loop until
/// SIGTERM or SIGINT.
///
/// A Program names itself and its parts:
///   kName, kPurpose                               texts for --help
///   Shell                                         make(loop, config), start(), stop(done)
///   read(text, file) -> { config, mistakes, warnings }
///   endpoints(config) -> the brokers whose files --check-config looks for
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

namespace echomesh::io {

/// Returns the exit status.
template <class Program, class Config>
int serve(const Config& config) {
  Loop loop;
  auto made = Program::Shell::make(loop, config);
  if (!made) {
    log(LogLevel::error, to_string(made.error()));
    return kMissingNeed;
  }
  auto shell = std::move(made).value();
  bool is_stopping = false;
  const auto stop = [&] {
    if (!std::exchange(is_stopping, true)) {
      log(LogLevel::info, "stopping");
      shell->stop([&] { loop.stop(); });
    }
  };
  loop.on_signal(SIGTERM, stop);
  loop.on_signal(SIGINT, stop);
  log(LogLevel::info,
      std::string(Program::kName) + " " + ECHOMESH_VERSION + " " + Program::greeting(config));
  shell->start();
  loop.run();
  if (loop.is_resolving()) {
    std::_Exit(kStopped);  // a hung resolver would hold the exit up for seconds
  }
  return kStopped;
}

template <class Program>
int program_main(int argc, char** argv) {
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
