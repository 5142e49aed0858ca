/// A line to nowhere on which somebody answers each connect so many microseconds after it went out:
/// a router on the way by ICMP, or the host itself by a reset.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/faults/tun_device.hpp"

namespace echomesh {

class AnsweringLine {
 public:
  enum class Answer { net_unreachable, host_unreachable, reset };

  /// `device` leads to all addresses but our own.
  explicit AnsweringLine(TunDevice device);
  ~AnsweringLine();
  AnsweringLine(const AnsweringLine&) = delete;
  AnsweringLine& operator=(const AnsweringLine&) = delete;

  /// From now on.
  void answer(Answer answer, std::chrono::microseconds after);

 private:
  void serve();
  std::string answer_to(const std::string& packet) const;

  TunDevice device_;
  std::atomic<Answer> answer_{Answer::net_unreachable};
  std::atomic<std::chrono::microseconds> after_{std::chrono::microseconds{0}};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace echomesh
