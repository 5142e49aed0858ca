/// delay-line: a TCP relay on 127.0.0.1 that is told by lines on its standard input what network to
/// be. The commands are in delay_line_commands.hpp; the end of the input ends it.
#include <fcntl.h>
#include <uv.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "tests/support/delay_line.hpp"
#include "tests/support/delay_line_commands.hpp"

namespace {

using echomesh::DelayLine;

constexpr std::size_t kLongestCommand = 4096;

/// Reads the standard input, whatever it is: a pipe, a terminal or a file.
class CommandReader {
 public:
  CommandReader(uv_loop_t* loop, DelayLine* line) : loop_(loop), line_(line) {
    request_.data = this;
    read_on();
  }

 private:
  void read_on() {
    uv_buf_t room = uv_buf_init(buffer_.data(), static_cast<unsigned int>(buffer_.size()));
    uv_fs_read(loop_, &request_, 0, &room, 1, -1, [](uv_fs_t* request) {
      auto* reader = static_cast<CommandReader*>(request->data);
      const auto size = request->result;
      uv_fs_req_cleanup(request);
      reader->on_read(size);
    });
  }

  void on_read(ssize_t size) {
    if (size <= 0) {
      uv_stop(loop_);
      return;
    }
    pending_.append(buffer_.data(), static_cast<std::size_t>(size));
    for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      const std::string command = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      if (command == "quit") {
        answer("ok");
        uv_stop(loop_);
        return;
      }
      answer(echomesh::obey(*line_, command));
    }
    if (pending_.size() > kLongestCommand) {
      pending_.clear();
      answer("error: a command must be shorter than 4096 bytes");
    }
    read_on();
  }

  static void answer(const std::string& text) {
    std::puts(text.c_str());
    std::fflush(stdout);
  }

  uv_loop_t* loop_;
  DelayLine* line_;
  uv_fs_t request_{};
  std::array<char, kLongestCommand> buffer_{};
  std::string pending_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    const bool is_asked = std::string_view(argv[1]) == "--help";
    std::fputs(
        "usage: delay-line < COMMANDS\n"
        "A TCP relay on 127.0.0.1 with delays and faults. One command a line:\n"
        "  listen NAME PORT TARGET_PORT    PORT 0 takes a free one; answers ok NAME PORT\n"
        "  delay CHOICE MS [JITTER_MS]     one way\n"
        "  freeze | thaw | drop CHOICE\n"
        "  refuse | accept | connections NAME\n"
        "  quit\n"
        "CHOICE is NAME, or NAME #CONNECTION for one connection; NAME may be *.\n",
        is_asked ? stdout : stderr);
    return is_asked ? 0 : 64;
  }
  std::signal(SIGPIPE, SIG_IGN);
  uv_loop_t* loop = uv_default_loop();
  {
    DelayLine line(loop, std::random_device{}());
    const CommandReader reader(loop, &line);
    uv_run(loop, UV_RUN_DEFAULT);
  }
  uv_run(loop, UV_RUN_NOWAIT);  // frees what the delay line has closed
  return 0;
}
