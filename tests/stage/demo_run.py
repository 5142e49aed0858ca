#!/usr/bin/env python3
"""scripts/demo as a stranger runs it: every path becomes accessible, and nothing is left behind."""

import os
import pathlib
import socket
import subprocess
import unittest

DEMO = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "demo"
BASE_PORT = 28830


def run(*arguments: str, port: int = BASE_PORT) -> subprocess.CompletedProcess[str]:
    build = os.environ.get("ECHOMESH_BUILD", "build")
    command = [DEMO, "--no-setup", "--build", build, "--base-port", str(port), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


class DemoTest(unittest.TestCase):
    def test_all_paths_become_accessible_and_its_processes_end(self) -> None:
        done = run("--seconds", "40")
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-2000:])
        self.assertIn("24 of 24 paths became accessible", done.stdout)
        for port in (BASE_PORT + 1, BASE_PORT + 2, BASE_PORT + 3):
            with socket.socket() as probe:
                self.assertNotEqual(probe.connect_ex(("127.0.0.1", port)), 0)

    def test_a_busy_port_is_named_in_one_line(self) -> None:
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", BASE_PORT + 102))
            taken.listen()
            done = run("--seconds", "5", port=BASE_PORT + 100)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(BASE_PORT + 102), done.stderr.strip().splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
