#include "tests/support/broker_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace echomesh {
namespace {

constexpr std::chrono::seconds kStartsWithin{10};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in there = loopback(port);
  const bool answers = connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
  close(fd);
  return answers;
}

std::string filled_in(std::string text, const std::string& dir) {
  constexpr std::string_view kPlace = "{dir}";
  for (auto at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at)) {
    text.replace(at, kPlace.size(), dir);
  }
  return text;
}

}  // namespace

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any = loopback(0);
  socklen_t size = sizeof any;
  bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any);
  getsockname(fd, reinterpret_cast<sockaddr*>(&any), &size);
  close(fd);
  return ntohs(any.sin_port);
}

BrokerProcess::BrokerProcess(const std::string& config) : config_(config), port_(free_port()) {
  start();
}

BrokerProcess::BrokerProcess(const TempDir& files, const std::string& config)
    : config_(filled_in(config, files.root().string())), port_(free_port()) {
  start();
}

BrokerProcess::~BrokerProcess() {
  kill();
}

void BrokerProcess::start() {
  // As root Mosquitto would change its user and lose sight of the test's files.
  own_.write("broker.conf", "user root\nlog_dest stderr\nset_tcp_nodelay true\nlistener " +
                                std::to_string(port_) + " 127.0.0.1\n" + config_);
  launch();
  const auto deadline = std::chrono::steady_clock::now() + kStartsWithin;
  while (!accepts(port_)) {
    int status = 0;
    const bool has_died = waitpid(pid_, &status, WNOHANG) == pid_;
    if (has_died) {
      pid_ = -1;
    }
    if (has_died || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("mosquitto does not accept connections: " + log());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

void BrokerProcess::launch() {
  const std::string conf = own_.path("broker.conf");
  const std::string log = own_.path("broker.log");
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    // Debian has it where a user's PATH has not.
    execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf.c_str(), nullptr);
    execlp("mosquitto", "mosquitto", "-c", conf.c_str(), nullptr);
    _exit(127);
  }
}

void BrokerProcess::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
}

void BrokerProcess::freeze() const {
  ::kill(pid_, SIGSTOP);
}
void BrokerProcess::thaw() const {
  ::kill(pid_, SIGCONT);
}

std::string BrokerProcess::log() const {
  std::ostringstream text;
  text << std::ifstream(own_.path("broker.log")).rdbuf();
  return text.str();
}

}  // namespace echomesh
