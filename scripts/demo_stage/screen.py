"""A terminal that is redrawn in place: alternate screen, only lines that changed, keys unechoed."""

from __future__ import annotations

import os
import sys
import termios
from typing import Any

from text import Line, Painter

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"


def is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Screen:
    """Use as a context: leaves the terminal as it was, also after an error."""

    def __init__(self, painter: Painter):
        self.painter = painter
        self._shown: list[str] = []
        self._size = (0, 0)
        self._modes: list[Any] | None = None

    def __enter__(self) -> Screen:
        if sys.stdin.isatty():
            self._modes = termios.tcgetattr(sys.stdin)
            modes = termios.tcgetattr(sys.stdin)
            modes[3] &= ~(termios.ICANON | termios.ECHO)
            # Suspended, the director would leave its children to run on unseen.
            modes[6][termios.VSUSP] = b"\0"
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)
        self._write(ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        self._write(LEAVE)
        if self._modes is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._modes)

    def size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return 80, 24
        return (size.columns or 80), (size.lines or 24)

    def show(self, lines: list[Line]) -> None:
        width_height = self.size()
        painted = [self.painter.paint(line) for line in lines]
        out = ""
        if width_height != self._size:
            self._size, self._shown = width_height, []
            out = "\x1b[2J"
        for row, text in enumerate(painted):
            if row >= len(self._shown) or self._shown[row] != text:
                out += f"\x1b[{row + 1};1H\x1b[2K{text}"
        if len(painted) < len(self._shown):
            out += f"\x1b[{len(painted) + 1};1H\x1b[J"
        self._shown = painted
        if out:
            self._write(f"\x1b[?2026h{out}\x1b[?2026l")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
