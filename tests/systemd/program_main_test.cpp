#include "proto/io/program_main.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/systemd/manager_socket.hpp"

using namespace echomesh;

namespace {

/// What a shell is asked, and what happens to it then.
struct Play {
  std::vector<std::string> asked;
  std::function<void(io::Loop&)> at_start = [](io::Loop&) {};
};

class PlainShell {
 public:
  PlainShell(io::Loop& loop, Play& play) : loop_(loop), play_(play) {}
  static Result<std::unique_ptr<PlainShell>> make(io::Loop& loop, Play* play) {
    return std::make_unique<PlainShell>(loop, *play);
  }
  void start() {
    play_.asked.emplace_back("start");
    play_.at_start(loop_);
  }
  void stop(const std::function<void()>& done) {
    play_.asked.emplace_back("stop");
    done();
  }

 protected:
  io::Loop& loop_;
  Play& play_;
};

class ReadingShell : public PlainShell {
 public:
  using PlainShell::PlainShell;
  static Result<std::unique_ptr<ReadingShell>> make(io::Loop& loop, Play* play) {
    return std::make_unique<ReadingShell>(loop, *play);
  }
  void reload() {
    play_.asked.emplace_back("reload");
    loop_.defer([] { std::raise(SIGTERM); });
  }
};

class NeedyShell : public PlainShell {
 public:
  using PlainShell::PlainShell;
  static Result<std::unique_ptr<NeedyShell>> make(io::Loop& /*loop*/, Play* /*play*/) {
    return Error{"ca.crt", "cannot be read"};
  }
};

template <class AnyShell>
struct Program {
  static constexpr std::string_view kName = "echomesh-test";
  static constexpr std::string_view kPurpose = "is a test";
  using Shell = AnyShell;
  static std::size_t names(const Play* /*play*/) { return 0; }
  static std::string greeting(const Play* /*play*/) { return "serves a test"; }
};

template <class Shell>
int serve(Play& play) {
  return io::serve<Program<Shell>>(&play);
}

const std::string kReady = "READY=1\nSTATUS=serves a test";
const std::string kStopping = "STOPPING=1\nSTATUS=stopping";

using Texts = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("program_main");

TEST_CASE("a program is ready once its loop runs, and stops at SIGTERM") {
  ManagerSocket manager;
  Play play;
  play.at_start = [&](io::Loop& loop) {
    CHECK(manager.told().empty());
    loop.defer([] { std::raise(SIGTERM); });
  };
  CHECK(serve<PlainShell>(play) == io::kStopped);
  CHECK(play.asked == Texts{"start", "stop"});
  CHECK(manager.told() == Texts{kReady, kStopping});
}

TEST_CASE("SIGHUP has a shell read again what it can, and never ends the program") {
  ManagerSocket manager;
  Play play;
  play.at_start = [](io::Loop& loop) { loop.defer([] { std::raise(SIGHUP); }); };
  CHECK(serve<ReadingShell>(play) == io::kStopped);
  CHECK(play.asked == Texts{"start", "reload", "stop"});
  REQUIRE(manager.told().size() == 4);
  CHECK(manager.told()[0] == kReady);
  CHECK(manager.told()[1].starts_with("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(manager.told()[2] == kReady);
  CHECK(manager.told()[3] == kStopping);
}

TEST_CASE("SIGHUP changes nothing where there is nothing to read again") {
  ManagerSocket manager;
  Play play;
  play.at_start = [](io::Loop& loop) {
    loop.defer([&loop] {
      std::raise(SIGHUP);
      loop.defer([] { std::raise(SIGTERM); });
    });
  };
  CHECK(serve<PlainShell>(play) == io::kStopped);
  CHECK(play.asked == Texts{"start", "stop"});
  CHECK(manager.told() == Texts{kReady, kStopping});
}

TEST_CASE("a program that lacks what it needs is never ready") {
  ManagerSocket manager;
  Play play;
  CHECK(serve<NeedyShell>(play) == io::kMissingNeed);
  CHECK(manager.told().empty());
}

TEST_SUITE_END();
