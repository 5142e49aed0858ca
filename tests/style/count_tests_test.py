#!/usr/bin/env python3
"""scripts/count_tests.py: what test programs print, and what it comes to."""

import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

import count_tests  # noqa: E402  (found by the line above)


def program(stdout="", result="OK", status=0, stderr="", name="unit"):
    return {"name": name, "stdout": stdout, "stderr": stderr, "result": result,
            "returncode": status}


def doctest(passed, failed, skipped=0, before=""):
    return (f"{before}[doctest] test cases: {passed + failed:2} | {passed:2} passed | {failed} failed |"
            f" {skipped} skipped\n[doctest] assertions: 9 | 9 passed | 0 failed |\n")


def unittests(ran, end, before=""):
    return f"{before}\n-----\nRan {ran} tests in 0.1s\n\n{end}\n"


class CountProgramTest(unittest.TestCase):
    def counts(self, test, passed, failed, skipped=0):
        count = count_tests.count_program(test)
        self.assertEqual((count.passed, count.failed, len(count.skips)), (passed, failed, skipped))
        return count

    def test_doctest_cases_are_counted(self):
        self.counts(program(doctest(12, 0)), 12, 0)
        self.counts(program(doctest(10, 2), "FAIL", 1), 10, 2)

    def test_colours_do_not_hide_a_sum(self):
        self.counts(program("\x1b[0;36m[doctest] \x1b[0mtest cases: \x1b[0;32m3\x1b[0m | 3 passed | "
                            "0 failed | 0 skipped"), 3, 0)

    def test_unittest_cases_are_counted(self):
        self.counts(program(stderr=unittests(5, "OK")), 5, 0)
        self.counts(program(stderr=unittests(5, "FAILED (failures=1, errors=2)"), result="FAIL",
                            status=1), 2, 3)

    def test_a_script_counts_for_itself(self):
        self.counts(program("lint: 7 passed, 0 failed\n"), 7, 0)
        self.counts(program("6 passed, 1 failed\n", "FAIL", 1), 6, 1)

    def test_the_sum_that_stands_last_is_the_one(self):
        self.counts(program(doctest(1, 0) + doctest(4, 0)), 4, 0)

    def test_a_crash_is_a_failed_case(self):
        count = self.counts(program("Segmentation fault", "FAIL", -11), 0, 1)
        self.assertIn("-11", count.why)
        self.counts(program(doctest(12, 0), "FAIL", 1), 12, 1)  # a leak found at exit

    def test_a_crash_that_doctest_counted_is_not_counted_twice(self):
        self.counts(program(doctest(3, 1), "FAIL", -6), 3, 1)

    def test_a_time_out_is_a_failed_case(self):
        self.counts(program("", "TIMEOUT", -15), 0, 1)
        self.counts(program(doctest(3, 0), "TIMEOUT", -15), 3, 1)

    def test_a_program_that_counted_nothing_has_failed(self):
        self.counts(program("all fine\n"), 0, 1)
        self.counts(program(doctest(0, 0)), 0, 1)
        self.counts(program(stderr=unittests(0, "OK")), 0, 1)

    def test_failed_cases_with_a_good_exit_status_still_count(self):
        self.counts(program(doctest(3, 2)), 3, 2)

    def test_a_failure_outside_of_a_test_is_counted(self):
        self.counts(program(stderr=unittests(0, "FAILED (errors=1)"), result="FAIL", status=1), 0, 1)

    def test_an_unexpected_success_is_a_failure(self):
        self.counts(program(stderr=unittests(2, "FAILED (unexpected successes=1)"), result="FAIL",
                            status=1), 1, 1)


