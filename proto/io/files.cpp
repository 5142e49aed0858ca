#include "proto/io/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace echomesh::io {
namespace {

constexpr std::streamoff kMaxBytes = 1 << 20;

std::string resolve_credential(const std::string& path) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || path.starts_with('/')) {
    return path;
  }
  const std::string candidate = std::string(directory) + "/" + path;
  return access(candidate.c_str(), R_OK) == 0 ? candidate : path;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return Error{path, std::string("cannot be read: ") + std::strerror(errno)};
  }
  if (file.tellg() > kMaxBytes) {
    return Error{path, "is larger than 1 MiB"};
  }
  file.seekg(0);
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad() || (text.str().empty() && errno == EISDIR)) {
    return Error{path, std::string("cannot be read: ") + std::strerror(errno)};
  }
  return text.str();
}

Result<std::string> read_secret(const std::string& path) {
  const std::string place = resolve_credential(path);
  struct stat status {};
  if (stat(place.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    return Error{place, "may be read by everybody: chmod o-r it"};
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
