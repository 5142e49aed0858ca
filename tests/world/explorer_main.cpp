// Lives through the adventures of many seeds and tells of those that break a rule.

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

#include "proto/decimal.hpp"
#include "tests/world/explorer.hpp"

namespace {

using namespace echomesh::world;

constexpr int kWrongUsage = 64;
constexpr int kMostTold = 10;

constexpr std::string_view kUsage =
    R"(Usage: explore [--seeds N] [--from S] [--seed S]

Simulates meshes with random faults and compares all that is reported and published with the rules.

  --seeds N   so many seeds (1000)
  --from S    the first of them (1)
  --seed S    this one alone, its faults told
  --help      this text

Exit status: 0 all is as the rules say, 1 something is not, 64 wrong usage.
)";

struct Options {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  bool is_single = false;
};

/// Empty: wrong usage.
std::optional<Options> options_of(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const auto value = i + 1 < count ? echomesh::parse_integer(words[i + 1]) : std::nullopt;
    if (!value || *value < 0) {
      return std::nullopt;
    }
    const auto number = static_cast<std::uint64_t>(*value);
    if (word == "--seeds") {
      options.seeds = number;
    } else if (word == "--from") {
      options.from = number;
    } else if (word == "--seed") {
      options.from = number;
      options.seeds = 1;
      options.is_single = true;
    } else {
      return std::nullopt;
    }
    ++i;
  }
  return options;
}

int explore(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  const bool shows_progress = isatty(STDERR_FILENO) == 1;
  std::uint64_t broken = 0;
  for (std::uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
    if (shows_progress) {
      std::fprintf(stderr, "\rseed %llu, %llu broken ", static_cast<unsigned long long>(seed),
                   static_cast<unsigned long long>(broken));
    }
    const auto adventure = adventure_of(seed);
    if (options.is_single) {
      for (const auto& fault : adventure.faults) {
        std::printf("  %s\n", to_text(fault, adventure.mesh).c_str());
      }
    }
    if (!live_through(adventure).empty() && ++broken <= kMostTold) {
      std::printf("%s%s", shows_progress ? "\n" : "", explain(seed, adventure).c_str());
      std::fflush(stdout);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%sexplore: %llu seeds from %llu, %llu broken, %.1f s\n", shows_progress ? "\n" : "",
              static_cast<unsigned long long>(options.seeds),
              static_cast<unsigned long long>(options.from),
              static_cast<unsigned long long>(broken), took.count());
  return broken > 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  if (count == 2 &&
      (std::string_view(words[1]) == "--help" || std::string_view(words[1]) == "-h")) {
    std::fputs(kUsage.data(), stdout);
    return 0;
  }
  const auto options = options_of(count, words);
  if (!options) {
    std::fputs(kUsage.data(), stderr);
    return kWrongUsage;
  }
  return explore(*options);
}
