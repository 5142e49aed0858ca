/// What both programs do with their command line and how they end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/settings_reader.hpp"

namespace echomesh::io {

/// Exit statuses (sysexits.h where it has one).
constexpr int kStopped = 0;
constexpr int kMistakesFound = 1;  ///< --check-config
constexpr int kWrongUsage = 64;
constexpr int kMissingNeed = 69;  ///< a file or service that it needs is not there
constexpr int kWrongConfig = 78;

struct CommandLine {
  std::string config_file;
  bool check_only = false;
};

/// Reads the arguments; answers --version and --help itself. If there is nothing left to do, the
/// exit status is returned instead.
std::optional<int> read_command_line(int argc, char** argv, std::string_view program,
                                     std::string_view purpose, CommandLine& command_line);

/// The file's text; on failure the reason was logged.
std::optional<std::string> read_config_file(const CommandLine& command_line);

/// Prints mistakes and warnings; for --check-config also the good news. Returns the exit status
/// if the program should end here.
std::optional<int> report_config(const CommandLine& command_line, const Mistakes& mistakes,
                                 const std::vector<std::string>& warnings);

/// Resident memory of this process in bytes; 0 if the kernel does not tell.
std::int64_t resident_bytes();

}  // namespace echomesh::io
