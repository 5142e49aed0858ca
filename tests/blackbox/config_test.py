#!/usr/bin/python3
"""Settings and the command line: what is allowed, what is told, and the exit status."""

import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from mesh import Mesh, free_port, program, wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RUN_LIMIT = 10

AGENT = """location = "us-west"
name = "USA West (California)"
area = "Americas"
latitude = 37.4
longitude = -122.0
state_dir = "{folder}"
[[region]]
id = "eu"
url = "mqtt://127.0.0.1:{port}"
[[region]]
id = "us"
url = "mqtt://127.0.0.1:{port}"
"""

AGGREGATOR = """broker = "mqtt://127.0.0.1:{port}"
region_of_broker = "us"
state_dir = "{folder}"
[[region]]
id = "eu"
name = "Europe"
latitude = 50.1
longitude = 8.7
[policy]
slow_ms = 1000
major = 0.5
partial = 0.2
degraded = 0.2
min_judging = 3
[[location]]
id = "us-west"
slow_ms = 800
group = "aws"
"""

WRONG_AGENT = """location = "US West"
name = "{long}"
latitude = 91.0
longitude = "west"
slot = "7s"
colour = "green"
[echo]
limit = "61s"
[[region]]
id = "eu"
url = "eu.example.net"
[[region]]
id = "eu"
url = "mqtt://us.example.net:1883"
report_to = ["mars"]
"""
WRONG_AGENT_PLACES = ["location", "name", "latitude", "longitude", "slot", "colour", "limit",
                      "url", "id", "report_to"]

WRONG_AGGREGATOR = """broker = "http://us.example.net"
slot = "0s"
weather = "fine"
[[region]]
id = "e u"
latitude = -91
[policy]
major = 1.5
partial = -0.1
min_judging = "three"
slow_ms = -1
[[location]]
id = "Tokyo"
"""
WRONG_AGGREGATOR_PLACES = ["broker", "slot", "weather", "id", "latitude", "major", "partial",
                           "min_judging", "slow_ms", "location"]


def run(path, *arguments):
    return subprocess.run([path, *map(str, arguments)], capture_output=True, text=True,
                          timeout=RUN_LIMIT, stdin=subprocess.DEVNULL)


