#!/usr/bin/env python3
"""scripts/broker-config: what it writes and what it refuses. tests/io/broker_roles_test.py runs it."""

import os
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "broker-config"

ACL_OF_LONDON = """\
user london
topic write echomesh-report/v1/london
topic write echomesh-report/v1/london/replay
topic write echomesh-report/v1/london/hello
topic read echomesh-report/v1/london/ack
topic readwrite echomesh-probe/v1/london
topic readwrite echomesh/v1/agent/london/availability
topic readwrite echomesh/v1/agent/london/info
"""


class BrokerConfigTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "broker"

    def run_it(self, *arguments):
        return subprocess.run([PROGRAM, "--dir", self.folder, *arguments], capture_output=True,
                              text=True, timeout=30)

    def written(self, *arguments):
        done = self.run_it(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def text(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def settings(self):
        lines = [line for line in self.text("mosquitto.conf").splitlines()
                 if line and not line.startswith("#")]
        return dict(line.split(" ", 1) for line in lines)

    def mode(self, name):
        return stat.S_IMODE((self.folder / name).stat().st_mode)

    def test_every_agent_and_both_roles_have_a_password_and_no_one_else(self):
        self.written("--agents", "london,tokyo")
        users = ["london", "tokyo", "aggregator", "viewer"]
        self.assertEqual([line.split(":")[0] for line in self.text("passwd").splitlines()], users)
        files = sorted(p.name for p in (self.folder / "passwords").iterdir())
        self.assertEqual(files, sorted(f"{user}.password" for user in users))
        passwords = {self.text(f"passwords/{user}.password") for user in users}
        self.assertEqual(len(passwords), len(users))
        for password in passwords:
            self.assertNotIn(password.strip(), self.text("passwd"))
            self.assertGreaterEqual(len(password.strip()), 32)

    def test_secrets_are_closed_to_others(self):
        self.written("--agents", "london")
        self.assertEqual(self.mode("passwords"), 0o700)
        self.assertEqual(self.mode("passwords/london.password"), 0o600)
        self.assertEqual(self.mode("passwd"), 0o600)
        self.assertEqual(self.mode("acl"), 0o600)

    def test_a_second_run_keeps_the_passwords_and_drops_users_left_out(self):
        self.written("--agents", "london,tokyo")
        before = self.text("passwords/london.password")
        self.written("--agents", "london,paris")
        self.assertEqual(self.text("passwords/london.password"), before)
        self.assertNotIn("tokyo", self.text("passwd") + self.text("acl"))

    def test_the_rights_of_an_agent_are_these_and_no_pattern(self):
        self.written("--agents", "london")
        self.assertIn(ACL_OF_LONDON + "\n", self.text("acl"))
        self.assertNotRegex(self.text("acl"), re.compile("^pattern|%u|%c", re.MULTILINE))
        before_first_user = self.text("acl").split("user ")[0]
        self.assertNotRegex(before_first_user, re.compile("^topic", re.MULTILINE))

    def test_all_roots_follow_the_topic_root(self):
        self.written("--agents", "london", "--topic-root", "acme/mesh")
        for line in self.text("acl").splitlines():
            if line.startswith("topic "):
                self.assertRegex(line, r"^topic (read|write|readwrite) acme/mesh(-report|-probe)?/")

    def test_the_broker_is_private_and_local_by_default(self):
        self.written()
        settings = self.settings()
        self.assertEqual(settings["listener"], "1883 127.0.0.1")
        self.assertEqual(settings["allow_anonymous"], "false")
        self.assertEqual(settings["persistence"], "false")
        self.assertEqual(settings["set_tcp_nodelay"], "true")
        self.assertEqual(settings["max_queued_messages"], "100000")
        self.assertEqual(settings["message_size_limit"], "262144")

    def test_every_group_of_settings_says_why(self):
        self.written("--persistence")
        for group in self.text("mosquitto.conf").strip().split("\n\n"):
            self.assertTrue(group.startswith("# "), group)

    def test_persistence_saves_often(self):
        self.written("--persistence")
        settings = self.settings()
        self.assertEqual(settings["persistence"], "true")
        self.assertEqual(settings["autosave_on_changes"], "true")
        self.assertEqual(settings["autosave_interval"], "50")
        self.assertEqual(settings["persistence_location"], f"{self.folder}/data/")

    def test_a_certificate_makes_it_a_tls_listener(self):
        certificate = self.folder.parent / "a.crt"
        certificate.touch()
        self.written("--certfile", certificate, "--keyfile", certificate)
        self.assertEqual(self.settings()["listener"], "8883 127.0.0.1")
        self.assertNotIn("cafile", self.settings())
        self.written("--certfile", certificate, "--keyfile", certificate, "--cafile", certificate,
                     "--require-certificate", "--port", "1234", "--bind", "::1")
        self.assertEqual(self.settings()["listener"], "1234 ::1")
        self.assertEqual(self.settings()["require_certificate"], "true")

    def test_a_broker_can_read_its_files_whoever_starts_it(self):
        self.folder.parent.chmod(0o711)
        self.written()
        if os.geteuid() != 0:  # then it stays who it is
            self.assertNotIn("user", self.settings())
            return
        self.assertEqual(self.settings()["user"], "mosquitto")
        self.assertEqual((self.folder / "passwd").owner(), "mosquitto")
        self.assertEqual((self.folder / "passwords").owner(), "root")
        self.folder.parent.chmod(0o700)
        self.written()
        self.assertEqual(self.settings()["user"], "root")
        self.assertEqual((self.folder / "passwd").owner(), "root")

    def test_ids_are_checked_and_names_of_roles_are_taken(self):
        bad = ["a/b", "+", "#", "$SYS", "..", "A", "a_b", "ä", "a b", "x" * 33, "a:b", "a\nb",
               "\u202e", "aggregator", "viewer", "operator"]
        done = self.run_it("--agents", ",".join(bad))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), len(bad), done.stderr)
        self.assertFalse(self.folder.exists())
        self.written("--agents", "a,0," + "x" * 32)

    def test_all_mistakes_are_told_at_once_with_their_place(self):
        done = self.run_it("--port", "0", "--bind", "localhost", "--topic-root", "a/#",
                           "--agents", "x,x", "--certfile", "nowhere", "--require-certificate")
        for place in ("--port", "--bind", "--topic-root", "--agents", "--certfile: no such file",
                      "--require-certificate"):
            self.assertIn(f"broker-config: {place}", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_a_configuration_of_somebody_else_is_left_alone(self):
        self.folder.mkdir()
        (self.folder / "mosquitto.conf").write_text("listener 1883\n")
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("not written by this program", done.stderr)
        self.assertEqual(self.text("mosquitto.conf"), "listener 1883\n")
        self.assertEqual([p.name for p in self.folder.iterdir()], ["mosquitto.conf"])

    def test_a_spoilt_password_file_is_told_and_not_used(self):
        self.written("--agents", "london")
        (self.folder / "passwords" / "london.password").write_text("two words\n")
        done = self.run_it("--agents", "london")
        self.assertEqual(done.returncode, 1)
        self.assertIn("london.password: must hold one password", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
