#include "tests/support/scripted_peer.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace echomesh {
namespace {

constexpr int kTickMs = 10;
constexpr int kQueue = 64;
constexpr unsigned kConnect = 0x10;
constexpr unsigned kPublish = 0x30;
constexpr unsigned kSubscribe = 0x80;
constexpr unsigned kPing = 0xC0;
constexpr unsigned kLevel311 = 4;

unsigned at(const std::string& bytes, std::size_t index) {
  return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0U;
}

/// One packet of up to 127 bytes after its head, which is all that tests send.
std::string read_packet(TestSocket& connection) {
  std::string packet = connection.receive(2);
  return packet.size() < 2 ? "" : packet + connection.receive(at(packet, 1));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

TestSocket listening(std::uint16_t port, int queue) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in here = loopback(port);
  ::bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here);
  ::listen(fd, queue);
  return TestSocket(fd);
}

}  // namespace

ScriptedPeer::ScriptedPeer(Habit habit, std::uint16_t port)
    : habit_(habit),
      listener_(listening(port, habit == Habit::does_not_answer ? 0 : kQueue)),
      is_answering_(habit != Habit::does_not_answer) {
  if (habit == Habit::does_not_answer) {
    // A queue of none holds one connection; the kernel drops the SYNs of all others.
    filler_ = TestSocket::connected_to(listener_.port());
  }
  thread_ = std::thread([this] { serve(); });
}

ScriptedPeer::~ScriptedPeer() {
  is_over_ = true;
  thread_.join();
}

void ScriptedPeer::serve() {
  std::vector<TestSocket> connections;
  while (!is_over_) {
    if (is_answering_ && listener_.is_readable_within(kTickMs)) {
      TestSocket connection = listener_.accept();
      ++accepted_;
      if (habit_ != Habit::closes_at_once) {
        connections.push_back(std::move(connection));
      }
    }
    if (!is_answering_) {
      std::this_thread::sleep_for(std::chrono::milliseconds{kTickMs});
    }
    for (TestSocket& connection : connections) {
      if (habit_ != Habit::silent && connection.is_open() && connection.is_readable_within(0) &&
          !reply_to(connection)) {
        connection.close();
      }
    }
  }
}

bool ScriptedPeer::reply_to(TestSocket& connection) {
  const std::string packet = read_packet(connection);
  const bool is_v5 = at(packet, 8) > kLevel311;
  switch (at(packet, 0) & 0xF0U) {
    case kConnect:
      if (is_v5 && habit_ == Habit::closes_on_v5) {
        return false;
      }
      if (is_v5 && habit_ == Habit::refuses_v5) {
        connection.send(std::string("\x20\x02\x00\x01", 4));
        return false;
      }
      connection.send(is_v5 ? std::string("\x20\x03\x00\x00\x00", 5)
                            : std::string("\x20\x02\x00\x00", 4));
      return true;
    case kSubscribe:
      if (habit_ == Habit::closes_on_v5 || habit_ == Habit::refuses_v5) {
        connection.send(std::string("\x90\x03", 2) + packet.substr(2, 2) + std::string(1, '\0'));
      }
      return true;
    case kPublish:
      connection.send(packet);
      return true;
    case kPing:
      connection.send(std::string("\xD0\x00", 2));
      return true;
    default:
      return false;
  }
}

}  // namespace echomesh
