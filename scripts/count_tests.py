#!/usr/bin/env python3
"""Counts the test cases of meson test logs, and says what failed or was skipped without leave.

    count_tests.py --skips tests/SKIPS LABEL=BUILDDIR/meson-logs/testlog.json ...

A case is what the test program counts: a doctest case, a python unittest, or what a script sums up
itself in a line `N passed, N failed[, N skipped]`. A program that ends badly without having counted
a failure is one failed case, whatever else it counted; so is one that counted nothing.

A test that cannot run here prints `SKIPPED | <case> | <reason>` and returns (a python test calls
skipTest), and tests/SKIPS must allow it.
"""

import argparse
import dataclasses
import json
import pathlib
import re
import sys

ANSI = re.compile(r"\x1b\[[0-9;]*m")
DOCTEST = re.compile(
    r"\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*"
    r"(?:\|\s*(\d+) skipped)?")
UNITTEST_RAN = re.compile(r"Ran (\d+) tests? in ")
UNITTEST_END = re.compile(r"(OK|FAILED)(?: \((.*)\))?")
UNITTEST_SKIP = re.compile(r"(\w+) \(([\w.]+)\)(?:\n[^\n]*)? \.\.\. skipped (['\"])(.*)\3")
OWN_SUM = re.compile(r"(?:[\w-]+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")
SKIP_LINE = re.compile(r"^SKIPPED \| ([^|\n]+) \| (.+)$", re.MULTILINE)
MESON_SKIP = 77  # exit status by which a whole program says that it cannot run here
TAIL_LINES = 60


@dataclasses.dataclass
class Skip:
    program: str
    case: str
    reason: str


@dataclasses.dataclass
class Count:
    """What one test program, or all of them, came to."""
    passed: int = 0
    failed: int = 0
    skips: list = dataclasses.field(default_factory=list)
    why: str = ""  # of a failure that the program did not count itself

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skips += other.skips


def count_program(test):
    """`test`: one entry of meson's testlog.json."""
    name = test["name"].split(" / ")[-1]  # without project and suite
    text = ANSI.sub("", (test.get("stdout") or "") + "\n" + (test.get("stderr") or ""))
    skips = [Skip(name, case.strip(), reason.strip()) for case, reason in SKIP_LINE.findall(text)]
    skips += [Skip(name, m[1], m[4]) for m in UNITTEST_SKIP.finditer(text)]
    result, status = test.get("result"), test.get("returncode")
    if result == "SKIP" or status == MESON_SKIP:
        reasons = [line.strip() for line in text.splitlines() if line.strip()]
        return Count(skips=skips or [Skip(name, "all of it", reasons[-1] if reasons else "")])

    count = last_sum(text, skips, name)
    if result == "TIMEOUT":
        count.why = "took longer than its time limit"
    elif result != "OK" and count.failed == 0:
        count.why = f"ended with status {status}, but counted no failed case"
    elif result == "OK" and count.failed > 0:
        count.why = "ended with status 0 in spite of failed cases"
        return count
    elif count.passed + count.failed + len(count.skips) == 0:
        count.why = "counted no test case"
    if count.why:
        count.failed += 1
    return count


def last_sum(text, skips, name):
    """The sum that stands last: the program's closing word."""
    ran = None
    count = Count()
    for line in text.splitlines():
        line = line.strip()
        if found := DOCTEST.match(line):
            told = [s for s in skips if SKIP_LINE.search(f"SKIPPED | {s.case} | {s.reason}")]
            unnamed = [Skip(name, "a case marked skip()", "")] * int(found[4] or 0)
            count = Count(int(found[2]) - len(told), int(found[3]), told + unnamed)
        elif found := UNITTEST_RAN.match(line):
            ran = int(found[1])
        elif ran is not None and (found := UNITTEST_END.fullmatch(line)):
            numbers = {k: int(v) for k, v in re.findall(r"([a-z ]+)=(\d+)", found[2] or "")}
            numbers = {key.strip(): value for key, value in numbers.items()}
            failed = (numbers.get("failures", 0) + numbers.get("errors", 0)
                      + numbers.get("unexpected successes", 0))
            skipped = named(skips, numbers.get("skipped", 0), name)
            # A failure outside of a test (setUpClass) is an error that was not among those run.
            count = Count(max(0, ran - failed - len(skipped)), failed, skipped)
            ran = None
        elif found := OWN_SUM.fullmatch(line):
            count = Count(int(found[1]), int(found[2]), named(skips, int(found[3] or 0), name))
    return count


def named(skips, number, program):
    """`number` skips, with their names as far as they were told."""
    return skips[:number] + [Skip(program, "a case", "not told")] * (number - len(skips))


def read_allowed(path):
    """The lines `program | case | reason` of tests/SKIPS."""
    allowed = set()
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        parts = tuple(part.strip() for part in line.split("|", 2))
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{path}:{number}: must be `program | case | reason`, got {line!r}")
        allowed.add(parts)
    return allowed


def read_log(path):
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def report(label, tests, out):
    """Prints the end of what failed programs had to say; returns the sum of all."""
    total = Count()
    for test in tests:
        count = count_program(test)
        total.add(count)
        if count.failed == 0 and not count.why:
            continue
        text = ANSI.sub("", "\n".join(filter(None, (test.get("stdout"), test.get("stderr")))))
        print(f"\n---- {label}: {test['name']}: {count.failed} failed"
              f"{'; ' + count.why if count.why else ''}", file=out)
        lines = text.rstrip().splitlines()
        if len(lines) > TAIL_LINES:
            print(f"     (the last {TAIL_LINES} of {len(lines)} lines)", file=out)
        print("\n".join(lines[-TAIL_LINES:]), file=out)
    return total


def main(argv, out=sys.stdout):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skips", required=True)
    parser.add_argument("--failed", action="append", default=[], metavar="WHAT",
                        help="something that failed before any test could run; counts as one")
    parser.add_argument("logs", nargs="*", metavar="LABEL=TESTLOG")
    options = parser.parse_args(argv)

    total = Count()
    sums = []
    for entry in options.logs:
        label, path = entry.split("=", 1)
        count = report(label, read_log(path), out)
        total.add(count)
        sums.append(f"{label}: {closing(count)}")
    for what in options.failed:
        print(f"\n---- {what}", file=out)
        total.failed += 1

    allowed = read_allowed(options.skips)
    refused = [s for s in total.skips if (s.program, s.case, s.reason) not in allowed]
    for skip in refused:
        print(f"\nskipped without leave: {skip.program} | {skip.case} | {skip.reason}\n"
              f"  make it run, or write that line with a good reason into {options.skips}", file=out)
    nothing_ran = total.passed + total.failed == 0
    if nothing_ran:
        print("\nno test ran", file=out)
    print(file=out)
    for line in sums:
        print(line, file=out)
    print(closing(total), file=out)
    return 1 if total.failed or refused or nothing_ran else 0


def closing(count):
    skipped = f", {len(count.skips)} skipped" if count.skips else ""
    return f"{count.passed} passed, {count.failed} failed{skipped}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
