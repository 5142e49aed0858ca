"""A cgroup that gives its members little CPU; gone with this process, however that ends."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path("/sys/fs/cgroup/cpu")
# Waits for the end of its input, which is the end of who started it; its members die likewise.
WARDEN = """
import os, sys, time
sys.stdin.read()
for _ in range(100):
    try:
        os.rmdir(sys.argv[1])
    except FileNotFoundError:
        break
    except OSError:
        time.sleep(0.1)
"""


def why_not():
    """What stands in the way of cgroups of our own here; None if nothing does."""
    if not (ROOT / "cpu.cfs_quota_us").parent.is_dir() or not (ROOT / "tasks").exists():
        return f"no cgroup v1 cpu controller at {ROOT}"
    if not os.access(ROOT, os.W_OK):
        return f"{ROOT} is not writable for this user"
    return None


class CpuGroup:
    def __init__(self, test, name):
        self.path = ROOT / f"echomesh-{os.getpid()}-{name}"
        self.path.mkdir()
        self.warden = subprocess.Popen([sys.executable, "-c", WARDEN, self.path],
                                       stdin=subprocess.PIPE, start_new_session=True)
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.end)

    def limit(self, quota_ms, period_ms):
        (self.path / "cpu.cfs_period_us").write_text(str(round(period_ms * 1000)))
        (self.path / "cpu.cfs_quota_us").write_text(str(round(quota_ms * 1000)))

    def unlimit(self):
        (self.path / "cpu.cfs_quota_us").write_text("-1")

    def take(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))

    def statistics(self):
        return {key: int(value) for key, value in
                (line.split() for line in (self.path / "cpu.stat").read_text().splitlines())}

    def end(self):
        """REQUIRES: its members have ended, or end soon."""
        self.unlimit()
        for pid in (self.path / "cgroup.procs").read_text().split():
            (ROOT / "cgroup.procs").write_text(pid)
        self.warden.stdin.close()
        self.warden.wait(15)
