#include "aggregator/verdict.hpp"

#include <vector>

#include "tests/unit/aggregator/entries.hpp"

namespace echomesh::aggregator {
namespace {

using enum RegionState;

struct Row {
  const char* what;
  std::int64_t accessible;
  std::int64_t slow;
  std::int64_t inaccessible;
  std::int64_t unwitnessed;
  RegionState expected;
};

void check(const std::vector<Row>& rows, const VerdictPolicy& policy) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(judge({row.accessible, row.slow, row.inaccessible, row.unwitnessed}, policy) ==
          row.expected);
  }
}

/// One voter after the other says something of the region.
Tally tally_of(std::size_t groups, const std::vector<std::pair<GroupIndex, Vote>>& votes) {
  Ballot ballot(groups);
  for (const auto& [group, vote] : votes) {
    ballot.change(group, Vote::none, vote);
  }
  return ballot.tally();
}

TEST_SUITE("verdict") {
  TEST_CASE("whoever reports votes: the steps in their order, at and beside each boundary") {
    check({{"nobody judges", 0, 0, 0, 0, unknown},
           {"one good place", 1, 0, 0, 0, operational},
           {"one bad place is all there is", 0, 0, 1, 0, major_outage},
           {"one of two is half", 1, 0, 1, 0, major_outage},
           {"one of three is its own trouble", 2, 0, 1, 0, operational},
           {"just half", 4, 0, 4, 0, major_outage},
           {"just under half", 5, 0, 4, 0, partial_outage},
           {"two of ten is a fifth", 8, 0, 2, 0, partial_outage},
           {"two of eleven is less", 9, 0, 2, 0, operational},
           {"one down and one slow of ten", 8, 1, 1, 0, degraded_performance},
           {"one down and one slow of eleven", 9, 1, 1, 0, operational},
           {"two slow of ten", 8, 2, 0, 0, degraded_performance},
           {"one slow of two", 1, 1, 0, 0, operational},
           {"all slow", 0, 5, 0, 0, degraded_performance},
           {"slow is not down", 0, 9, 1, 0, degraded_performance}},
          {});
  }

  TEST_CASE("half the world does not lose its uplink at once") {
    check({{"three unwitnessed alone", 0, 0, 0, 3, major_outage},
           {"two unwitnessed alone", 0, 0, 0, 2, unknown},
           {"two unwitnessed and one down", 0, 0, 1, 2, major_outage},
           {"three of six", 3, 0, 0, 3, major_outage},
           {"three of seven", 4, 0, 0, 3, operational},
           {"one unwitnessed and two down of six", 3, 0, 2, 1, major_outage},
           {"one unwitnessed and two down of seven", 4, 0, 2, 1, partial_outage},
           {"two, though half", 1, 0, 1, 1, major_outage},  // by one of two judging
           {"two, though half, and one down of three", 2, 0, 1, 1, operational},
           {"slow places judge", 0, 3, 0, 3, major_outage}},
          {});
  }

  TEST_CASE("unwitnessed places need no minimum of judges") {
    VerdictPolicy policy;
    policy.min_judging = 3;
    policy.expected_votes = 8;
    check({{"three unwitnessed, nobody judges", 0, 0, 0, 3, major_outage},
           {"places that judge do", 0, 0, 3, 0, unknown},
           {"one unwitnessed beside them is enough", 0, 0, 3, 1, major_outage}},
          policy);
  }

  TEST_CASE("fewer judges than the minimum tell nothing") {
    VerdictPolicy policy;
    policy.min_judging = 3;
    check({{"at the minimum", 3, 0, 0, 0, operational},
           {"one under it", 2, 0, 0, 0, unknown},
           {"one under it, all down", 0, 0, 2, 0, unknown},
           {"slow and down places judge too", 1, 1, 1, 0, degraded_performance}},
          policy);
  }

  TEST_CASE("half of the expected votes can judge, fewer cannot") {
    VerdictPolicy policy;
    policy.expected_votes = 8;
    check({{"half", 4, 0, 0, 0, operational}, {"under half", 3, 0, 0, 0, unknown}}, policy);
    policy.expected_votes = 7;
    check({{"over half", 4, 0, 0, 0, operational}, {"under half", 3, 0, 0, 0, unknown}}, policy);
  }

  TEST_CASE("with major = 1.0 all judging places must agree") {
    VerdictPolicy policy;
    policy.major = 1.0;
    check({{"all", 0, 0, 4, 0, major_outage},
           {"all but one", 1, 0, 3, 0, partial_outage},
           {"all but one, one of them unwitnessed", 1, 0, 2, 1, partial_outage},
           {"all, one of them unwitnessed", 0, 0, 2, 1, major_outage}},
          policy);
  }

  TEST_CASE("shares are compared without rounding") {
    VerdictPolicy policy;
    policy.major = 0.3;
    check({{"3 of 10", 7, 0, 3, 0, major_outage}, {"2 of 10", 8, 0, 2, 0, partial_outage}}, policy);
    policy.major = 0.07;
    check({{"7 of 100", 93, 0, 7, 0, major_outage}, {"6 of 100", 94, 0, 6, 0, operational}},
          policy);
  }

  TEST_CASE("the smallest share still needs one that is down") {
    VerdictPolicy policy;
    policy.major = 1e-9;
    policy.partial = 1e-9;
    policy.degraded = 1e-9;
    check({{"none", 9, 0, 0, 0, operational}, {"one", 8, 0, 1, 0, major_outage}}, policy);
  }

  TEST_CASE("a vote that changes leaves nothing of what it was") {
    Ballot ballot(1);
    for (const auto group : {kNoGroup, GroupIndex{0}}) {
      ballot.change(group, Vote::none, Vote::accessible);
      ballot.change(group, Vote::accessible, Vote::inaccessible);
      ballot.change(group, Vote::inaccessible, Vote::unwitnessed);
      CHECK(ballot.tally() == Tally{0, 0, 0, 1});
      ballot.change(group, Vote::unwitnessed, Vote::none);
      CHECK(ballot.tally() == Tally{});
    }
  }

  TEST_CASE("a group has one vote: that of more than half of its judging members") {
    using enum Vote;
    struct GroupRow {
      const char* what;
      std::vector<Vote> members;
      Tally expected;
    };
    const std::vector<GroupRow> rows = {
        {"all good", {accessible, accessible}, {1, 0, 0, 0}},
        {"half down is not more than half", {accessible, inaccessible}, {1, 0, 0, 0}},
        {"two of three down", {accessible, inaccessible, inaccessible}, {0, 0, 1, 0}},
        {"one of three down", {accessible, accessible, inaccessible}, {1, 0, 0, 0}},
        {"two of three slow or down", {accessible, slow, inaccessible}, {0, 1, 0, 0}},
        {"half slow is not more than half", {accessible, slow}, {1, 0, 0, 0}},
        {"half down, half slow", {slow, inaccessible}, {0, 1, 0, 0}},
        {"who does not judge does not count", {inaccessible, none, none}, {0, 0, 1, 0}},
        {"nor who is unwitnessed, while one judges", {accessible, unwitnessed}, {1, 0, 0, 0}},
        {"unwitnessed if nobody judges", {unwitnessed, unwitnessed, none}, {0, 0, 0, 1}},
        {"no vote if nobody says anything", {none, none}, {}},
    };
    for (const auto& row : rows) {
      CAPTURE(row.what);
      std::vector<std::pair<GroupIndex, Vote>> votes;
      for (const auto vote : row.members) {
        votes.emplace_back(GroupIndex{1}, vote);
      }
      CHECK(tally_of(2, votes) == row.expected);
    }
  }

  TEST_CASE("groups and lone voters are counted side by side") {
    using enum Vote;
    const auto tally = tally_of(2, {{kNoGroup, accessible},
                                    {0, inaccessible},
                                    {1, slow},
                                    {0, inaccessible},
                                    {kNoGroup, inaccessible},
                                    {1, slow},
                                    {kNoGroup, none}});
    CHECK(tally == Tally{1, 1, 2, 0});
    CHECK(tally.judging() == 4);
  }

  TEST_CASE("votes that came and went in any order leave the tally of a fresh count") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    Dice dice(seed);
    constexpr std::size_t kVoters = 30;
    Ballot ballot(4);
    std::vector<std::pair<GroupIndex, Vote>> votes;
    for (std::size_t i = 0; i < kVoters; ++i) {
      votes.emplace_back(i < 10 ? kNoGroup : i % 4, Vote::none);
    }
    for (int round = 0; round < 2'000; ++round) {
      auto& [group, vote] = votes[static_cast<std::size_t>(dice.below(kVoters))];
      const auto after = static_cast<Vote>(dice.below(5));
      ballot.change(group, vote, after);
      vote = after;
      REQUIRE(ballot.tally() == tally_of(4, votes));
    }
  }
}

}  // namespace
}  // namespace echomesh::aggregator
