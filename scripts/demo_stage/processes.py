"""A program that the demo starts, watches and ends: by its own process id, never by name."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

PR_SET_PDEATHSIG = 1
GRACE_S = 3.0

_libc = ctypes.CDLL(None, use_errno=True)


class StageError(Exception):
    """Why the demo cannot go on, in one line for the user."""


def ends_with_its_parent() -> Callable[[], None]:
    """Makes the kernel kill a child when the director is gone, even by kill -9."""
    director = os.getpid()

    def in_child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != director:
            os._exit(1)

    return in_child


class Program:
    """One child process with a log file; it can be started again after its end."""

    def __init__(self, name: str, argv: Sequence[str], log: Path, config: Path | None = None):
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.config = config
        self.is_wanted = False
        self.is_paused = False
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, talks: bool = False) -> None:
        """`talks`: its standard input and output are pipes; else its output goes to the log."""
        with open(self.log, "ab") as log:
            try:
                self._process = subprocess.Popen(
                    self.argv,
                    stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                    stdout=subprocess.PIPE if talks else log,
                    stderr=log,
                    cwd="/",
                    bufsize=0,
                    start_new_session=True,  # Ctrl-C is the director's alone
                    preexec_fn=ends_with_its_parent(),
                )
            except OSError as error:
                raise StageError(f"cannot start {self.name}: {error}") from error
        self.is_wanted = True
        self.is_paused = False
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> BinaryIO:
        assert self._process is not None and self._process.stdout is not None
        return self._process.stdout  # type: ignore[return-value]

    def ask(self, line: str, patience_s: float = 3.0) -> str:
        """Sends one line and waits for the line that answers it."""
        assert self._process is not None and self._process.stdin is not None
        answer = b""
        try:
            self._process.stdin.write(line.encode() + b"\n")
            until = time.monotonic() + patience_s
            while not answer.endswith(b"\n"):
                left = until - time.monotonic()
                if left <= 0 or not select.select([self.output], [], [], left)[0]:
                    raise StageError(f"{self.name} did not answer within {patience_s:g} s: {line}")
                more = os.read(self.output.fileno(), 4096)
                if not more:
                    raise StageError(self.obituary())
                answer += more
        except BrokenPipeError as error:
            raise StageError(self.obituary()) from error
        return answer.decode(errors="replace").strip()

    def pause(self) -> None:
        if self.is_running:
            os.kill(self.pid, signal.SIGSTOP)
            self.is_paused = True

    def resume(self) -> None:
        if self.is_running:
            os.kill(self.pid, signal.SIGCONT)
            self.is_paused = False

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        self.is_wanted = False
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def has_died(self) -> bool:
        """It ended, and nobody had asked it to."""
        return self.is_wanted and not self.is_running

    def last_line(self, about: str = "") -> str:
        """What it said last, about something if it said anything about that."""
        try:
            with open(self.log, "rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - 4096))
                lines = log.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        said = [line.strip() for line in lines if line.strip()]
        return next((line for line in reversed(said) if about in line), said[-1] if said else "")

    def obituary(self) -> str:
        """How it ended, what it said last, and which settings it had."""
        code = self._process.poll() if self._process else None
        how = "has not started" if code is None else f"ended with status {code}"
        if code is not None and code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        config = f" (settings: {self.config}, kept with --keep)" if self.config else ""
        return f"{self.name} {how}: {self.last_line() or 'it said nothing'}{config}"

    def ask_to_end(self) -> None:
        self.is_wanted = False
        if self._process is not None and self.is_running:
            self._process.terminate()
            os.kill(self.pid, signal.SIGCONT)  # a stopped program hears SIGTERM only then
            if self._process.stdin:
                self._process.stdin.close()


def end_all(programs: Iterable[Program]) -> None:
    """SIGTERM to all at once, and SIGKILL to what is left after the grace."""
    running = [program for program in programs if program.is_running]
    for program in running:
        program.ask_to_end()
    until = time.monotonic() + GRACE_S
    while any(program.is_running for program in running) and time.monotonic() < until:
        time.sleep(0.02)
    for program in running:
        program.kill()