class Settings:
    """The same for both programs: mixed into two test cases below."""

    def setUp(self):
        self.path = program(self.variable)
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, text, **more):
        file = self.folder / "settings.toml"
        file.write_text(text.replace("{folder}", str(self.folder))
                        .replace("{port}", str(free_port())).replace("{long}", "n" * 65))
        return file

    def check(self, text):
        return run(self.path, "--config", self.write(text), "--check-config")

    def test_good_settings_pass(self):
        done = self.check(self.good)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_shipped_example_passes(self):
        example = SOURCE / "systemd" / self.example
        self.assertTrue(example.exists(), example)
        done = run(self.path, "--config", example, "--check-config")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_all_mistakes_are_told_at_once_with_their_place(self):
        done = self.check(self.wrong)
        told = done.stdout + done.stderr
        self.assertEqual(done.returncode, 1, told)
        for place in self.wrong_places:
            with self.subTest(place):
                self.assertRegex(told, rf"(?m)\b{place}\b[^\n]*: ")
        self.assertGreaterEqual(len(told.strip().splitlines()), len(self.wrong_places), told)

    def test_wrong_settings_stop_a_start_with_78(self):
        done = run(self.path, "--config", self.write(self.wrong))
        self.assertEqual(done.returncode, 78, done.stdout + done.stderr)
        self.assertTrue(done.stderr.strip())

    def test_a_file_that_is_no_toml_or_not_there(self):
        for text in ("location = \n", "[[region\n", "\x00\xff", "a = 1\na = 2\n"):
            with self.subTest(text):
                done = self.check(text)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertTrue((done.stdout + done.stderr).strip())
        absent = self.folder / "absent.toml"
        done = run(self.path, "--config", absent, "--check-config")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("absent.toml", done.stdout + done.stderr)
        self.assertEqual(run(self.path, "--config", absent).returncode, 78)

    def test_wrong_usage_is_64_and_says_how(self):
        for arguments in ([], ["--nonsense"], ["--config"], ["extra"], ["--check-config"]):
            with self.subTest(arguments):
                done = run(self.path, *arguments)
                self.assertEqual(done.returncode, 64, done.stdout + done.stderr)
                self.assertRegex(done.stderr, "--config|--help")

    def test_version_and_help(self):
        done = run(self.path, "--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"0\.1\.0")
        done = run(self.path, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--config", "--check-config", "--version", "--help"):
            self.assertIn(option, done.stdout)

    def test_signals_end_it_with_0(self):
        mesh = Mesh(self)
        broker = mesh.broker()
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start(mesh, broker)
            wait_until(lambda: self.is_connected(process, broker), 10, lambda: process.log())
            process.send(number)
            self.assertEqual(process.wait(5), 0, process.log())

    def test_a_signal_ends_it_though_no_broker_answers(self):
        mesh = Mesh(self)
        broker = mesh.broker()
        broker.kill()
        process = self.start(mesh, broker)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1.5)
        process.send(signal.SIGTERM)
        self.assertEqual(process.wait(5), 0, process.log())

    @staticmethod
    def is_connected(process, broker):
        wanted = f"{broker.port:04X}"
        with open("/proc/net/tcp", encoding="ascii") as table:
            remote = [line.split()[2] for line in table.readlines()[1:]
                      if line.split()[3] == "01"]
        return process.running() and any(end.endswith(":" + wanted) for end in remote)


class AgentSettings(Settings, unittest.TestCase):
    variable, example = "ECHOMESH_AGENT", "agent.toml"
    good, wrong, wrong_places = AGENT, WRONG_AGENT, WRONG_AGENT_PLACES

    def start(self, mesh, broker):
        return mesh.agent("us-west", {"eu": broker.url, "us": broker.url})

    def test_slot_widths(self):
        for slot, status in (("1s", 0), ("5s", 0), ("60s", 0), ("50s", 0), ("7s", 1), ("0s", 1),
                             ("100s", 1), ("75s", 1), ("1.5s", 1), ("5", 1), ("-5s", 1)):
            with self.subTest(slot):
                self.assertEqual(self.check(f'slot = "{slot}"\n' + AGENT).returncode, status)

    def test_limits(self):
        for limit, status in (("1s", 0), ("5s", 0), ("60s", 0), ("61s", 1), ("0s", 1), ("x", 1)):
            with self.subTest(limit):
                text = AGENT + f'[echo]\nlimit = "{limit}"\n'
                self.assertEqual(self.check(text).returncode, status)

    def test_ids(self):
        for location, status in (("a", 0), ("a" * 32, 0), ("a-1", 0), ("a" * 33, 1), ("", 1),
                                 ("a/b", 1), ("+", 1), ("#", 1), ("É", 1), ("A", 1), ("a_b", 1),
                                 ("a b", 1), ("..", 1)):
            with self.subTest(location):
                text = AGENT.replace('"us-west"', f'"{location}"')
                self.assertEqual(self.check(text).returncode, status)

    def test_a_lone_region_reports_to_itself_with_a_warning(self):
        done = self.check(AGENT[:AGENT.rindex("[[region]]")])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, "warning.*eu")

    def test_what_cannot_have_a_default_must_be_there(self):
        for missing in ("location", "id", "url"):
            lines = [line for line in AGENT.splitlines() if not line.startswith(missing + " ")]
            done = self.check("\n".join(lines))
            self.assertEqual(done.returncode, 1, missing)
            self.assertIn(missing, done.stdout + done.stderr)
        done = self.check('location = "a"\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn("region", done.stdout + done.stderr)


class AggregatorSettings(Settings, unittest.TestCase):
    variable, example = "ECHOMESH_AGGREGATOR", "aggregator.toml"
    good, wrong, wrong_places = AGGREGATOR, WRONG_AGGREGATOR, WRONG_AGGREGATOR_PLACES

    def start(self, mesh, broker):
        return mesh.aggregator(broker, ["eu"], name=f"aggregator-{os.urandom(2).hex()}")

    def test_policy_shares(self):
        for major, status in (("1.0", 0), ("0.5", 0), ("1", 0), ("1.01", 1), ("-0.5", 1)):
            with self.subTest(major):
                text = AGGREGATOR.replace("major = 0.5", f"major = {major}")
                self.assertEqual(self.check(text).returncode, status)

    def test_a_region_or_location_twice(self):
        for twice in ('[[region]]\nid = "eu"\n', '[[location]]\nid = "us-west"\n'):
            done = self.check(AGGREGATOR + twice)
            self.assertEqual(done.returncode, 1, twice)
            self.assertRegex(done.stdout + done.stderr, "eu|us-west")


if __name__ == "__main__":
    unittest.main(verbosity=2)
