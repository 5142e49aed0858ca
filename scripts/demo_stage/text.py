"""Lines of coloured pieces, cut to a width before they are painted."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

# A piece is (style, text); styles are words joined by blanks, such as "red bold".
Piece = tuple[str, str]
Line = list[Piece]

CODES = {
    "": "",
    "bold": "1",
    "dim": "2",
    "reverse": "7",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
    "grey": "90",
}
COLOURS = ("red", "green", "yellow", "blue", "cyan", "grey")


def length(line: Line) -> int:
    return sum(len(text) for _, text in line)


def cut(line: Line, width: int) -> Line:
    """Every character is one column wide here."""
    kept: Line = []
    left = width
    for style, text in line:
        if left <= 0:
            break
        kept.append((style, text[:left]))
        left -= len(text)
    return kept


def fit(line: Line, width: int) -> Line:
    """Cut or padded to exactly `width`."""
    kept = cut(line, width)
    return kept + [("", " " * (width - length(kept)))]


def plain(line: Line) -> str:
    return "".join(text for _, text in line)


def shorten(text: str, width: int, dots: str = "...") -> str:
    return text if len(text) <= width else text[: max(0, width - len(dots))].rstrip() + dots


def wrap(text: str, width: int, lines: int, dots: str = "...") -> list[str]:
    """At most `lines` lines; what does not fit is said to be cut."""
    wrapped = textwrap.wrap(text, max(1, width)) if text else []
    if len(wrapped) > lines:
        rest = " ".join(wrapped[lines - 1 :])
        wrapped = wrapped[: lines - 1] + [shorten(rest, width, dots)]
    return wrapped


@dataclass(frozen=True)
class Painter:
    """Turns lines into what a terminal takes; without colour, bold and reverse are left."""

    has_colour: bool = True

    def paint(self, line: Line) -> str:
        painted = ""
        for style, text in line:
            codes = ";".join(
                CODES[word]
                for word in style.split()
                if self.has_colour or word not in COLOURS
            )
            painted += f"\x1b[{codes}m{text}\x1b[0m" if codes else text
        return painted
