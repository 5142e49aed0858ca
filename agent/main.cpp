// echomesh-agent: measures from one location and reports.

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "agent/config.hpp"
#include "agent/io/shell.hpp"
#include "proto/io/endpoint_access.hpp"
#include "proto/io/log.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/program.hpp"

namespace {

using namespace echomesh;  // NOLINT(google-build-using-namespace): this program's own

int run(const agent::Config& config) {
  io::Loop loop;
  auto made = agent::Shell::make(loop, config);
  if (!made) {
    io::log(io::LogLevel::error, to_string(made.error()));
    return io::kMissingNeed;
  }
  auto shell = std::move(made).value();
  bool is_stopping = false;
  const auto stop = [&] {
    if (!std::exchange(is_stopping, true)) {
      io::log(io::LogLevel::info, "stopping");
      shell->stop([&] { loop.stop(); });
    }
  };
  loop.on_signal(SIGTERM, stop);
  loop.on_signal(SIGINT, stop);
  io::log(io::LogLevel::info, std::string("echomesh-agent ") + ECHOMESH_VERSION + " at " +
                                  config.location.str() + " watches " +
                                  std::to_string(config.regions.size()) + " regions");
  shell->start();
  loop.run();
  if (loop.is_resolving()) {
    std::_Exit(io::kStopped);  // a hung resolver would hold the exit up for seconds
  }
  return io::kStopped;
}

}  // namespace

int main(int argc, char** argv) {
  io::CommandLine command_line;
  if (const auto status = io::read_command_line(
          argc, argv, "echomesh-agent", "measures MQTT latency from one location", command_line)) {
    return *status;
  }
  const auto text = io::read_config_file(command_line);
  if (!text) {
    return command_line.check_only ? io::kMistakesFound : io::kWrongConfig;
  }
  const auto reading = agent::read_config(*text, command_line.config_file);
  if (command_line.check_only && reading.config) {
    for (const auto& region : reading.config->regions) {
      io::warn_of_missing_files(region.endpoint);
    }
  }
  if (const auto status = io::report_config(command_line, reading.mistakes, reading.warnings)) {
    return *status;
  }
  return run(*reading.config);
}
