#include "agent/spool.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace echomesh::agent {
namespace {

SlotOutcomes of_slot(std::int64_t number) {
  return {Slot{number}, {}};
}

Spool with(std::int64_t reports) {
  Spool spool;
  for (std::int64_t i = 1; i <= reports; ++i) {
    spool.push(of_slot(100 + i));
  }
  return spool;
}

std::vector<std::int64_t> take_all(Spool& spool) {
  std::vector<std::int64_t> seqs;
  while (const auto report = spool.take_next()) {
    seqs.push_back(report->seq);
  }
  return seqs;
}

using Seqs = std::vector<std::int64_t>;
constexpr auto kBound = static_cast<std::int64_t>(kMaxSpooledReports);

}  // namespace

TEST_SUITE("spool") {
  TEST_CASE("reports are numbered from 1 without a gap and keep what they say") {
    Spool spool = with(1);
    const auto first = spool.take_next();
    REQUIRE(first);
    CHECK(first->seq == 1);
    CHECK(first->outcomes == of_slot(101));
    spool.acknowledged(1, true);
    CHECK(spool.size() == 0);
    spool.push(of_slot(102));
    CHECK(take_all(spool) == Seqs{2});
  }

  TEST_CASE("the newest goes first, each once") {
    Spool spool = with(3);
    CHECK(take_all(spool) == Seqs{3, 2, 1});
    spool.push(of_slot(104));
    CHECK(take_all(spool) == Seqs{4});
  }

  TEST_CASE("twenty may await their acknowledgement, the next waits for one of them") {
    Spool spool = with(30);
    auto out = take_all(spool);
    REQUIRE(out.size() == 20);
    CHECK(out.front() == 30);
    CHECK(out.back() == 11);
    spool.acknowledged(25, true);
    CHECK(take_all(spool) == Seqs{10});
    spool.push(of_slot(131));
    CHECK(take_all(spool).empty());
    spool.acknowledged(30, true);
    CHECK(take_all(spool) == Seqs{31});
  }

  TEST_CASE("a report stays until it is acknowledged, and a second acknowledgement is nothing") {
    Spool spool = with(25);
    take_all(spool);
    CHECK(spool.size() == 25);
    for (int i = 0; i < 3; ++i) {
      spool.acknowledged(25, true);
      spool.acknowledged(999, true);
      spool.acknowledged(0, false);
    }
    CHECK(spool.size() == 24);
    CHECK(spool.dropped() == 0);
    CHECK(take_all(spool) == Seqs{5});  // one place in the window, not three
  }

  TEST_CASE("a refused report is dropped and counted") {
    Spool spool = with(2);
    take_all(spool);
    spool.acknowledged(2, false);
    CHECK(spool.size() == 1);
    CHECK(spool.dropped() == 1);
  }

  TEST_CASE("a lost connection makes all that was out go out again, under the same numbers") {
    Spool spool = with(22);
    take_all(spool);
    spool.acknowledged(21, true);
    spool.connection_lost();
    const auto again = take_all(spool);
    REQUIRE(again.size() == 20);
    CHECK(again[0] == 22);
    CHECK(again[1] == 20);
    CHECK(again.back() == 2);
  }

  TEST_CASE("what the connection did not take is offered again") {
    Spool spool = with(1);
    take_all(spool);
    spool.not_taken(1);
    spool.not_taken(1);
    CHECK(take_all(spool) == Seqs{1});
  }

  TEST_CASE("full it drops the oldest and counts it; one report fewer drops nothing") {
    Spool spool = with(kBound);
    CHECK(spool.size() == kMaxSpooledReports);
    CHECK(spool.dropped() == 0);
    spool.push(of_slot(1));
    CHECK(spool.size() == kMaxSpooledReports);
    CHECK(spool.dropped() == 1);
    Seqs all;
    while (const auto report = spool.take_next()) {
      all.push_back(report->seq);
      spool.acknowledged(report->seq, true);
    }
    CHECK(all.front() == kBound + 1);
    CHECK(all.back() == 2);
  }

  TEST_CASE("reports dropped while out give their place in the window back") {
    Spool spool = with(20);
    REQUIRE(take_all(spool).size() == 20);
    for (std::int64_t i = 0; i < kBound; ++i) {
      spool.push(of_slot(i));
    }
    CHECK(spool.dropped() == 20);
    spool.acknowledged(20, true);  // of one that is gone
    CHECK(spool.size() == kMaxSpooledReports);
    CHECK(take_all(spool).size() == 20);
  }
}

}  // namespace echomesh::agent
