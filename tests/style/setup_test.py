#!/usr/bin/env python3
"""scripts/setup in a tree of its own, with an apt that only notes what it was asked."""

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

SETUP = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "setup"
TOOLS = ("bash", "sh", "sed", "grep", "cat", "chmod", "mv", "rm", "mktemp", "awk", "tee", "tail", "flock",
         "uname", "touch", "env", "head")

APT = """#!/bin/sh
echo "apt-get $*" >>"$FAKE/calls"
case "$*" in
  *update*)
    [ -e "$FAKE/update-fails" ] && { sed -i 1d "$FAKE/update-fails"; [ -s "$FAKE/update-fails" ] ||
      rm "$FAKE/update-fails"; echo "E: no mirror" >&2; exit 100; } ;;
  *--simulate*) echo "Inst g++ (1)"; echo "Inst mosquitto (1)" ;;
  *install*)
    for service in mosquitto ssh; do
      "$ECHOMESH_SETUP_ROOT/usr/sbin/policy-rc.d" $service start
      echo "policy $service $?" >>"$FAKE/calls"
    done
    echo "during: $(cat "$ECHOMESH_SETUP_ROOT/usr/sbin/policy-rc.d" | tail -n 1)" >>"$FAKE/calls"
    [ -e "$FAKE/install-hangs" ] && { touch "$FAKE/hanging"; exec /bin/sleep 30; }
    [ -e "$FAKE/install-fails" ] && { echo "E: broken" >&2; exit 100; }
    touch "$FAKE/all-installed" ;;
esac
exit 0
"""
DPKG_QUERY = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -W) ;; -f) shift ;;
    *) if [ -e "$FAKE/all-installed" ] || grep -qxF -- "$1" "$FAKE/installed"; then
         echo "ii |$1"
       fi ;;
  esac
  shift
done
exit 1
"""
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>"$FAKE/calls"
case "$*" in *list-units*) echo "ssh.service loaded active running OpenBSD server" ;; esac
"""
OWN_POLICY = "#!/bin/sh\n# the machine's own\nexit 104\n"


class SetupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fake = pathlib.Path(folder.name)
        self.root = self.fake / "root"
        for path in ("etc", "usr/sbin", "run/systemd/system"):
            (self.root / path).mkdir(parents=True)
        self.write("root/etc/os-release", 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n')
        self.policy = self.root / "usr/sbin/policy-rc.d"
        self.write("installed", "")
        (self.fake / "bin").mkdir()
        for tool in TOOLS:
            (self.fake / "bin" / tool).symlink_to(f"/usr/bin/{tool}")
        self.program("apt-get", APT)
        self.program("dpkg-query", DPKG_QUERY)
        self.program("dpkg", "#!/bin/sh\nexit 0\n")
        self.program("systemctl", SYSTEMCTL)
        self.program("sleep", "#!/bin/sh\nexit 0\n")
        self.program("id", "#!/bin/sh\necho 0\n")

    def write(self, name, text):
        (self.fake / name).write_text(text, encoding="utf-8")

    def program(self, name, text):
        self.write(f"bin/{name}", text)
        (self.fake / "bin" / name).chmod(0o755)

    def environment(self):
        return {**os.environ, "PATH": str(self.fake / "bin"), "FAKE": str(self.fake),
                "ECHOMESH_SETUP_ROOT": str(self.root)}

    def setup(self, *arguments):
        return subprocess.run([SETUP, *arguments], env=self.environment(), capture_output=True,
                              text=True, timeout=30)

    def calls(self):
        path = self.fake / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def assert_refused(self, done, words):
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(self.calls(), [])

    def test_nothing_is_asked_of_apt_where_all_is_installed(self):
        self.write("all-installed", "")
        self.write("bin/id", "#!/bin/sh\necho 1000\n")  # so root is not needed either
        done = self.setup("--tests")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.calls(), [])

    def test_another_operating_system_is_refused_in_one_line(self):
        self.write("root/etc/os-release", 'ID=fedora\nVERSION_ID=41\nPRETTY_NAME="Fedora 41"\n')
        self.assert_refused(self.setup(), "this is Fedora 41")
        self.write("root/etc/os-release", 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian 13"\n')
        self.assert_refused(self.setup(), "this is Debian 13")
        (self.root / "etc/os-release").unlink()
        self.assert_refused(self.setup(), "Debian 12 only")

    def test_without_apt_it_says_so_in_one_line(self):
        (self.fake / "bin/apt-get").unlink()
        self.assert_refused(self.setup(), "apt-get")

    def test_without_root_it_says_what_it_would_install(self):
        self.write("bin/id", "#!/bin/sh\necho 1000\n")
        self.assert_refused(self.setup(), "root is needed to install: g++ meson")

    def test_only_what_is_missing_is_installed(self):
        self.write("installed", "g++\nmeson\n")
        done = self.setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        install = next(c for c in self.calls() if "install -y" in c)
        self.assertNotIn(" meson ", install)
        self.assertIn(" mosquitto ", install)
        self.assertIn("DPkg::Lock::Timeout=120", install)
        self.assertNotIn("shellcheck", install)

    def test_the_packages_of_the_tests_come_with_a_flag(self):
        self.setup("--tests")
        self.assertIn("shellcheck", next(c for c in self.calls() if "install -y" in c))

    def test_the_package_lists_are_asked_for_twice_and_not_more(self):
        self.write("update-fails", "1\n")
        self.assertEqual(self.setup().returncode, 0)
        self.write("update-fails", "1\n2\n")
        (self.fake / "all-installed").unlink()
        done = self.setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("E: no mirror", done.stderr)

    def test_no_service_starts_but_what_ran_before(self):
        self.setup()
        self.assertIn("policy mosquitto 101", self.calls())
        self.assertIn("policy ssh 0", self.calls())
        self.assertFalse(self.policy.exists())

    def test_the_policy_of_the_machine_is_heard_and_comes_back(self):
        self.policy.write_text(OWN_POLICY)
        self.policy.chmod(0o750)
        self.setup()
        self.assertIn("policy ssh 104", self.calls())
        self.assertEqual(self.policy.read_text(), OWN_POLICY)
        self.assertEqual(self.policy.stat().st_mode & 0o777, 0o750)
        self.assertEqual([p.name for p in self.policy.parent.iterdir()], ["policy-rc.d"])

    def test_it_comes_back_after_a_failed_installation(self):
        self.policy.write_text(OWN_POLICY)
        self.write("install-fails", "")
        done = self.setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("E: broken", done.stderr)
        self.assertEqual(self.policy.read_text(), OWN_POLICY)

    def test_it_comes_back_after_ctrl_c(self):
        self.policy.write_text(OWN_POLICY)
        with self.hanging_setup() as run:
            os.killpg(run.pid, signal.SIGINT)
            self.assertEqual(run.wait(timeout=10), 130)
        self.assertEqual(self.policy.read_text(), OWN_POLICY)

    def test_it_comes_back_with_the_run_after_a_killed_one(self):
        self.policy.write_text(OWN_POLICY)
        with self.hanging_setup() as run:
            os.killpg(run.pid, signal.SIGKILL)
        self.assertNotEqual(self.policy.read_text(), OWN_POLICY)
        (self.fake / "install-hangs").unlink()
        self.assertEqual(self.setup().returncode, 0)
        self.assertEqual(self.policy.read_text(), OWN_POLICY)

    def hanging_setup(self):
        self.write("install-hangs", "")
        run = subprocess.Popen([SETUP], env=self.environment(), start_new_session=True,
                               # A runner in the background of a shell ignores it, children too.
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (self.fake / "hanging").exists():
            self.assertLess(time.monotonic(), deadline, "the installation did not begin")
            time.sleep(0.02)
        return run

    def test_mosquitto_stays_enabled_only_where_it_was_there_before(self):
        self.setup()
        self.assertIn("systemctl --quiet disable mosquitto.service", self.calls())
        (self.fake / "calls").unlink()
        (self.fake / "all-installed").unlink()
        self.write("installed", "mosquitto\n")
        self.setup()
        self.assertFalse([c for c in self.calls() if "disable" in c])

    def test_an_unknown_argument_is_wrong_usage(self):
        self.assertEqual(self.setup("--all").returncode, 64)


if __name__ == "__main__":
    unittest.main(verbosity=2)
