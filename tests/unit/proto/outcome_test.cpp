#include "proto/outcome.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace echomesh {

TEST_SUITE("outcome") {
  TEST_CASE("miss causes stand in the order of the join: of two the later one wins") {
    constexpr std::array<std::string_view, 7> kFirstWins = {"denied",  "refused", "tls",    "dns",
                                                            "connect", "lost",    "timeout"};
    for (std::size_t i = 0; i < kFirstWins.size(); ++i) {
      CAPTURE(kFirstWins.at(i));
      const auto cause = miss_cause_from(kFirstWins.at(i));
      REQUIRE(cause);
      CHECK(to_string(*cause) == kFirstWins.at(i));
      CHECK((i == 0 || *cause < *miss_cause_from(kFirstWins.at(i - 1))));
    }
  }

  TEST_CASE("void causes stand in the order of the join: of two the later one wins") {
    constexpr std::array<std::string_view, 3> kFirstWins = {"unwitnessed", "blind", "stalled"};
    for (std::size_t i = 0; i < kFirstWins.size(); ++i) {
      const auto cause = void_cause_from(kFirstWins.at(i));
      REQUIRE(cause);
      CHECK(to_string(*cause) == kFirstWins.at(i));
      CHECK((i == 0 || *cause < *void_cause_from(kFirstWins.at(i - 1))));
    }
  }

  TEST_CASE("a word is a cause of one kind at most") {
    for (const std::string word : {"", "Timeout", "timeout ", "stalled", "ok", "never_reported"}) {
      CHECK_MESSAGE(!miss_cause_from(word), word);
    }
    for (const std::string word : {"", "Blind", "timeout", "late", "never_reported"}) {
      CHECK_MESSAGE(!void_cause_from(word), word);
    }
  }

  TEST_CASE("outcomes are the same only with the same kind and content") {
    const Rtt rtt{nanoseconds{48'211'000}};
    CHECK(Outcome{Ok{rtt}} == Outcome{Ok{rtt}});
    CHECK(Outcome{Ok{rtt}} != Outcome{Ok{Rtt{nanoseconds{48'211'001}}}});
    CHECK(Outcome{Ok{rtt}} != Outcome{Late{rtt}});
    CHECK(Outcome{Miss{MissCause::timeout}} != Outcome{Miss{MissCause::lost}});
  }
}

}  // namespace echomesh
