#include "tests/faults/answering_line.hpp"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "proto/io/clock.hpp"

namespace echomesh {
namespace {

constexpr int kTickMs = 10;
/// What a router quotes of a packet: its head, and 8 bytes more.
constexpr std::size_t kQuoted = sizeof(iphdr) + 8;

/// RFC 1071.
std::uint16_t checksum(const std::string& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, bytes.data() + i, i + 1 < bytes.size() ? 2 : 1);
    sum += word;
  }
  sum = (sum >> 16U) + (sum & 0xFFFFU);
  sum += sum >> 16U;
  return static_cast<std::uint16_t>(~sum);
}

template <class Head>
std::string bytes_of(const Head& head) {
  return {reinterpret_cast<const char*>(&head), sizeof head};
}

template <class Head>
Head head_at(const std::string& packet, std::size_t offset) {
  Head head{};
  std::memcpy(&head, packet.data() + offset, sizeof head);
  return head;
}

/// From where `asked` went to, to where it came from.
iphdr way_back(const iphdr& asked, std::uint8_t protocol, std::size_t bytes) {
  iphdr head{};
  head.version = 4;
  head.ihl = sizeof head / 4;
  head.ttl = 64;
  head.protocol = protocol;
  head.tot_len = htons(static_cast<std::uint16_t>(sizeof head + bytes));
  head.saddr = asked.daddr;
  head.daddr = asked.saddr;
  head.check = checksum(bytes_of(head));
  return head;
}

std::string unreachable(const std::string& packet, std::uint8_t code) {
  icmphdr head{};
  head.type = ICMP_DEST_UNREACH;
  head.code = code;
  const std::string quoted = packet.substr(0, kQuoted);
  head.checksum = checksum(bytes_of(head) + quoted);
  const std::string said = bytes_of(head) + quoted;
  return bytes_of(way_back(head_at<iphdr>(packet, 0), IPPROTO_ICMP, said.size())) + said;
}

std::string reset(const std::string& packet) {
  const auto asked = head_at<tcphdr>(packet, sizeof(iphdr));
  tcphdr head{};
  head.source = asked.dest;
  head.dest = asked.source;
  head.ack_seq = htonl(ntohl(asked.seq) + 1);
  head.doff = sizeof head / 4;
  head.rst = 1;
  head.ack = 1;
  const iphdr way = way_back(head_at<iphdr>(packet, 0), IPPROTO_TCP, sizeof head);
  const std::string pseudo = bytes_of(way.saddr) + bytes_of(way.daddr) + std::string("\0\6\0", 3) +
                             static_cast<char>(sizeof head);
  head.check = checksum(pseudo + bytes_of(head));
  return bytes_of(way) + bytes_of(head);
}

}  // namespace

AnsweringLine::AnsweringLine(TunDevice device)
    : device_(std::move(device)), thread_([this] { serve(); }) {}

AnsweringLine::~AnsweringLine() {
  is_over_ = true;
  thread_.join();
}

void AnsweringLine::answer(Answer answer, std::chrono::microseconds after) {
  answer_ = answer;
  after_ = after;
}

void AnsweringLine::serve() {
  while (!is_over_) {
    pollfd watched{device_.descriptor(), POLLIN, 0};
    ::poll(&watched, 1, kTickMs);
    while (const auto packet = device_.read()) {
      const MonoTime due = io::mono_now() + after_.load();
      while (io::mono_now() < due) {
      }
      if (const auto answer = answer_to(*packet); !answer.empty()) {
        device_.write(answer);
      }
    }
  }
}

/// Empty for what is no connect over IPv4.
std::string AnsweringLine::answer_to(const std::string& packet) const {
  constexpr std::size_t kHeads = sizeof(iphdr) + sizeof(tcphdr);
  const bool is_tcp = packet.size() >= kHeads && head_at<iphdr>(packet, 0).version == 4 &&
                      head_at<iphdr>(packet, 0).protocol == IPPROTO_TCP;
  if (!is_tcp || head_at<tcphdr>(packet, sizeof(iphdr)).syn == 0) {
    return "";
  }
  switch (answer_.load()) {
    case Answer::net_unreachable:
      return unreachable(packet, ICMP_NET_UNREACH);
    case Answer::host_unreachable:
      return unreachable(packet, ICMP_HOST_UNREACH);
    case Answer::reset:
      return reset(packet);
  }
  return "";
}

}  // namespace echomesh
