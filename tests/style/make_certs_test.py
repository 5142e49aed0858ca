#!/usr/bin/env python3
"""scripts/make-certs: certificates that openssl verifies, by name and by address."""

import pathlib
import stat
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "make-certs"


class MakeCertsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "certs"

    def run_it(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=30)

    def made(self, *arguments):
        done = self.run_it(self.folder, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def verifies(self, *arguments):
        done = subprocess.run(["openssl", "verify", "-CAfile", self.folder / "ca.crt", *arguments],
                              capture_output=True, timeout=30)
        return done.returncode == 0

    def test_the_server_is_known_by_each_of_its_names_and_by_no_other(self):
        self.made("--name", "eu.example", "--name", "127.0.0.1", "--name", "::1")
        server = self.folder / "server.crt"
        self.assertTrue(self.verifies("-verify_hostname", "eu.example", server))
        self.assertTrue(self.verifies("-verify_ip", "127.0.0.1", server))
        self.assertTrue(self.verifies("-verify_ip", "::1", server))
        self.assertFalse(self.verifies("-verify_hostname", "localhost", server))

    def test_without_names_it_is_localhost(self):
        self.made()
        self.assertTrue(self.verifies("-verify_hostname", "localhost", self.folder / "server.crt"))
        self.assertFalse((self.folder / "client.crt").exists())

    def test_a_client_certificate_serves_clients_alone(self):
        self.made("--client", "london")
        client = self.folder / "client.crt"
        self.assertTrue(self.verifies("-purpose", "sslclient", client))
        self.assertFalse(self.verifies("-purpose", "sslserver", client))

    def test_a_second_run_keeps_the_authority(self):
        self.made()
        before = (self.folder / "ca.crt").read_bytes()
        self.made("--name", "other.example")
        self.assertEqual((self.folder / "ca.crt").read_bytes(), before)
        self.assertTrue(self.verifies("-verify_hostname", "other.example", self.folder / "server.crt"))

    def test_zero_days_have_expired(self):
        self.made("--days", "0")
        tomorrow = subprocess.run(["openssl", "x509", "-in", self.folder / "server.crt", "-noout",
                                   "-checkend", "1"], capture_output=True, timeout=30)
        self.assertEqual(tomorrow.returncode, 1)

    def test_keys_are_closed_to_others(self):
        self.made("--client", "x")
        for key in self.folder.glob("*.key"):
            self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600, key)

    def test_wrong_usage_is_one_line(self):
        for arguments in ((), ("a", "b"), ("d", "--days", "-1"), ("d", "--name", "a,DNS:b"),
                          ("d", "--name"), ("--what",)):
            done = self.run_it(*(str(self.folder) if a == "d" else a for a in arguments))
            self.assertEqual(done.returncode, 64, arguments)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(self.folder.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
