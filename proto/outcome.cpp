#include "proto/outcome.hpp"

#include <array>

namespace echomesh {
namespace {

constexpr std::array<std::string_view, 7> kMissWords = {"timeout", "lost",    "connect", "dns",
                                                        "tls",     "refused", "denied"};
constexpr std::array<std::string_view, 3> kVoidWords = {"stalled", "blind", "unwitnessed"};

template <class Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words.at(i) == word) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(MissCause cause) {
  return kMissWords.at(static_cast<std::size_t>(cause));
}
std::string_view to_string(VoidCause cause) {
  return kVoidWords.at(static_cast<std::size_t>(cause));
}

std::optional<MissCause> miss_cause_from(std::string_view word) {
  return find_word<MissCause>(kMissWords, word);
}
std::optional<VoidCause> void_cause_from(std::string_view word) {
  return find_word<VoidCause>(kVoidWords, word);
}

}  // namespace echomesh
