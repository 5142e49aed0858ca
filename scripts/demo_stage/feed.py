"""Keeps a `mosquitto_sub` on each broker and hands what it hears to the mesh."""

from __future__ import annotations

import os
import time
from pathlib import Path

from mesh import ROOT, Source
from processes import Program

RESTART_AFTER_S = 1.0
# A line is one message; the largest retained document is 4,096 bytes.
LONGEST_LINE = 65536


def write_client_settings(folder: Path, port: int, password_file: Path) -> None:
    """What mosquitto_sub reads with XDG_CONFIG_HOME=folder: no password on a command line."""
    folder.mkdir(parents=True, exist_ok=True)
    password = password_file.read_text().strip()
    settings = folder / "mosquitto_sub"
    settings.touch(mode=0o600)
    settings.write_text(f"-h 127.0.0.1\n-p {port}\n-V mqttv5\n-u viewer\n-P {password}\n")


class Feed:
    """One broker's subscriber, started again whenever it ends."""

    def __init__(self, source: Source, mosquitto_sub: str, settings: Path, log: Path):
        self.source = source
        self.program = Program(
            f"mosquitto_sub on {source.region}",
            ["/usr/bin/env", f"XDG_CONFIG_HOME={settings}", mosquitto_sub]
            + ["-q", "1", "-F", "%r %t %p", "-t", f"{ROOT}#"],
            log,
        )
        self._rest = b""

    def start(self) -> int:
        """Yields the descriptor to watch."""
        self.program.start(talks=True)
        self._rest = b""
        os.set_blocking(self.program.output.fileno(), False)
        return self.program.output.fileno()

    def is_due(self, now: float) -> bool:
        return not self.program.is_running and now - self.program.started_at > RESTART_AFTER_S

    def read(self) -> bool:
        """Takes in what is there; False at the end of the output."""
        try:
            more = os.read(self.program.output.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return True
        *lines, self._rest = (self._rest + more).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            self._rest = b""
        now = time.monotonic()
        for line in lines:
            retained, _, message = line.decode(errors="replace").partition(" ")
            topic, _, payload = message.partition(" ")
            if retained in ("0", "1"):
                self.source.hear(topic, payload, retained == "1", now)
        return bool(more)
