/// What the program logs while this object lives.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace echomesh {

class LogCapture {
 public:
  LogCapture() : before_(::dup(STDERR_FILENO)) {
    const int file = ::open(dir_.path("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~LogCapture() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(dir_.path("log")).rdbuf();
    return all.str();
  }
  /// How often it says so.
  int count(const std::string& what) const {
    const std::string all = text();
    int found = 0;
    for (auto at = all.find(what); at != std::string::npos; at = all.find(what, at + 1)) {
      ++found;
    }
    return found;
  }

 private:
  TempDir dir_;
  int before_;
};

}  // namespace echomesh
