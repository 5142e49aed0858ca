#!/usr/bin/python3
"""The units in a machine that boots: installed, started, killed, hung, reloaded and stopped by a
real systemd. What is checked inside stands in checks_inside.py; each check is a case here."""

import json
import os
import pathlib
import sys
import unittest

from checks_inside import CHECKS
from installation import install
from machine import Machine, reason_not_to_boot

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BOOT_LIMIT = 200
UNITS = {
    # Not multi-user.target: what else is installed on this machine stays out.
    "echomesh-checks.target": "[Unit]\nRequires=basic.target echomesh-checks.service\n"
                              "AllowIsolate=yes\n",
    "echomesh-checks.service": "[Unit]\nAfter=basic.target\n[Service]\nType=oneshot\n"
                               "ExecStart=/usr/bin/python3 -B /source/tests/systemd/checks_inside.py\n"
                               "ExecStopPost=/bin/systemctl --no-block --force poweroff\n"
                               "StandardOutput=file:/result/output\nStandardError=inherit\n",
}


class Booted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := reason_not_to_boot():
            raise unittest.SkipTest(reason)
        machine = Machine(SOURCE)
        cls.addClassCleanup(machine.end)
        install(machine.files)
        folder = machine.files / "etc/systemd/system"
        folder.mkdir(parents=True)
        for name, text in UNITS.items():
            (folder / name).write_text(text)
        console = machine.boot("echomesh-checks.target", BOOT_LIMIT)

        def text(name):
            path = machine.result / name
            return path.read_text(errors="replace") if path.exists() else ""

        results = [json.loads(line) for line in text("checks").splitlines()]
        cls.results = {result["check"]: result for result in results}
        for result in results:
            print(f"{result.get('seconds')} s  {result['check']}", flush=True)
        if not results or any(result["error"] for result in results):
            print(console, text("output"), text("journal"), sep="\n----\n", file=sys.stderr)


def case_of(name):
    def test(self):
        result = self.results.get(name) or self.results.get("prepare")
        self.assertIsNotNone(result, "the machine did not come to this check")
        if result["error"]:
            self.fail(result["error"])
    return test


for _check in CHECKS:
    setattr(Booted, f"test_{_check.__name__}", case_of(_check.__name__))


if __name__ == "__main__":
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    unittest.main(verbosity=2)