class SkipsTest(unittest.TestCase):
    def skips(self, test):
        return [(s.program, s.case, s.reason) for s in count_tests.count_program(test).skips]

    def test_a_doctest_case_tells_its_skip_in_a_line(self):
        test = program(doctest(3, 0, before="SKIPPED | reads a key | no terminal\n"))
        self.assertEqual(self.skips(test), [("unit", "reads a key", "no terminal")])
        self.assertEqual(count_tests.count_program(test).passed, 2)

    def test_a_doctest_case_marked_skip_has_no_name_and_so_no_leave(self):
        self.assertEqual(self.skips(program(doctest(3, 0, skipped=1))),
                         [("unit", "a case marked skip()", "")])

    def test_a_unittest_tells_name_and_reason(self):
        told = "test_key (__main__.Demo.test_key) ... skipped 'no terminal'\n"
        self.assertEqual(self.skips(program(stderr=unittests(2, "OK (skipped=1)", told))),
                         [("unit", "test_key", "no terminal")])
        told = 'test_key (__main__.Demo.test_key)\nReads one. ... skipped "it\'s no terminal"\n'
        self.assertEqual(self.skips(program(stderr=unittests(2, "OK (skipped=1)", told))),
                         [("unit", "test_key", "it's no terminal")])

    def test_the_suite_is_no_part_of_the_program_name(self):
        self.assertEqual(self.skips(program("needs root", "SKIP", 77, name="echomesh:io / key")),
                         [("key", "all of it", "needs root")])

    def test_a_skip_without_a_name_is_counted(self):
        self.assertEqual(self.skips(program(stderr=unittests(2, "OK (skipped=1)"))),
                         [("unit", "a case", "not told")])

    def test_a_whole_program_can_be_skipped(self):
        self.assertEqual(self.skips(program("needs root\n", "SKIP", 77)),
                         [("unit", "all of it", "needs root")])


class MainTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.skips = self.folder / "SKIPS"
        self.skips.write_text("# none\n")

    def run_it(self, *tests, more=()):
        log = self.folder / "testlog.json"
        log.write_text("".join(json.dumps(test) + "\n" for test in tests))
        out = io.StringIO()
        status = count_tests.main(["--skips", str(self.skips), *more, f"tree={log}"], out)
        return status, out.getvalue()

    def test_the_last_line_is_the_sum_of_all(self):
        status, text = self.run_it(program(doctest(3, 0)), program("2 passed, 0 failed"))
        self.assertEqual(status, 0)
        self.assertEqual(text.splitlines()[-1], "5 passed, 0 failed")

    def test_a_failure_shows_its_end_and_the_status(self):
        status, text = self.run_it(program(doctest(2, 1, before="x\n" * 99 + "what broke\n"), "FAIL", 1))
        self.assertEqual(status, 1)
        self.assertIn("what broke", text)
        self.assertLess(text.count("x\n"), 99)
        self.assertEqual(text.splitlines()[-1], "2 passed, 1 failed")

    def test_nothing_run_is_a_failure(self):
        status, text = self.run_it()
        self.assertEqual(status, 1)
        self.assertIn("no test ran", text)
        self.assertEqual(count_tests.main(["--skips", str(self.skips), "a=/nowhere"], io.StringIO()), 1)

    def test_a_build_that_failed_is_a_failure(self):
        status, text = self.run_it(program(doctest(3, 0)), more=("--failed", "no build"))
        self.assertEqual(status, 1)
        self.assertEqual(text.splitlines()[-1], "3 passed, 1 failed")

    def test_a_skip_needs_leave_word_for_word(self):
        test = program(doctest(3, 0, before="SKIPPED | keys | no terminal\n"))
        status, text = self.run_it(test)
        self.assertEqual(status, 1)
        self.assertIn("unit | keys | no terminal", text)
        self.skips.write_text("unit | keys | another reason\n")
        self.assertEqual(self.run_it(test)[0], 1)
        self.skips.write_text("unit | keys | no terminal\n")
        status, text = self.run_it(test)
        self.assertEqual(status, 0)
        self.assertEqual(text.splitlines()[-1], "2 passed, 0 failed, 1 skipped")

    def test_a_line_that_is_no_leave_is_told(self):
        self.skips.write_text("\nunit | keys\n")
        with self.assertRaisesRegex(ValueError, "SKIPS:2: must be"):
            self.run_it(program(doctest(3, 0)))

    def test_the_list_of_this_repository_can_be_read(self):
        count_tests.read_allowed(pathlib.Path(__file__).resolve().parents[1] / "SKIPS")


if __name__ == "__main__":
    unittest.main(verbosity=2)
