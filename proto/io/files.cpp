#include "proto/io/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "proto/io/log.hpp"

namespace echomesh::io {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;

/// What systemd puts before the names of files that it loads from the folder of our units.
constexpr std::string_view kFolderOfUnits = "secrets_";

}  // namespace

std::string credential_place(const std::string& path) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || path.starts_with('/')) {
    return path;
  }
  for (const auto prefix : {std::string_view(), kFolderOfUnits}) {
    std::string candidate = std::string(directory) + "/" + std::string(prefix) + path;
    if (access(candidate.c_str(), F_OK) == 0) {
      return candidate;
    }
  }
  return path;
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  // Not by its size: a pipe or a device has none.
  std::string text(kMaxBytes + 1, '\0');
  if (file) {
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
  }
  if (file.bad() || (!file && file.gcount() == 0 && errno != 0)) {
    return Error{path, std::string("cannot be read: ") + std::strerror(errno)};
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxBytes) {
    return Error{path, "is larger than 1 MiB"};
  }
  return text;
}

Result<std::string> read_secret(const std::string& path) {
  const std::string place = credential_place(path);
  struct stat status {};
  if (stat(place.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    log(LogLevel::warning, place + " may be read by everybody: chmod o-r it");
  }
  auto text = read_file(place);
  if (!text) {
    return text.error();
  }
  std::string secret = text->substr(0, text->find_first_of("\r\n"));
  if (secret.empty()) {
    return Error{place, "is empty: a password was expected on its first line"};
  }
  return secret;
}

}  // namespace echomesh::io
