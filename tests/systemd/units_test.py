#!/usr/bin/python3
"""The units as installed: systemd understands them, and finds little to be exposed."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from installation import install

SOURCE = pathlib.Path(__file__).resolve().parents[2]
UNITS = ("echomesh-agent.service", "echomesh-aggregator@.service")
LIMIT = 1.1  # of systemd's own measure, from 0 (closed) to 10
ANALYZE = shutil.which("systemd-analyze")


def analyze(*arguments):
    return subprocess.run([ANALYZE, *(str(argument) for argument in arguments)],
                          env={**os.environ, "SYSTEMD_COLORS": "0"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class InstalledUnits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if ANALYZE is None:
            raise unittest.SkipTest("systemd-analyze is not installed")
        folder = tempfile.TemporaryDirectory(prefix="echomesh-units-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.units = install(cls.root)

    def read(self, name):
        return (self.units / name).read_text(encoding="utf-8")

    def test_each_runs_a_program_that_is_installed(self):
        for name in UNITS:
            program = re.search(r"^ExecStart=(\S+)", self.read(name), re.MULTILINE)[1]
            self.assertTrue(os.access(self.root / program.lstrip("/"), os.X_OK), program)

    def test_descriptors_suffice_for_as_many_regions_as_settings_may_name(self):
        for name in UNITS:
            limit = re.search(r"^LimitNOFILE=(\d+)", self.read(name), re.MULTILINE)
            self.assertIsNotNone(limit, name)
            self.assertGreater(int(limit[1]), 256 * 7 + 1024, name)

    def test_systemd_has_nothing_to_say_against_them(self):
        """With the programs where this installation has them."""
        for name in UNITS:
            text = re.sub(r"^ExecStart=/", f"ExecStart={self.root}/", self.read(name),
                          flags=re.MULTILINE)
            copy = self.root / name
            copy.write_text(text, encoding="utf-8")
            done = analyze("verify", copy)
            self.assertEqual((done.returncode, done.stdout), (0, ""), name)

    def test_exposure_is_at_most_1_1(self):
        for name in UNITS:
            done = analyze("security", "--offline=true", f"--threshold={LIMIT * 10:.0f}",
                           self.units / name)
            told = done.stdout.strip().splitlines()[-1]
            print(told, flush=True)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertLessEqual(float(re.search(r": ([\d.]+) ", told)[1]), LIMIT)

    def test_the_source_tree_has_the_units_of_the_default_prefix(self):
        for name in UNITS:
            source = (SOURCE / "systemd" / name).read_text(encoding="utf-8")
            self.assertIn("ExecStart=/usr/local/bin/", source)
            without = lambda text: re.sub(r"^ExecStart=\S+", "", text, flags=re.MULTILINE)
            self.assertEqual(without(self.read(name)), without(source))


if __name__ == "__main__":
    unittest.main(verbosity=2)
