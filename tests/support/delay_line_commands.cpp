#include "tests/support/delay_line_commands.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <sstream>
#include <vector>

namespace echomesh {

namespace {

constexpr double kLongestDelayMs = 600'000;

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  Words words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

Error unclear(const Words& words, const std::string& expected) {
  return {words.front(), "expected " + expected};
}

std::string answer(const Result<std::size_t>& told) {
  return told.ok() ? "ok " + std::to_string(*told) : "error: " + to_string(told.error());
}

/// Takes `NAME` or `NAME #CONNECTION` off the words behind the command.
Result<DelayLine::Choice> take_choice(Words& words) {
  if (words.size() < 2) {
    return unclear(words, "NAME or NAME #CONNECTION");
  }
  DelayLine::Choice choice{words[1]};
  auto taken = words.begin() + 2;
  if (taken != words.end() && taken->starts_with('#')) {
    choice.connection = number_in<ConnectionId>(taken->substr(1));
    if (!choice.connection) {
      return unclear(words, "a connection as #NUMBER, got " + *taken);
    }
    ++taken;
  }
  words.erase(words.begin() + 1, taken);
  return choice;
}

Result<nanoseconds> milliseconds_in(const Words& words, std::size_t index) {
  const auto ms = number_in<double>(words[index]);
  if (!ms || !(*ms >= 0 && *ms <= kLongestDelayMs)) {
    return unclear(words, "milliseconds from 0 to 600000, got " + words[index]);
  }
  return nanoseconds{std::llround(*ms * 1e6)};
}

std::string listen(DelayLine& line, const Words& words) {
  const auto port = words.size() == 4 ? number_in<std::uint16_t>(words[2]) : std::nullopt;
  const auto target = words.size() == 4 ? number_in<std::uint16_t>(words[3]) : std::nullopt;
  if (!port || !target) {
    return "error: " + to_string(unclear(words, "NAME PORT TARGET_PORT"));
  }
  const auto opened = line.listen(words[1], *port, *target);
  return opened.ok() ? "ok " + words[1] + " " + std::to_string(*opened)
                     : "error: " + to_string(opened.error());
}

std::string delay(DelayLine& line, const DelayLine::Choice& choice, const Words& words) {
  if (words.size() < 2 || words.size() > 3) {
    return "error: " + to_string(unclear(words, "NAME [#CONNECTION] MS [JITTER_MS]"));
  }
  OneWayDelay delay;
  const auto base = milliseconds_in(words, 1);
  const auto jitter = words.size() == 3 ? milliseconds_in(words, 2) : nanoseconds{0};
  if (!base.ok() || !jitter.ok()) {
    return "error: " + to_string(base.ok() ? jitter.error() : base.error());
  }
  delay = {*base, *jitter};
  return answer(line.delay(choice, delay));
}

std::string connections(const DelayLine& line, const std::string& name) {
  const auto open = line.connections(name);
  if (!open.ok()) {
    return "error: " + to_string(open.error());
  }
  std::string answer = "ok";
  for (const ConnectionId id : *open) {
    answer += " #" + std::to_string(id);
  }
  return answer;
}

}  // namespace

std::string obey(DelayLine& line, std::string_view command) {
  Words words = words_of(command);
  if (words.empty()) {
    return "error: expected a command: listen, delay, freeze, thaw, drop, refuse, accept, "
           "connections or quit";
  }
  const std::string verb = words.front();
  if (verb == "listen") {
    return listen(line, words);
  }
  const auto choice = take_choice(words);
  if (!choice.ok()) {
    return "error: " + to_string(choice.error());
  }
  if (verb == "delay") {
    return delay(line, *choice, words);
  }
  if (words.size() > 1) {
    return "error: " + to_string(unclear(words, "no further words, got " + words[1]));
  }
  if (verb == "freeze") {
    return answer(line.freeze(*choice));
  }
  if (verb == "thaw") {
    return answer(line.thaw(*choice));
  }
  if (verb == "drop") {
    return answer(line.drop(*choice));
  }
  if (choice->connection) {
    return "error: " + to_string(unclear(words, "a whole listener, not one connection"));
  }
  if (verb == "refuse") {
    return answer(line.refuse(choice->name));
  }
  if (verb == "accept") {
    return answer(line.accept(choice->name));
  }
  if (verb == "connections") {
    return connections(line, choice->name);
  }
  return "error: " + verb + ": there is no such command";
}

}  // namespace echomesh
