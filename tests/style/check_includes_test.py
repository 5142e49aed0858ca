#!/usr/bin/env python3
"""scripts/check-includes in small trees, each with one violation."""

import contextlib
import importlib.machinery
import io
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check-includes"
check_includes = importlib.machinery.SourceFileLoader("check_includes", str(PROGRAM)).load_module()


def run_it(root):
    """Exit status and lines printed, of the program on the tree `root`."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = check_includes.main(["--root", root])
    return status, out.getvalue().splitlines()

CLEAN = {
    "proto/time.hpp": "#include <chrono>\n",
    "proto/time.cpp": '#include "proto/time.hpp"\n\n#include <cstdio>\n',
    "proto/json_reader.cpp": "#include <rapidjson/reader.h>\n",
    "proto/settings_reader.cpp": "#include <toml++/toml.h>\n",
    "proto/io/loop.hpp": '#include <uv.h>\n#include "proto/time.hpp"\n',
    "agent/core.hpp": '#include "proto/time.hpp"\n',
    "agent/io/shell.cpp": '#include "agent/core.hpp"\n#include "proto/io/loop.hpp"\n#include <mosquitto.h>\n'
                          "auto t = std::chrono::steady_clock::now();\n",
    "agent/main.cpp": '#include "agent/core.hpp"\n#include <unistd.h>\nauto h = getenv("HOME");\n',
    "aggregator/core.hpp": '#include "proto/time.hpp"\n',
    "tests/unit/x_test.cpp": '#include "agent/core.hpp"\n#include "aggregator/core.hpp"\n#include <thread>\n',
}

# path, what it says there, what the finding must say
INCLUDES = [
    *(("proto/a.hpp", f"#include <{header}>", "a core includes") for header in (
        "uv.h", "mosquitto.h", "openssl/ssl.h", "sqlite3.h", "unistd.h", "fstream", "thread", "mutex",
        "ctime", "time.h", "sys/socket.h", "random", "iostream", "filesystem", "systemd/sd-daemon.h",
        "netdb.h", "future")),
    ("agent/a.cpp", "#include <uv.h>", "a core includes"),
    ("aggregator/a.cpp", "  #  include <sqlite3.h>", "a core includes"),
    ("proto/a.hpp", '#include "proto/io/loop.hpp"', "touches the world"),
    ("agent/a.hpp", '#include "proto/io/loop.hpp"', "touches the world"),
    ("agent/a.hpp", '#include "agent/io/link.hpp"', "touches the world"),
    ("aggregator/a.hpp", '#include "proto/io/loop.hpp"', "touches the world"),
    ("proto/a.hpp", '#include "agent/core.hpp"', "proto includes agent"),
    ("proto/io/a.hpp", '#include "aggregator/core.hpp"', "proto includes aggregator"),
    ("agent/a.hpp", '#include "aggregator/core.hpp"', "agent includes aggregator"),
    ("agent/io/a.hpp", '#include "aggregator/core.hpp"', "agent includes aggregator"),
    ("aggregator/io/a.hpp", '#include "agent/core.hpp"', "aggregator includes agent"),
    ("aggregator/main.cpp", '#include "agent/core.hpp"', "aggregator includes agent"),
    ("agent/a.hpp", '#include "tests/unit/x_test.cpp"', "agent includes tests"),
    ("proto/a.hpp", '#include "time.hpp"', "no path from the root"),
    ("agent/a.hpp", '#include "../proto/time.hpp"', "no path from the root"),
    ("agent/a.hpp", '#include "proto/../agent/core.hpp"', "no path from the root"),
    ("agent/a.hpp", "#include <proto/time.hpp>", "is ours"),
    ("agent/a.hpp", '#include "proto/gone.hpp"', "is not there"),
    ("proto/report.cpp", "#include <rapidjson/reader.h>", "belongs into proto/json_"),
    ("agent/io/a.cpp", "#include <rapidjson/reader.h>", "belongs into proto/json_"),
    ("agent/config.cpp", "#include <toml++/toml.h>", "belongs into proto/settings_"),
    ("agent/core.cpp", '#include <vector>\n#include "agent/core.hpp"', "own header"),
    ("agent/core.cpp", "int x;", "own header"),
]
WORDS = [
    "auto t = std::chrono::steady_clock::now();", "auto t = system_clock::now();", 'getenv("HOME");',
    "int x = rand();", "std::srand(1);", "std::random_device device;", "time(nullptr);", "std::time(0);",
    "::time(&now);", "clock_gettime(CLOCK_REALTIME, &now);", 'std::fopen("x", "r");', 'printf("x");',
    "std::cout << 1;", "std::this_thread::sleep_for(s);", "localtime(&t);",
]
INNOCENT = [
    "// std::chrono::steady_clock::now() is read by the shell", "/* getenv(\n rand( */ int x;",
    'auto text = "rand() and time(nullptr)";', 'auto text = R"(getenv("x"))";', "auto t = report.time();",
    "UtcTime time(Slot slot);", "int strand(int x);", 'std::snprintf(text, 4, "%d", 1);',
    "const int million = 1'000'000; // it's", "#include <rapidjson/reader.h> // not code", "Rtt uptime(0);",
]


class CheckIncludesTest(unittest.TestCase):
    def check(self, extra):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**CLEAN, **extra}.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            status, lines = run_it(folder)
        self.assertEqual(status, 1 if len(lines) > 1 else 0)
        return lines[:-1]

    def test_a_tree_that_keeps_the_arrows_is_clean(self):
        self.assertEqual(self.check({}), [])

    def test_each_wrong_include_is_found_at_its_line(self):
        for path, line, words in INCLUDES:
            with self.subTest(path=path, line=line):
                extra = {path: f"// first\n\n{line}\n"}
                if "io/link.hpp" in line:
                    extra["agent/io/link.hpp"] = ""
                findings = self.check(extra)
                self.assertEqual(len(findings), 1, findings)
                self.assertRegex(findings[0], rf"^{path}:[13]: ")
                self.assertIn(words, findings[0])
                self.assertIn("; ", findings[0])  # what to do

    def test_each_way_to_the_world_is_found_in_a_core_and_free_in_io(self):
        for line in WORDS:
            with self.subTest(line=line):
                for path in ("proto/a.cpp", "agent/a.cpp", "aggregator/a.hpp"):
                    findings = self.check({path: f"int before;\n{line}\n"})
                    self.assertEqual(len(findings), 1, findings)
                    self.assertTrue(findings[0].startswith(f"{path}:2: "), findings)
                for path in ("proto/io/a.cpp", "agent/main.cpp", "tests/unit/a.cpp"):
                    self.assertEqual(self.check({path: line}), [])

    def test_what_only_looks_like_it_is_left_alone(self):
        for line in INNOCENT:
            with self.subTest(line=line):
                path = "proto/json_a.cpp" if "rapidjson" in line else "proto/a.cpp"
                self.assertEqual(self.check({path: line}), [])

    def test_code_after_a_comment_or_a_raw_text_is_still_looked_at(self):
        for line in ('auto a = R"(")"; int x = rand();', "/* a */ int x = rand();",
                     "const char quote = '\"'; int x = rand();"):
            with self.subTest(line=line):
                self.assertEqual(len(self.check({"proto/a.cpp": line})), 1)

    def test_an_empty_tree_is_a_mistake(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(run_it(folder)[0], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
