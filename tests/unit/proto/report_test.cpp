#include "proto/report.hpp"

#include <doctest/doctest.h>

#include <string>

#include "proto/json_reader.hpp"

namespace echomesh {
namespace {

RegionId region(std::string_view id) {
  return RegionId::parse(id).value();
}

Report a_report() {
  Report report;
  report.epoch = HexId{0x5f3a9c1e0b7d2a44};
  report.run = HexId{0x9b1c66d0a4e2f713};
  report.seq = 1201;
  report.oldest = 1188;
  report.slot = Slot{359'049'240};
  report.sent = utc_from_unix_ms(1'795'246'200'623);
  report.clock = SlotClock::checked;
  return report;
}

constexpr std::string_view kEpoch = R"("epoch":"5f3a9c1e0b7d2a44")";
constexpr std::string_view kClock = R"("clock":"checked")";

/// A good report with `from` replaced by `to`, so that this alone is wrong.
std::string with(std::string_view from, std::string_view to) {
  std::string text =
      R"({"epoch":"5f3a9c1e0b7d2a44","run":"9b1c66d0a4e2f713","seq":1201,"oldest":1188,)"
      R"("slot":359049240,"slot_ms":5000,"limit_ms":5000,"sent_ms":1795246200623,)"
      R"("clock":"checked","echoes":[{"region":"eu","rtt_ms":48.211}]})";
  const auto at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

std::string with_entry(std::string_view entry) {
  return with(R"({"region":"eu","rtt_ms":48.211})", entry);
}

std::string with_entries(std::size_t entries) {
  std::string text;
  for (std::size_t i = 0; i < entries; ++i) {
    text +=
        (i == 0 ? R"({"region":"r)" : R"(,{"region":"r)") + std::to_string(i) + R"(","rtt_ms":1})";
  }
  return with_entry(text);
}

Outcome outcome_of(std::string_view entry) {
  const auto report = parse_report(with_entry(entry));
  REQUIRE_MESSAGE(report.ok(), entry);
  REQUIRE(report->echoes.size() == 1);
  return report->echoes[0].outcome;
}

/// The error, with its place; empty if there is none.
std::string error_of(std::string_view payload) {
  const auto report = parse_report(payload);
  return report.ok() ? "" : to_string(report.error());
}

}  // namespace

TEST_SUITE("report") {
  TEST_CASE("a report of every kind of outcome is read back as it was written") {
    Report report = a_report();
    report.echoes = {{region("eu"), Ok{Rtt{nanoseconds{48'211'000}}}},
                     {region("us"), Miss{MissCause::denied}},
                     {region("ap"), Void{VoidCause::blind}},
                     {region("sa"), Late{Rtt{nanoseconds{7'312'400'000}}}},
                     {region("af"), Ok{Rtt{nanoseconds{0}}}, true, 2U, 1U}};
    const auto read = parse_report(to_json(report));
    REQUIRE(read.ok());
    CHECK(read.value() == report);
    report.clock = SlotClock::own;
    CHECK(parse_report(to_json(report)).value() == report);
  }

  TEST_CASE("the largest report fits into what is read, and is read back") {
    Report report = a_report();
    for (std::size_t i = 0; i < kMaxEchoesPerReport; ++i) {
      const std::string digits = std::to_string(1000 + i);
      report.echoes.push_back({region(std::string(28, 'r') + digits),
                               Late{Rtt{nanoseconds{899'999'999'000}}}, true, 1000U, 1000U});
    }
    const std::string payload = to_json(report);
    CHECK(payload.size() < kMaxJsonBytes);
    const auto read = parse_report(payload);
    REQUIRE(read.ok());
    CHECK(read.value() == report);
  }

  TEST_CASE("unknown keys and any order of keys are accepted") {
    CHECK(error_of(with(kEpoch, R"("new":{"a":[1,null]},"epoch":"5f3a9c1e0b7d2a44")")).empty());
    CHECK(error_of(with_entry(R"({"rtt_ms":1,"why":"x","region":"eu"})")).empty());
  }

  TEST_CASE("an RTT exactly at the limit counts, one nanosecond past it is refused") {
    CHECK(outcome_of(R"({"region":"eu","rtt_ms":5000})") ==
          Outcome{Ok{Rtt{std::chrono::seconds{5}}}});
    CHECK(error_of(with_entry(R"({"region":"eu","rtt_ms":5000.000001})")) ==
          "echoes[0].eu: must have one of rtt_ms, miss, void and late_ms, in range");
  }

  TEST_CASE("an RTT is judged by the report's own limit") {
    CHECK_FALSE(error_of(with_entry(R"({"region":"eu","rtt_ms":5001})")).empty());
    std::string slow = with(R"("limit_ms":5000)", R"("limit_ms":60000)");
    slow.replace(slow.find("48.211"), 6, "60000");
    CHECK(error_of(slow).empty());
  }

  TEST_CASE("late times are bounded by 15 min") {
    CHECK(outcome_of(R"({"region":"eu","late_ms":900000})") ==
          Outcome{Late{Rtt{std::chrono::minutes{15}}}});
    CHECK_FALSE(error_of(with_entry(R"({"region":"eu","late_ms":900000.000001})")).empty());
    CHECK_FALSE(error_of(with_entry(R"({"region":"eu","late_ms":-0.000001})")).empty());
  }

  TEST_CASE("an entry without exactly one outcome in range is refused") {
    for (const std::string entry : {R"({"region":"eu"})",
                                    R"({"region":"eu","rtt_ms":48,"miss":"timeout"})",
                                    R"({"region":"eu","rtt_ms":48,"late_ms":7000})",
                                    R"({"region":"eu","miss":"timeout","void":"blind"})",
                                    R"({"region":"eu","rtt_ms":48,"miss":"nonsense"})",
                                    R"({"region":"eu","rtt_ms":null,"miss":"timeout"})",
                                    R"({"region":"eu","rtt_ms":-0.000001})",
                                    R"({"region":"eu","rtt_ms":-1})",
                                    R"({"region":"eu","rtt_ms":"48"})",
                                    R"({"region":"eu","rtt_ms":null})",
                                    R"({"region":"eu","rtt_ms":true})",
                                    R"({"region":"eu","rtt_ms":[48]})",
                                    R"({"region":"eu","rtt_ms":4.8e1})",
                                    R"({"region":"eu","rtt_ms":1e-999})",
                                    R"({"region":"eu","rtt_ms":18446744073709551616})",
                                    R"({"region":"eu","rtt_ms":48.2110000000000000000000})",
                                    R"({"region":"eu","miss":"Timeout"})",
                                    R"({"region":"eu","miss":""})",
                                    R"({"region":"eu","miss":"stalled"})",
                                    R"({"region":"eu","miss":null})",
                                    R"({"region":"eu","miss":1})",
                                    R"({"region":"eu","void":"timeout"})",
                                    R"({"region":"eu","void":false})",
                                    R"({"region":"eu","late_ms":"7312.4"})"}) {
      CHECK_MESSAGE(error_of(with_entry(entry)).starts_with("echoes[0].eu: must have one of"),
                    entry);
    }
  }

  TEST_CASE("minus zero is zero") {
    CHECK(outcome_of(R"({"region":"eu","rtt_ms":-0})") == Outcome{Ok{Rtt{nanoseconds{0}}}});
    CHECK(outcome_of(R"({"region":"eu","rtt_ms":-0.0})") == Outcome{Ok{Rtt{nanoseconds{0}}}});
  }

  TEST_CASE("an entry without a valid region is refused") {
    for (const std::string entry :
         {R"({"rtt_ms":48})", R"({"region":"EU","rtt_ms":48})", R"({"region":"","rtt_ms":48})",
          R"({"region":"e/u","rtt_ms":48})", R"({"region":"eu\u0000","rtt_ms":48})",
          R"({"region":1,"rtt_ms":48})", R"({"region":null,"rtt_ms":48})", "{}", "[]", "null", "48",
          "\"eu\""}) {
      CHECK_MESSAGE(error_of(with_entry(entry)).starts_with("echoes[0].region: must be 1 to 32"),
                    entry);
    }
  }

  TEST_CASE("resent is true or false, and false where it does not stand") {
    const auto resent = [](const std::string& field) {
      return parse_report(with_entry(std::string(R"({"region":"eu","rtt_ms":48)") + field + "}"));
    };
    CHECK(resent(R"(,"resent":true)")->echoes[0].resent);
    CHECK_FALSE(resent(R"(,"resent":false)")->echoes[0].resent);
    CHECK_FALSE(resent("")->echoes[0].resent);
    for (const std::string field : {R"(,"resent":1)", R"(,"resent":"true")", R"(,"resent":null)"}) {
      CHECK(resent(field).error().where == "echoes[0].resent");
    }
  }

  TEST_CASE("addresses are counts up to 1000") {
    const auto addresses = [](const std::string& count) {
      return parse_report(with_entry(R"({"region":"eu","rtt_ms":48,"addresses":)" + count +
                                     R"(,"addresses_dead":0})"));
    };
    CHECK(addresses("1000")->echoes[0].addresses == 1000U);
    CHECK(addresses("1000")->echoes[0].addresses_dead == 0U);
    for (const std::string count :
         {"1001", "-1", "1.5", "1e2", "4294967298", "\"2\"", "null", "true"}) {
      CHECK_MESSAGE(addresses(count).error().where == "echoes[0].addresses", count);
    }
  }

  TEST_CASE("256 entries are read, 257 are not, and the error names the entry that is wrong") {
    CHECK(parse_report(with_entries(256))->echoes.size() == 256);
    CHECK(error_of(with_entries(257)) == "echoes: must have at most 256 entries, got 257");
    CHECK(error_of(with_entry(R"({"region":"a","rtt_ms":1},{"region":"b","rtt_ms":-1})"))
              .starts_with("echoes[1].b: "));
  }

  TEST_CASE("a head that is incomplete or out of range is refused with the name of the key") {
    struct Row {
      std::string_view from;
      std::string_view to;
      std::string where;
    };
    for (const auto& [from, to, where] :
         {Row{kEpoch, R"("epoch":"5F3A9C1E0B7D2A44")", "epoch, run"},
          Row{kEpoch, R"("epoch":"5f3a9c1e0b7d2a4")", "epoch, run"},
          Row{kEpoch, R"("epoch":1)", "epoch, run"},
          Row{kEpoch, R"("x":1)", "epoch, run"},
          Row{"\"run\"", "\"Run\"", "epoch, run"},
          Row{"1201", "0", "seq, oldest"},
          Row{"1201", "-1", "seq, oldest"},
          Row{"1201", "\"1201\"", "seq, oldest"},
          Row{"1201", "1201.0", "seq, oldest"},
          Row{"1201", "18446744073709551616", "seq, oldest"},
          Row{"1188", "0", "seq, oldest"},
          Row{"\"oldest\"", "\"older\"", "seq, oldest"},
          Row{"359049240", "null", "slot, sent_ms"},
          Row{"359049240", "1.5", "slot, sent_ms"},
          Row{"359049240", "9223372036854775808", "slot, sent_ms"},
          Row{"1795246200623", "-1", "slot, sent_ms"},
          Row{"1795246200623", "9223372036854775807", "slot, sent_ms"},
          Row{"1795246200623", "1e12", "slot, sent_ms"},
          Row{R"("slot_ms":5000)", R"("slot_ms":0)", "slot_ms, limit_ms"},
          Row{R"("slot_ms":5000)", R"("slot_ms":60001)", "slot_ms, limit_ms"},
          Row{R"("limit_ms":5000)", R"("limit_ms":0)", "slot_ms, limit_ms"},
          Row{R"("limit_ms":5000)", R"("limit_ms":60001)", "slot_ms, limit_ms"},
          Row{R"("limit_ms":5000)", R"("limit_ms":"5s")", "slot_ms, limit_ms"},
          Row{kClock, R"("clock":"Own")", "clock"},
          Row{kClock, R"("clock":true)", "clock"},
          Row{kClock, R"("cloc":"own")", "clock"},
          Row{"\"echoes\"", "\"echos\"", "echoes"},
          Row{R"([{"region":"eu","rtt_ms":48.211}])", "{}", "echoes"},
          Row{R"([{"region":"eu","rtt_ms":48.211}])", "null", "echoes"}}) {
      CAPTURE(to);
      const auto report = parse_report(with(from, to));
      REQUIRE_FALSE(report.ok());
      CHECK(report.error().where == where);
    }
  }

  TEST_CASE("widths and limits up to 60 s are read") {
    CHECK(parse_report(with(R"("slot_ms":5000)", R"("slot_ms":60000)"))->slot_width ==
          std::chrono::seconds{60});
    CHECK(parse_report(with(R"("limit_ms":5000)", R"("limit_ms":60000)"))->limit ==
          std::chrono::seconds{60});
  }

  TEST_CASE("a slot far from now is read: whoever has a clock refuses it") {
    CHECK(parse_report(with("359049240", "9223372036854775807"))->slot.number ==
          9'223'372'036'854'775'807);
    CHECK(parse_report(with("359049240", "-1"))->slot == Slot{-1});
  }

  TEST_CASE("hostile bytes are refused before anything is read from them") {
    const std::string good = to_json(a_report());
    REQUIRE(error_of(good).empty());
    struct Row {
      std::string why;
      std::string payload;
    };
    for (const auto& [why, payload] :
         {Row{"nothing", ""}, Row{"NUL", good + std::string(1, '\0')},
          Row{"byte order mark", "\xEF\xBB\xBF" + good}, Row{"trailing text", good + good},
          Row{"cut off", good.substr(0, good.size() - 1)}, Row{"null", "null"}, Row{"array", "[]"},
          Row{"text", "\"report\""}, Row{"number", "1"}, Row{"a list of it", "[" + good + "]"},
          Row{"duplicate key", with(kClock, R"("clock":"own","clock":"checked")")},
          Row{"duplicate in an entry", with_entry(R"({"region":"eu","rtt_ms":1,"rtt_ms":2})")},
          Row{"overlong UTF-8", with(kClock, "\"clock\":\"checked\xC0\x80\"")},
          Row{"raw surrogate", with(kClock, "\"x\":\"\xED\xA0\x80\",\"clock\":\"own\"")},
          Row{"escaped surrogate", with(kClock, R"("x":"\ud800","clock":"own")")},
          Row{"deep nesting", with(kClock, R"("x":[[[[[[]]]]]],"clock":"own")")},
          Row{"a number too big", with("48.211", "1e999")},
          Row{"the number that kills",
              with("48.211", "0." + std::string(300, '0') + "1e-2147483639")},
          Row{"too large", good + std::string(65'536, ' ')}}) {
      CHECK_MESSAGE(!error_of(payload).empty(), why);
    }
  }
}

}  // namespace echomesh
