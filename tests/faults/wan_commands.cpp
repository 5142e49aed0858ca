#include "tests/faults/wan_commands.hpp"

#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <sstream>
#include <vector>

namespace echomesh {
namespace {

constexpr double kLongestDelayMs = 600'000;
constexpr double kAllPercent = 100;
constexpr double kNanosecondsPerMillisecond = 1e6;

/// What follows the command and the WAY.
struct Numbers {
  std::vector<double> values;
  bool are_all = true;  ///< nothing else stood there
};

Numbers numbers_in(std::istringstream& words) {
  Numbers numbers;
  for (double value = 0; words >> value;) {
    numbers.values.push_back(value);
  }
  numbers.are_all = words.eof();
  return numbers;
}

bool is_between(double value, double least, double most) {
  return value >= least && value <= most;
}

nanoseconds from_ms(double ms) {
  return nanoseconds{std::llround(ms * kNanosecondsPerMillisecond)};
}

std::optional<OneWayDelay> delay_in(const Numbers& numbers) {
  const auto& ms = numbers.values;
  if (!numbers.are_all || ms.empty() || ms.size() > 2) {
    return std::nullopt;
  }
  const double jitter = ms.size() == 2 ? ms[1] : 0;
  if (!is_between(ms[0], 0, kLongestDelayMs) || !is_between(jitter, 0, kLongestDelayMs)) {
    return std::nullopt;
  }
  return OneWayDelay{from_ms(ms[0]), from_ms(jitter)};
}

using Change = std::function<void(WanWay&)>;

Result<Change> change_in(const std::string& verb, const Numbers& numbers) {
  if (verb == "delay") {
    const auto delay = delay_in(numbers);
    if (!delay) {
      return Error{verb, "expected WAY MS [JITTER_MS], each from 0 to 600000"};
    }
    return Change([delay](WanWay& way) { way.set_delay(*delay); });
  }
  if (verb == "loss") {
    if (!numbers.are_all || numbers.values.size() != 1 ||
        !is_between(numbers.values[0], 0, kAllPercent)) {
      return Error{verb, "expected WAY PERCENT, from 0 to 100"};
    }
    return Change([share = numbers.values[0] / kAllPercent](WanWay& way) { way.set_loss(share); });
  }
  if (verb != "cut" && verb != "heal") {
    return Error{verb, "there is no such command; there are delay, loss, cut, heal and counts"};
  }
  if (!numbers.are_all || !numbers.values.empty()) {
    return Error{verb, "expected WAY and nothing more"};
  }
  return verb == "cut" ? Change(&WanWay::cut) : Change(&WanWay::heal);
}

std::string counts(const WanLine& line) {
  const auto there = line.there.counts();
  const auto back = line.back.counts();
  std::ostringstream answer;
  answer << "ok " << there.passed << ' ' << there.lost << ' ' << back.passed << ' ' << back.lost;
  return answer.str();
}

}  // namespace

std::string obey(WanLine& line, std::string_view command) {
  std::istringstream words{std::string(command)};
  std::string verb;
  words >> verb;
  if (verb == "counts") {
    return counts(line);
  }
  std::string way;
  words >> way;
  const auto change = change_in(verb, numbers_in(words));
  if (!change.ok()) {
    return "error: " + to_string(change.error());
  }
  if (way != "there" && way != "back" && way != "both") {
    return "error: " + verb + ": expected there, back or both, got \"" + way + "\"";
  }
  if (way != "back") {
    (*change)(line.there);
  }
  if (way != "there") {
    (*change)(line.back);
  }
  return "ok";
}

}  // namespace echomesh
