#include "proto/settings_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace echomesh {
namespace {

/// `where: what` of every mistake.
std::vector<std::string> told(const SettingsFile& file) {
  std::vector<std::string> all;
  for (const auto& mistake : file.mistakes()) {
    all.push_back(to_string(mistake));
  }
  return all;
}

using Told = std::vector<std::string>;

}  // namespace

TEST_SUITE("settings reader") {
  TEST_CASE("keys of every type are read") {
    SettingsFile file(R"(
text = "x"
number = 1.5
whole = 7
list = ["a", "b"]
time = "48h"
size = "64MiB"
[sub]
inner = 1
[[row]]
id = "first"
[[row]]
id = "second"
)",
                      "f.toml");
    auto root = file.root();
    CHECK(root.text("text") == "x");
    CHECK(root.number("number") == 1.5);
    CHECK(root.number("whole") == 7.0);
    CHECK(root.integer("whole") == 7);
    CHECK(root.texts("list") == std::vector<std::string>{"a", "b"});
    CHECK(root.seconds("time") == 172'800);
    CHECK(root.bytes("size") == 67'108'864);
    CHECK(root.table("sub")->integer("inner") == 1);
    auto rows = root.tables("row");
    REQUIRE(rows.size() == 2);
    CHECK(rows[1].text("id") == "second");
    root.finish();
    CHECK(file.is_syntax_ok());
    CHECK(told(file).empty());
  }

  TEST_CASE("what is absent is empty and no mistake") {
    SettingsFile file("", "f.toml");
    auto root = file.root();
    CHECK_FALSE(root.has("x"));
    CHECK_FALSE(root.text("x"));
    CHECK_FALSE(root.number("x"));
    CHECK_FALSE(root.integer("x"));
    CHECK_FALSE(root.texts("x"));
    CHECK_FALSE(root.seconds("x"));
    CHECK_FALSE(root.bytes("x"));
    CHECK_FALSE(root.table("x"));
    CHECK(root.tables("x").empty());
    CHECK(told(file).empty());
  }

  TEST_CASE("a wrong type is a mistake with file, line and key, and hides no other") {
    SettingsFile file("a = 1\nb = \"x\"\nc = 1.5\nd = \"x\"\ne = [1]\nf = 5\ng = true\n", "f.toml");
    auto root = file.root();
    CHECK_FALSE(root.text("a"));
    CHECK_FALSE(root.number("b"));
    CHECK_FALSE(root.integer("c"));
    CHECK_FALSE(root.texts("d"));
    CHECK_FALSE(root.texts("e"));
    CHECK_FALSE(root.seconds("f"));
    CHECK_FALSE(root.bytes("g"));
    CHECK(told(file) == Told{"f.toml:1: a: must be text in quotes, got an integer",
                             "f.toml:2: b: must be a number, got text",
                             "f.toml:3: c: must be an integer, got a number",
                             "f.toml:4: d: must be an array of texts, got text",
                             "f.toml:5: e: must hold texts only, got an integer",
                             "f.toml:6: f: must be text in quotes, got an integer",
                             "f.toml:7: g: must be a number of bytes, such as 65536 or \"64MiB\""});
  }

  TEST_CASE("a mistake in a row names the row") {
    SettingsFile file("[[region]]\nurl = \"a\"\n[[region]]\nurl = 5\n[echo]\nlimit = 5\n",
                      "f.toml");
    auto root = file.root();
    auto rows = root.tables("region");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].text("url") == "a");
    CHECK_FALSE(rows[1].text("url"));
    rows[1].mistake("id", "is missing");
    rows[1].mistake("", "is odd");
    CHECK_FALSE(root.table("echo")->seconds("limit"));
    CHECK(told(file) == Told{"f.toml:4: region[1].url: must be text in quotes, got an integer",
                             "f.toml:3: region[1].id: is missing", "f.toml:3: region[1]: is odd",
                             "f.toml:6: echo.limit: must be text in quotes, got an integer"});
  }

  TEST_CASE("keys that nobody asked for are mistakes, at every level") {
    SettingsFile file("known = 1\nunknwon = 2\n[table]\nx = 1\n[sub]\ny = 1\n[[row]]\nz = 1\n",
                      "f.toml");
    auto root = file.root();
    root.integer("known");
    root.table("sub")->finish();
    root.tables("row").at(0).finish();
    root.finish();
    CHECK(told(file) == Told{"f.toml:6: sub.y: unknown key", "f.toml:8: row[0].z: unknown key",
                             "f.toml:3: table: unknown key", "f.toml:2: unknwon: unknown key"});
  }

  TEST_CASE("durations are whole numbers with a unit") {
    struct Row {
      std::string text;
      std::int64_t seconds;
    };
    for (const auto& [text, seconds] :
         {Row{"5s", 5}, Row{"0s", 0}, Row{"10m", 600}, Row{"10min", 600}, Row{"48h", 172'800},
          Row{"2d", 172'800}, Row{"9223372036854775807s", 9'223'372'036'854'775'807}}) {
      SettingsFile file("t = \"" + text + "\"", "f.toml");
      CHECK_MESSAGE(file.root().seconds("t") == seconds, text);
      CHECK(told(file).empty());
    }
    for (const std::string text : {"", "5", "s", "-5s", "+5s", "5.5s", "5 s", " 5s", "5S", "5ms",
                                   "5s5s", "9223372036854775808s", "153722867280912931m"}) {
      SettingsFile file("t = \"" + text + "\"", "f.toml");
      CHECK_MESSAGE(!file.root().seconds("t"), text);
      CHECK(told(file).size() == 1);
    }
  }

  TEST_CASE("sizes are bytes, or KiB, MiB and GiB, and never negative") {
    struct Row {
      std::string text;
      std::int64_t bytes;
    };
    for (const auto& [text, bytes] :
         {Row{"0", 0}, Row{"65536", 65'536}, Row{"\"65536\"", 65'536}, Row{"\"1KiB\"", 1'024},
          Row{"\"64MiB\"", 67'108'864}, Row{"\"1GiB\"", 1'073'741'824}}) {
      SettingsFile file("b = " + text, "f.toml");
      CHECK_MESSAGE(file.root().bytes("b") == bytes, text);
      CHECK(told(file).empty());
    }
    for (const std::string text : {"-1", "1.5", "\"\"", "\"-1\"", "\"1MB\"", "\"1 MiB\"", "\"MiB\"",
                                   "\"9223372036854775807KiB\"", "true", "[]"}) {
      SettingsFile file("b = " + text, "f.toml");
      CHECK_MESSAGE(!file.root().bytes("b"), text);
      CHECK(told(file).size() == 1);
    }
  }

  TEST_CASE("a table written as another thing is a mistake that shows how to write it") {
    SettingsFile file("echo = 5\nregion = \"eu\"\nlocation = []\n", "f.toml");
    auto root = file.root();
    CHECK_FALSE(root.table("echo"));
    CHECK(root.tables("region").empty());
    CHECK(root.tables("location").empty());
    CHECK(told(file) == Told{"f.toml:1: echo: must be written as [echo]",
                             "f.toml:2: region: must be written as [[region]]",
                             "f.toml:3: location: must be written as [[location]]"});
  }

  TEST_CASE("a syntax error is one mistake with its place, and leaves an empty table") {
    for (const std::string text : {"a = \n", "a = 1\na = 2\n", "a = \"\xC0\xAF\"\n", "[a\n",
                                   "a = 1 b = 2\n", "a = \"\x01\"\n", "= 1\n"}) {
      SettingsFile file(text, "f.toml");
      CAPTURE(text);
      CHECK_FALSE(file.is_syntax_ok());
      REQUIRE(file.mistakes().size() == 1);
      CHECK(file.mistakes()[0].where.starts_with("f.toml:"));
      CHECK(file.mistakes()[0].what.starts_with("not TOML: "));
      CHECK_FALSE(file.root().has("a"));
    }
    CHECK(
        SettingsFile("x = 1\n\ny = = 2\n", "f.toml").mistakes()[0].where.starts_with("f.toml:3:"));
  }
}

}  // namespace echomesh
