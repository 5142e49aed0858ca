// echomesh-aggregator: turns reports into retained status topics.

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "aggregator/config.hpp"
#include "aggregator/io/shell.hpp"
#include "proto/io/endpoint_access.hpp"
#include "proto/io/log.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/program.hpp"

namespace {

using namespace echomesh;  // NOLINT(google-build-using-namespace): this program's own

int run(const aggregator::Config& config) {
  io::Loop loop;
  auto made = aggregator::Shell::make(loop, config);
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
  io::log(io::LogLevel::info, std::string("echomesh-aggregator ") + ECHOMESH_VERSION + " serves " +
                                  to_string(config.broker.url));
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
          argc, argv, "echomesh-aggregator",
          "turns the reports on one broker into retained status topics", command_line)) {
    return *status;
  }
  const auto text = io::read_config_file(command_line);
  if (!text) {
    return command_line.check_only ? io::kMistakesFound : io::kWrongConfig;
  }
  const auto reading = aggregator::read_config(*text, command_line.config_file);
  if (command_line.check_only && reading.config) {
    io::warn_of_missing_files(reading.config->broker);
  }
  if (const auto status = io::report_config(command_line, reading.mistakes, reading.warnings)) {
    return *status;
  }
  return run(*reading.config);
}
