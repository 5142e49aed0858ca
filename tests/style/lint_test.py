#!/usr/bin/env python3
"""scripts/lint in a small repository: each check finds what is planted, and says where."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

MESON = """project('small', 'cpp', default_options: ['cpp_std=c++20'])
static_library('small', 'proto/slot.cpp', include_directories: include_directories('.'))
"""
HEADER = """/// A slot.
#pragma once

namespace echomesh {

int next_slot(int slot);

}  // namespace echomesh
"""
SOURCE = """#include "proto/slot.hpp"

namespace echomesh {

int next_slot(int slot) {
  return slot + 1;
}

}  // namespace echomesh
"""
SCRIPT = "#!/usr/bin/env bash\nset -eu\necho \"$1\"\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("scripts/lint", "scripts/check-includes", ".clang-format", ".clang-tidy"):
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        self.write("meson.build", MESON)
        self.write("proto/slot.hpp", HEADER)
        self.write("proto/slot.cpp", SOURCE)
        self.write("scripts/run", SCRIPT)
        self.write(".gitignore", "/build*/\n/ignored.py\n")
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def lint(self, *arguments):
        done = subprocess.run([self.root / "scripts/lint", *arguments], capture_output=True, text=True,
                              timeout=120)
        return done.returncode, done.stdout + done.stderr

    def assert_found(self, check, words):
        status, text = self.lint("--only", check)
        self.assertEqual(status, 1, text)
        self.assertIn(words, text)
        self.assertTrue(text.endswith(f"lint: failed: {check}\nlint: 0 passed, 1 failed\n"), text)

    def test_a_tree_in_form_passes_every_check(self):
        self.write("ignored.py", "def broken(:\n")
        status, text = self.lint()
        self.assertEqual(status, 0, text)
        self.assertTrue(text.endswith("lint: 7 passed, 0 failed\n"), text)

    def test_the_format_is_checked_and_corrected(self):
        self.write("proto/slot.cpp", SOURCE.replace("slot + 1", "slot+1"))
        self.assert_found("clang-format", "proto/slot.cpp:6:")
        self.assertEqual(self.lint("--fix", "--only", "clang-format")[0], 0)
        self.assertEqual((self.root / "proto/slot.cpp").read_text(), SOURCE)

    def test_a_name_out_of_style_is_found_in_a_header_too(self):
        self.write("proto/slot.hpp", HEADER.replace("int next_slot", "int NextSlot(int slot);\nint next_slot"))
        self.assert_found("clang-tidy", "proto/slot.hpp:6:5")

    def test_names_follow_the_rules_of_their_kind(self):
        good = """
constexpr int kLimit = 5;
enum class Cause { timeout, lost };
struct Echo {
  int rtt_ms = 0;
};
class Link {
 public:
  bool StartObject();  // as RapidJSON calls it
  bool is_up() const;

 private:
  static constexpr int kBound = 3;
  int waiting_ = 0;
};
template <class Value>
Value twice(Value value) {
  const Value result = value + value;
  return result;
}
using Causes = Cause;
"""
        self.write("proto/slot.hpp", HEADER.replace("int next_slot", f"{good}\nint next_slot"))
        status, text = self.lint("--only", "clang-tidy")
        self.assertEqual(status, 0, text)
        for right, wrong in (("kLimit", "limit"), ("Cause {", "cause {"), ("timeout", "kTimeout"),
                             ("rtt_ms", "rttMs"), ("rtt_ms", "rtt_ms_"), ("Link", "link"),
                             ("is_up", "isUp"), ("kBound", "BOUND"), ("waiting_", "waiting"),
                             ("twice", "Twice"), ("result", "theResult"),
                             ("Causes", "causes"), ("StartObject", "BeginObject")):
            with self.subTest(wrong=wrong):
                bad = good.replace(right, wrong).replace("= cause;", "= Cause;")
                self.write("proto/slot.hpp", HEADER.replace("int next_slot", f"{bad}\nint next_slot"))
                text = self.lint("--only", "clang-tidy")[1]
                self.assertIn("readability-identifier-naming", text)
                self.assertIn(f"'{wrong.split()[0]}'", text)

    def test_a_function_that_is_too_long_is_found(self):
        body = "  slot += 1;\n" * 61
        self.write("proto/slot.cpp", SOURCE.replace("  return", body + "  return"))
        self.assert_found("clang-tidy", "readability-function-size")

    def test_what_was_clean_is_looked_at_again_only_after_a_change(self):
        self.assertIn("looks at 1 of 1", self.lint("--only", "clang-tidy")[1])
        self.assertNotIn("looks at", self.lint("--only", "clang-tidy")[1])
        self.write("proto/slot.hpp", HEADER.replace("A slot.", "One slot."))
        self.assertIn("looks at 1 of 1", self.lint("--only", "clang-tidy")[1])
        self.assertNotIn("looks at", self.lint("--only", "clang-tidy")[1])
        self.write(".clang-tidy", (self.root / ".clang-tidy").read_text() + "# changed\n")
        self.assertIn("looks at 1 of 1", self.lint("--only", "clang-tidy")[1])

    def test_a_file_that_is_not_built_is_told(self):
        self.write("proto/other.cpp", "")
        self.assert_found("clang-tidy", "proto/other.cpp: meson does not build it")

    def test_a_broken_arrow_is_found(self):
        self.write("proto/slot.cpp", SOURCE.replace("\nnamespace", "\n#include <thread>\n\nnamespace", 1))
        self.assert_found("includes", "proto/slot.cpp:3: a core includes <thread>")

    def test_scripts_are_found_by_their_first_line(self):
        self.write("scripts/run", SCRIPT.replace('"$1"', "$1"))
        self.assert_found("shellcheck", "SC2086")

    def test_broken_python_is_found(self):
        self.write("scripts/tool", "#!/usr/bin/env python3\ndef broken(:\n")
        self.assert_found("python", "scripts/tool:2:")

    def test_a_path_of_one_machine_is_found(self):
        self.write("README.md", "see\n" + "/".join(("", "work", "main", "x")) + "\n")
        self.assert_found("machine-paths", "README.md:2:")

    def test_a_nolint_needs_a_reason(self):
        marker = "NO" + "LINT(bugprone-x)"
        self.write("proto/slot.hpp", HEADER.replace("slot);", f"slot);  // {marker}"))
        self.assert_found("nolint", "proto/slot.hpp:6:")
        self.write("proto/slot.hpp", HEADER.replace("slot);", f"slot);  // {marker}: because"))
        self.assertEqual(self.lint("--only", "nolint")[0], 0)

    def test_a_long_file_is_noted_and_passes(self):
        self.write("scripts/long.py", "x = 1\n" * 301)
        status, text = self.lint("--only", "python")
        self.assertEqual(status, 0)
        self.assertIn("note: scripts/long.py has 301 lines", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
