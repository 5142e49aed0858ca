#include "proto/io/program.hpp"

#include <unistd.h>

#include <fstream>
#include <iostream>

#include "proto/io/files.hpp"
#include "proto/io/log.hpp"

namespace echomesh::io {
namespace {

void print_help(std::string_view program, std::string_view purpose) {
  std::cout
      << program << ": " << purpose << "\n\n"
      << "usage: " << program << " --config FILE [--check-config]\n"
      << "       " << program << " --version | --help\n\n"
      << "  --config FILE    settings (TOML)\n"
      << "  --check-config   tell all mistakes in the settings and exit, 0 if there are none\n"
      << "  --version        print the version and exit\n"
      << "  --help           print this and exit\n\n"
      << "exit status: 0 stopped by SIGTERM or SIGINT, 64 wrong usage, 69 what it needs is\n"
      << "missing, 78 wrong settings; with --check-config 0 or 1\n";
}

int refuse_usage(std::string_view program, const std::string& what) {
  std::cerr << program << ": " << what << "; see " << program << " --help\n";
  return kWrongUsage;
}

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, std::string_view program,
                                     std::string_view purpose, CommandLine& command_line) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (argument == "--help") {
      print_help(program, purpose);
      return kStopped;
    }
    if (argument == "--version") {
      std::cout << program << " " << ECHOMESH_VERSION << "\n";
      return kStopped;
    }
    if (argument == "--check-config") {
      command_line.check_only = true;
    } else if (argument == "--config") {
      if (i + 1 == arguments.size()) {
        return refuse_usage(program, "--config needs a file");
      }
      command_line.config_file = arguments[++i];
    } else if (argument.starts_with("--config=")) {
      command_line.config_file = argument.substr(std::string_view("--config=").size());
    } else {
      return refuse_usage(program, "unknown argument \"" + argument + "\"");
    }
  }
  if (command_line.config_file.empty()) {
    return refuse_usage(program, "--config FILE is missing");
  }
  return std::nullopt;
}

std::optional<std::string> read_config_file(const CommandLine& command_line) {
  auto text = read_file(command_line.config_file);
  if (!text) {
    log(LogLevel::error, to_string(text.error()));
    return std::nullopt;
  }
  return std::move(text).value();
}

std::optional<int> report_config(const CommandLine& command_line, const Mistakes& mistakes,
                                 const std::vector<std::string>& warnings) {
  for (const auto& mistake : mistakes) {
    std::cerr << to_string(mistake) << "\n";
  }
  for (const auto& warning : warnings) {
    log(LogLevel::warning, command_line.config_file + ": " + warning);
  }
  if (command_line.check_only) {
    if (mistakes.empty()) {
      std::cout << command_line.config_file << ": ok\n";
    }
    return mistakes.empty() ? kStopped : kMistakesFound;
  }
  return mistakes.empty() ? std::nullopt : std::optional(kWrongConfig);
}

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace echomesh::io
