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

/// The environment variable with the folder of the credentials.
constexpr const char* kDirectory = "CREDENTIALS_DIRECTORY";

/// What systemd puts before the names of files that it loads from the folder of our units.
constexpr std::string_view kFolderOfUnits = "secrets_";

}  // namespace

std::string credential_place(const std::string& path) {
  const char* directory = std::getenv(kDirectory);
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

std::string words_on_places(const std::string& path) {
  if (path.starts_with('/')) {
    return "";
  }
  if (std::getenv(kDirectory) == nullptr) {
    return "; looked in the working directory alone, for there is no $CREDENTIALS_DIRECTORY, which "
           "systemd gives to units: name it with its folder, or run the unit";
  }
  return "; looked in $CREDENTIALS_DIRECTORY (as " + path + " and " + std::string(kFolderOfUnits) +
         path +
         ") and in the working directory: put it into the unit's folder of secrets and "
         "restart the unit, or name it with its folder";
}

bool is_out_of_sight(const std::string& path) {
  return !path.starts_with('/') && std::getenv(kDirectory) == nullptr &&
         access(path.c_str(), F_OK) != 0;
}

bool is_systemd_copy(const std::string& place) {
  const char* directory = std::getenv(kDirectory);
  return directory != nullptr && place.starts_with(std::string(directory) + "/");
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
    return Error{text.error().where, text.error().what + words_on_places(path)};
  }
  std::string secret = text->substr(0, text->find_first_of("\r\n"));
  if (secret.empty()) {
    return Error{place, "is empty: a password was expected on its first line"};
  }
  return secret;
}

}  // namespace echomesh::io
