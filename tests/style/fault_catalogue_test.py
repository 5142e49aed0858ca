#!/usr/bin/env python3
"""tests/faults/README.md: a row for every failure of the catalogue, and tests that exist.

A cell names a test as `file.py::Class.test_name` or `file.cpp: "TEST_CASE sentence"`, the file from
tests/; or it begins with `not yet:` and says what is missing.
"""

import ast
import functools
import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
CATALOGUE = TESTS / "faults" / "README.md"
IDS = [f"A{i}" for i in range(1, 15)] + [f"B{i}" for i in range(1, 15)] + ["C1", "C2", "C3"]
ROW = re.compile(r"^\| ([A-Z]\d+) \|(.*)\|$", re.MULTILINE)
PYTHON_TEST = re.compile(r"^([\w/]+\.py)::(\w+)\.(\w+)$")
CPP_TEST = re.compile(r'^([\w/]+\.cpp): "(.+)"$')
CODE = re.compile(r"`([^`]+)`")
# A sentence may be broken over lines, as the formatter likes it.
CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')
NOT_YET = "not yet: "


@functools.cache
def python_tests(path):
    """`Class.test_name` of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {f"{node.name}.{method.name}" for node in tree.body if isinstance(node, ast.ClassDef)
            for method in node.body if isinstance(method, ast.FunctionDef)}


@functools.cache
def cpp_tests(path):
    """The sentences of a file."""
    return {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found))
            for found in CASE.findall(path.read_text(encoding="utf-8"))}


def mistakes_in_name(name, tests=TESTS):
    """What is wrong with one test's name: a list, empty if it exists."""
    in_python, in_cpp = PYTHON_TEST.match(name), CPP_TEST.match(name)
    if not in_python and not in_cpp:
        return [f'`{name}`: expected `file.py::Class.test_name` or `file.cpp: "sentence"`']
    file = tests / (in_python or in_cpp)[1]
    if not file.is_file():
        return [f"`{name}`: there is no {file.relative_to(tests)} in tests/"]
    if in_python and f"{in_python[2]}.{in_python[3]}" not in python_tests(file):
        return [f"`{name}`: {file.name} has no such test"]
    if in_cpp and in_cpp[2] not in cpp_tests(file):
        return [f"`{name}`: {file.name} has no such TEST_CASE"]
    return []


def mistakes_in(text, tests=TESTS, ids=IDS):
    """All that is wrong with a catalogue: a list of lines."""
    mistakes = []
    rows = ROW.findall(text)
    found = [row[0] for row in rows]
    mistakes += [f"{each}: has no row" for each in ids if each not in found]
    mistakes += [f"{each}: is no failure of the catalogue" for each in found if each not in ids]
    mistakes += [f"{each}: has {found.count(each)} rows" for each in sorted(set(found))
                 if found.count(each) > 1]
    for number, row in rows:
        cells = [cell.strip() for cell in row.split(" | ")]
        if len(cells) != 3 or not all(cells):
            mistakes.append(f"{number}: expected failure, what the product does, and its tests")
            continue
        names = CODE.findall(cells[2])
        if not names and not cells[2].startswith(NOT_YET):
            mistakes.append(f"{number}: names no test, and does not say `{NOT_YET}...`")
        for name in names:
            mistakes += [f"{number}: {mistake}" for mistake in mistakes_in_name(name, tests)]
    return mistakes


class CatalogueTest(unittest.TestCase):
    def test_every_failure_has_a_row_and_every_test_that_it_names_exists(self):
        self.assertEqual(mistakes_in(CATALOGUE.read_text(encoding="utf-8")), [])

    def test_most_failures_are_shown_by_a_test(self):
        text = CATALOGUE.read_text(encoding="utf-8")
        open_rows = [row[0] for row in ROW.findall(text) if f"| {NOT_YET}" in row[1]]
        self.assertLessEqual(len(open_rows), 10, open_rows)


class CheckTest(unittest.TestCase):
    """The check above can fail."""

    PYTHON = "faults/line_test.py::Line.test_jitter_and_loss_are_there"
    CPP = 'faults/wan_test.cpp: "each way has a delay of its own"'

    def row(self, *tests, number="A1"):
        named = ", ".join(f"`{test}`" for test in tests)
        return f"| {number} | it fails | it is told | {named} |\n"

    def check(self, text, *parts):
        mistakes = mistakes_in(text, ids=["A1"])
        self.assertEqual(len(mistakes), len(parts), mistakes)
        for mistake, part in zip(mistakes, parts):
            self.assertIn(part, mistake)

    def test_names_that_exist_are_no_mistake(self):
        self.check(self.row(self.PYTHON, self.CPP))
        self.check("| A1 | it fails | it will be told | not yet: comes with the store |\n")

    def test_a_test_that_does_not_exist_is_told(self):
        self.check(self.row(self.PYTHON + "s"), "has no such test")
        self.check(self.row(self.PYTHON.replace("Line.", "Lines.")), "has no such test")
        self.check(self.row(self.CPP.replace("own", "others")), "has no such TEST_CASE")
        self.check(self.row("faults/none_test.py::Line.test_x", self.CPP), "no faults/none_test.py")

    def test_what_is_no_name_of_a_test_is_told(self):
        self.check(self.row("line_test"), "expected `file.py::Class.test_name`")
        self.check("| A1 | it fails | it is told | by hand |\n", "names no test")
        self.check("| A1 | it fails | |\n", "expected failure")

    def test_missing_foreign_and_repeated_rows_are_told(self):
        self.check("", "A1: has no row")
        self.check(self.row(self.CPP) + self.row(self.CPP, number="Z9"), "Z9: is no failure")
        self.check(self.row(self.CPP) * 2, "A1: has 2 rows")

    def test_a_sentence_may_be_broken_over_lines(self):
        self.assertEqual("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', CASE.findall(
            'TEST_CASE(\n    "a sentence "\n    "in two")')[0])), "a sentence in two")


if __name__ == "__main__":
    unittest.main(verbosity=2)
