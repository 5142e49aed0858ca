"""Draws the demo as lines of text: a row a location, a column a region. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mesh import Cell, Header
from places import Place, Region
from text import Line, cut, fit, length, wrap

STYLES = {
    "accessible": "green",
    "slow": "yellow",
    "inaccessible": "red bold",
    "unknown": "grey",
    "maintenance": "blue",
    "operational": "green",
    "degraded_performance": "yellow",
    "partial_outage": "yellow bold",
    "major_outage": "red bold",
    "under_maintenance": "blue",
}


@dataclass(frozen=True)
class Glyphs:
    """A mark and a bar of its own shape for each state, so that colour is not the only sign."""

    marks: dict[str, str]
    bars: dict[str, str]
    rule: str
    dots: str


UNICODE = Glyphs(
    marks={
        "accessible": "●", "slow": "◐", "inaccessible": "✗", "unknown": "?", "maintenance": "m",
        "operational": "●", "degraded_performance": "◐", "partial_outage": "◐",
        "major_outage": "✗", "under_maintenance": "m",
    },
    bars={"accessible": "▂", "slow": "▅", "inaccessible": "█", "unknown": "?", "maintenance": "m"},
    rule="─",
    dots="…",
)
ASCII = Glyphs(
    marks={
        "accessible": "+", "slow": "~", "inaccessible": "X", "unknown": "?", "maintenance": "m",
        "operational": "+", "degraded_performance": "~", "partial_outage": "~",
        "major_outage": "X", "under_maintenance": "m",
    },
    bars={"accessible": "-", "slow": "~", "inaccessible": "X", "unknown": "?", "maintenance": "m"},
    rule="-",
    dots="...",
)


@dataclass
class View:
    """One moment of the demo."""

    clock: str
    places: Sequence[Place]
    regions: Sequence[Region]
    headers: dict[str, Header]
    cells: dict[tuple[str, str], Cell]
    sentences: list[str] = field(default_factory=list)
    watch: str = ""
    keys: str = ""
    selected: tuple[str, str] | None = None


LEAST_CELL = 12
WIDE_CELL = 33
MOST_SLOTS = 24


class Table:
    """Fits a view into any window; below 80 columns bars shrink, below 24 rows sentences go."""

    def __init__(self, glyphs: Glyphs = UNICODE):
        self.glyphs = glyphs

    def slots(self, width: int, places: Sequence[Place], regions: int) -> int:
        """How many slots of a bar will be drawn."""
        cell = self._cell_width(width, places, regions)
        return max(0, min(MOST_SLOTS, cell - 3 - self._figure_width(cell)))

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        width = max(20, width)
        cell = self._cell_width(width, view.places, len(view.regions))
        name = self._name_width(view.places)
        spacious = height >= 34
        rule: Line = [("grey", self.glyphs.rule * (name + len(view.regions) * (cell + 1)))]
        scope_lines = 3 if cell < WIDE_CELL else 2
        body: list[Line] = [self._title(view, width)]
        body += [[]] if spacious else []
        body += self._heads(view, name, cell, scope_lines)
        body.append(rule)
        for place in view.places:
            row: Line = fit([("", place.id)], name)
            for region in view.regions:
                row += [("", " ")] + self._cell(view, place.id, region.id, cell)
            body.append(row)
        body.append(rule)
        foot = self._foot(view)
        while len(foot) > 1 and len(body) + 1 + len(foot) > height:
            del foot[0]  # the legend first, the keys last
        room = height - len(body) - len(foot) - (2 if spacious else 0)
        story = self._story(view.sentences, width, max(1, room))
        if spacious:
            story = [[]] + story + [[]] * (1 + max(0, room - len(story)))
        else:
            story += [[]] * max(0, room - len(story))
        return [cut(line, width) for line in (body + story + foot)[:height]]

    @staticmethod
    def _name_width(places: Sequence[Place]) -> int:
        return max(len(place.id) for place in places)

    def _cell_width(self, width: int, places: Sequence[Place], regions: int) -> int:
        room = (width - self._name_width(places)) // regions - 1
        return max(LEAST_CELL, min(room, 3 + self._figure_width(room) + MOST_SLOTS))

    @staticmethod
    def _figure_width(cell: int) -> int:
        return len("inaccessible") if cell >= WIDE_CELL else len("unknown")

    def _title(self, view: View, width: int) -> Line:
        title: Line = [("bold", "echomesh"), ("", f"  {view.clock}  ")]
        for honesty in (
            "simulated: delays (light-speed distance + 30 %) and frozen paths; all else is real",
            "delays (and frozen paths) are simulated, all else is real",
            "delays are simulated, all else is real",
        ):
            if length(title) + len(honesty) <= width:
                break
        return title + [("cyan", honesty)]

    def _heads(self, view: View, name: int, cell: int, scope_lines: int) -> list[Line]:
        lines: list[Line] = [fit([], name) for _ in range(3 + scope_lines)]
        for region in view.regions:
            header = view.headers[region.id]
            called = str(header.summary.get("name") or region.name)
            style = STYLES.get(header.state, "grey")
            mark = self.glyphs.marks.get(header.state, "?")
            scope = wrap(header.scope, cell, scope_lines, self.glyphs.dots)
            source = f"read from {header.source}" if header.source else "no broker tells of it now"
            column: list[Line] = [
                [("bold", region.id), ("", f" {called}")],
                [(style, f"{mark} {header.state.replace('_', ' ')}")],
                *[[("", text)] for text in scope + [""] * (scope_lines - len(scope))],
                [("cyan" if header.source else "red", source)],
            ]
            for line, part in zip(lines, column):
                line += [("", " ")] + fit(part, cell)
        return lines

    def _cell(self, view: View, location: str, region: str, width: int) -> Line:
        cell = view.cells[location, region]
        style = STYLES.get(cell.state, "grey")
        mark = self.glyphs.marks.get(cell.state, "?")
        figure = self._figure(cell, self._figure_width(width))
        chosen = " reverse" if view.selected == (location, region) else ""
        line: Line = [(style + chosen, f"{mark} {figure}"), ("", " ")]
        for state in cell.bar:
            line.append((STYLES.get(state or "", "grey"), self.glyphs.bars.get(state or "", " ")))
        return fit(line, width)

    @staticmethod
    def _figure(cell: Cell, width: int) -> str:
        """The RTT where there is one, else what is wrong."""
        if cell.state in ("accessible", "slow") and cell.rtt_ms is not None:
            digits = 1 if cell.rtt_ms < 99.95 else 0
            return f"{cell.rtt_ms:.{digits}f} ms".rjust(width)[:width]
        word = cell.state
        if len(word) > width and cell.state == "inaccessible":
            word = cell.cause or "no echo"
        return word[:width].ljust(width)

    def _story(self, sentences: list[str], width: int, room: int) -> list[Line]:
        """The latest sentences that fit, whole."""
        chosen: list[Line] = []
        for age, sentence in enumerate(reversed(sentences)):
            clock, _, text = sentence.partition(" ")
            wrapped = wrap(text, width - 6, 3, self.glyphs.dots)
            style = "bold" if age == 0 else ""
            block: list[Line] = [
                [("cyan", clock.rjust(5) if i == 0 else " " * 5), (style, f" {part}")]
                for i, part in enumerate(wrapped)
            ]
            if chosen and len(chosen) + len(block) > room:
                break
            chosen = block[:room] + chosen
        return chosen

    def _foot(self, view: View) -> list[Line]:
        legend: Line = []
        for state in ("accessible", "slow", "inaccessible", "unknown"):
            bar = self.glyphs.bars[state]
            legend.append((STYLES[state], f"{self.glyphs.marks[state]} {bar} {state}   "))
        legend.append(("grey", "each bar is 5 s"))
        lines: list[Line] = [legend]
        if view.watch:
            lines.append([("grey", "$ "), ("", view.watch)])
        if view.keys:
            lines.append([("bold", view.keys)])
        return lines
