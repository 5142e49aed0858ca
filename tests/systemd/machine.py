"""A machine of a test's own, booted by systemd-nspawn: this one's files under an overlay in memory.

Its mounts stand in a mount namespace and its processes in a pid namespace, so that they are gone
with this process, however it ends. Its folder and control groups are removed by a process of their
own, which waits for that end (this file, run as a program).
"""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_PDEATHSIG = 1
CGROUPS = pathlib.Path("/sys/fs/cgroup")
# Where control groups are made: version 1 beside 2, and version 2 alone.
HIERARCHIES = [CGROUPS / "systemd", CGROUPS / "unified"]
PREFIX = "echomesh-machine-"
SWEEP_LIMIT = 30
# Both would be seen by others, were they not in a namespace: nspawn keeps its locks in /run.
BOOT = """
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs -o size=512m tmpfs "$MACHINE/mnt"
mkdir "$MACHINE/mnt/upper" "$MACHINE/mnt/work" "$MACHINE/mnt/root"
mount -t overlay overlay "$MACHINE/mnt/root" \
  -o "lowerdir=/,upperdir=$MACHINE/mnt/upper,workdir=$MACHINE/mnt/work"
cp -a "$MACHINE/files/." "$MACHINE/mnt/root/"
exec systemd-nspawn --directory="$MACHINE/mnt/root" --boot --register=no --keep-unit \
  --machine=echomesh --private-network --link-journal=no --console=pipe --quiet \
  --resolv-conf=off --timezone=off --bind="$MACHINE/result:/result" \
  --bind-ro="$SOURCE:/source" systemd.unit="$UNIT"
"""
_libc = ctypes.CDLL(None, use_errno=True)


def reason_not_to_boot():
    """Why no machine can be booted here, or None."""
    if os.geteuid() != 0:
        return "only root can boot a machine"
    missing = [name for name in ("systemd-nspawn", "unshare") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (scripts/setup --tests)"
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        tried = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", folder],
            capture_output=True, text=True)
    return f"may not mount: {tried.stderr.strip()}" if tried.returncode else None


class Machine:
    """`files` (a folder) is laid over the root; `result` is /result inside, the source /source."""

    def __init__(self, source):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
        self.files, self.result = self.folder / "files", self.folder / "result"
        for folder in (self.files, self.result, self.folder / "mnt"):
            folder.mkdir(mode=0o755)
        self.source = source
        self.groups = [h / self.folder.name for h in HIERARCHIES if h.is_dir()]
        self.groups = self.groups or [CGROUPS / self.folder.name]
        self.sweeper = subprocess.Popen(  # not of our group, which a test runner may kill
            [sys.executable, "-B", __file__, self.folder, *self.groups], stdin=subprocess.PIPE,
            start_new_session=True)

    def boot(self, unit, limit):
        """Runs until it powers itself off. Returns what its console said."""
        for group in self.groups:
            group.mkdir(exist_ok=True)

        def enter():
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            for group in self.groups:
                (group / "cgroup.procs").write_text("0")

        child = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "--pid", "--fork",
             "--kill-child=SIGKILL", "--mount-proc", "bash", "-c", BOOT],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MACHINE": str(self.folder),
                 "SOURCE": str(self.source), "UNIT": unit},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=enter)
        try:
            console, _ = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            child.kill()
            console, _ = child.communicate()
            console += f"\nnot powered off within {limit} s".encode()
        return console.decode(errors="replace")

    def end(self):
        self.sweeper.communicate()


def sweep(folder, groups):
    """Once nobody holds our input open, and what runs in the groups has ended."""
    sys.stdin.buffer.read()
    end = time.monotonic() + SWEEP_LIMIT
    while any(os.path.exists(group) for group in groups) and time.monotonic() < end:
        for place, _, _ in (step for group in groups for step in os.walk(group, topdown=False)):
            try:
                os.rmdir(place)
            except OSError:
                time.sleep(0.05)  # a process in it is still ending
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sweep(sys.argv[1], sys.argv[2:])
