#include "agent/report_assembler.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/agent/outcomes.hpp"

namespace echomesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr nanoseconds kInstant{1};
constexpr MonoTime kDue{seconds{1000}};
constexpr Slot kSlot{42};

EchoEntry entry(const std::string& region, const Outcome& outcome = ok(milliseconds{48})) {
  return {RegionId::parse(region).value(), outcome};
}

/// `42: eu us; 43: ap`
std::string in_words(const std::vector<SlotOutcomes>& reports) {
  std::string text;
  for (const auto& report : reports) {
    text += (text.empty() ? "" : "; ") + std::to_string(report.slot.number) + ":";
    for (const auto& echo : report.echoes) {
      text += " " + echo.region.str();
    }
  }
  return text;
}

}  // namespace

TEST_SUITE("report assembler") {
  TEST_CASE("a slot whose outcomes are all known goes out at once, as one report") {
    ReportAssembler assembler(2);
    assembler.open(kSlot, kDue);
    assembler.add(kSlot, entry("eu"));
    CHECK(assembler.take(kDue + milliseconds{50}).empty());
    assembler.add(kSlot, entry("us", miss(MissCause::dns)));
    const auto reports = assembler.take(kDue + milliseconds{60});
    REQUIRE(in_words(reports) == "42: eu us");
    CHECK(reports[0].echoes[1] == entry("us", miss(MissCause::dns)));
    CHECK(assembler.take(kDue + seconds{10}).empty());
    CHECK_FALSE(assembler.next_deadline());
  }

  TEST_CASE("what is known 1 s after the tick goes out together, not one nanosecond before") {
    ReportAssembler assembler(3);
    assembler.open(kSlot, kDue);
    assembler.add(kSlot, entry("eu"));
    assembler.add(kSlot, entry("us"));
    CHECK(assembler.next_deadline() == kDue + seconds{1});
    CHECK(assembler.take(kDue + seconds{1} - kInstant).empty());
    CHECK(in_words(assembler.take(kDue + seconds{1})) == "42: eu us");
    CHECK_FALSE(assembler.next_deadline());
  }

  TEST_CASE("later outcomes follow in further reports of the same slot as they become known") {
    ReportAssembler assembler(3);
    assembler.open(kSlot, kDue);
    assembler.add(kSlot, entry("eu"));
    CHECK(in_words(assembler.take(kDue + seconds{1})) == "42: eu");
    assembler.add(kSlot, entry("us"));
    CHECK(in_words(assembler.take(kDue + milliseconds{1500})) == "42: us");
    CHECK(assembler.take(kDue + seconds{2}).empty());
    assembler.add(kSlot, entry("ap", miss(MissCause::timeout)));
    CHECK(in_words(assembler.take(kDue + seconds{5})) == "42: ap");
  }

  TEST_CASE("nothing known after 1 s makes no empty report and no deadline") {
    ReportAssembler assembler(2);
    assembler.open(kSlot, kDue);
    CHECK_FALSE(assembler.next_deadline());
    CHECK(assembler.take(kDue + seconds{1}).empty());
    assembler.add(kSlot, entry("eu"));
    CHECK(in_words(assembler.take(kDue + seconds{2})) == "42: eu");
  }

  TEST_CASE("a late echo is a report of its own, and completes no slot") {
    ReportAssembler assembler(2);
    assembler.open(kSlot, kDue);
    assembler.open(kSlot + 1, kDue + seconds{5});
    assembler.add(kSlot + 1, entry("eu"));
    assembler.add(kSlot, entry("eu", late(seconds{6})));
    assembler.add(kSlot + 1, entry("eu", late(seconds{6})));
    CHECK(in_words(assembler.take(kDue + seconds{5})) == "42: eu; 43: eu");
    assembler.add(kSlot + 1, entry("us"));
    CHECK(in_words(assembler.take(kDue + seconds{5})) == "43: eu us");
  }

  TEST_CASE("of several slots the oldest is told first, and the earliest deadline counts") {
    ReportAssembler assembler(2);
    assembler.open(kSlot, kDue);
    assembler.open(kSlot + 1, kDue + seconds{5});
    assembler.add(kSlot + 1, entry("eu"));
    CHECK(assembler.next_deadline() == kDue + seconds{6});
    assembler.add(kSlot, entry("eu"));
    CHECK(assembler.next_deadline() == kDue + seconds{1});
    CHECK(in_words(assembler.take(kDue + seconds{6})) == "42: eu; 43: eu");
  }

  TEST_CASE("an outcome of a slot that was never opened is not reported") {
    ReportAssembler assembler(1);
    assembler.add(kSlot, entry("eu"));
    CHECK(assembler.take(kDue + seconds{10}).empty());
  }

  TEST_CASE("a number that a step of the clock opened twice makes two reports, neither too long") {
    ReportAssembler assembler(2);
    assembler.open(kSlot, kDue);
    assembler.open(kSlot, kDue + seconds{1});
    for (int i = 0; i < 2; ++i) {
      assembler.add(kSlot, entry("eu"));
      assembler.add(kSlot, entry("us"));
    }
    CHECK(in_words(assembler.take(kDue + seconds{2})) == "42: eu us; 42: eu us");
    assembler.add(kSlot, entry("eu"));
    CHECK(assembler.take(kDue + seconds{9}).empty());  // neither is still open
  }
}

}  // namespace echomesh::agent
