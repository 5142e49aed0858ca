"""Runs the demo: hears the feeds, lets the story go on, draws, and judges a run of given length."""

from __future__ import annotations

import os
import selectors
import sys
import time
from collections.abc import Callable

from feed import Feed
from keys import Keys, keys_in
from mesh import Mesh
from places import PLACES, REGIONS
from screen import Screen
from stage import Stage
from story import Story
from table import Table, View
from text import plain

TICK_S = 0.2
STATUS_EVERY_S = 10.0
# A program that ends within this time has a fault of settings or build, not of the story.
START_S = 15.0
MOST_SENTENCES = 100


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Director:
    """One run, from the first frame to the verdict. Without a screen it prints lines."""

    def __init__(self, stage: Stage, mesh: Mesh, table: Table, screen: Screen | None):
        self.stage = stage
        self.mesh = mesh
        self.table = table
        self.screen = screen
        self.story = Story(stage, mesh, self.say)
        self.keys = Keys(stage, self.story, self.say)
        self.began = time.monotonic()
        self.sentences: list[str] = []
        self.reached: set[tuple[str, str]] = set()
        self.mourned: set[str] = set()
        self.failure = ""
        self._selector = selectors.DefaultSelector()
        self._states: dict[tuple[str, str], str] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._region_states: dict[str, str] = {}
        self._next_status = STATUS_EVERY_S

    def say(self, sentence: str) -> None:
        self.sentences.append(f"{clock(time.monotonic() - self.began)} {sentence}")
        del self.sentences[:-MOST_SENTENCES]
        if self.screen is None:
            print(self.sentences[-1], flush=True)

    def run(self, seconds: float | None, wants_to_stop: Callable[[], bool], waker: int) -> None:
        """Until `seconds` are over, or without them until a key or a signal says so.

        `waker` becomes readable when a signal came.
        """
        self._selector.register(waker, selectors.EVENT_READ, lambda: os.read(waker, 64))
        for feed in self.stage.feeds.values():
            self._listen(feed)
        if self.screen is not None and sys.stdin.isatty():
            self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._read_keys)
        if seconds is None:
            self.story.start(self.began)
        if self.screen is None:
            self.say("simulated: the delays (light-speed distance + 30 %) and frozen paths;"
                     " all else is real")
            self.say(f"the same topics, in another terminal: {self.watch_line()}")
        while not wants_to_stop() and not self.keys.wants_to_quit and not self.failure:
            now = time.monotonic()
            if seconds is not None and now - self.began >= seconds:
                break
            self._tick(now)
            for key, _ in self._selector.select(TICK_S):
                key.data()

    def _tick(self, now: float) -> None:
        self.mesh.tick(now)
        for feed in self.stage.feeds.values():
            if feed.is_due(now):
                self._listen(feed)
        self._mourn(now)
        self.story.tick(now)
        states = self.mesh.states(now)
        self.reached |= {path for path, state in states.items() if state == "accessible"}
        if self.screen is not None:
            self.draw(self.screen, now)
        else:
            self._report_changes(states, now)

    def _listen(self, feed: Feed) -> None:
        descriptor = feed.start()

        def read() -> None:
            if not feed.read():
                self._selector.unregister(descriptor)

        self._selector.register(descriptor, selectors.EVENT_READ, read)

    def _read_keys(self) -> None:
        typed = os.read(sys.stdin.fileno(), 64)
        if not typed:
            self._selector.unregister(sys.stdin.fileno())
        for key in keys_in(typed):
            self.keys.press(key, time.monotonic())

    def _mourn(self, now: float) -> None:
        for program in self.stage.dead_programs():
            if now - program.started_at < START_S:
                self.failure = program.obituary()
                return
            if program.name not in self.mourned:
                self.mourned.add(program.name)
                self.say(f"not part of the story: {program.obituary()}")

    # Showing it.

    def watch_line(self) -> str:
        """Of a broker that lives on through the story."""
        alive = [r.id for r in REGIONS if r.id not in self.stage.dead]
        return self.stage.watch_line("us" if "us" in alive or not alive else alive[-1])

    def view(self, now: float, width: int) -> View:
        unix_ms = time.time() * 1000
        slots = self.table.slots(width, PLACES, len(REGIONS))
        return View(
            clock=clock(now - self.began),
            places=PLACES,
            regions=REGIONS,
            headers={r.id: self.mesh.header(r.id, now, unix_ms) for r in REGIONS},
            cells={
                (p.id, r.id): self.mesh.cell(r.id, p.id, now, slots)
                for p in PLACES
                for r in REGIONS
            },
            sentences=self.sentences,
            watch=self.watch_line(),
            keys=self.keys.help(width),
            selected=self.keys.selected,
        )

    def draw(self, screen: Screen, now: float) -> None:
        width, height = screen.size()
        screen.show(self.table.draw(self.view(now, width), width, height))

    def last_picture(self, width: int) -> str:
        """The table as it was, to stay on the terminal after the end."""
        view = self.view(time.monotonic(), width)
        view.keys = view.watch = ""
        view.selected = None
        lines = [plain(line).rstrip() for line in self.table.draw(view, width, 1000)]
        return "\n".join(line for line, before in zip(lines, [""] + lines) if line or before)

    def _report_changes(self, states: dict[tuple[str, str], str], now: float) -> None:
        """Plain lines: one a change of state, and a short status now and then."""
        at = clock(now - self.began)
        steady = {path: state for path, state in states.items() if state == self._last.get(path)}
        self._last = states  # a state comes a moment before its RTT and cause
        for (location, region), state in steady.items():
            before = self._states.get((location, region), "unknown")
            if state != before:
                cell = self.mesh.cell(region, location, now)
                rtt = f" {cell.rtt_ms:.1f} ms" if cell.rtt_ms is not None else ""
                cause = f" ({cell.cause})" if cell.cause else ""
                print(f"{at} {location}-{region} {state}{rtt}{cause}, was {before}", flush=True)
        self._states.update(steady)
        for region in self.mesh.regions:
            header = self.mesh.header(region, now, time.time() * 1000)
            if header.state != self._region_states.get(region, "unknown"):
                print(f"{at} {region} is {header.state}: {header.scope}", flush=True)
            self._region_states[region] = header.state
        if now - self.began >= self._next_status:
            self._next_status += STATUS_EVERY_S
            print(f"{at} status: {self._status(states, now)}", flush=True)

    def _status(self, states: dict[tuple[str, str], str], now: float) -> str:
        parts = []
        for region in self.mesh.regions:
            good = sum(states[location, region] == "accessible" for location in self.mesh.locations)
            header = self.mesh.header(region, now, time.time() * 1000)
            parts.append(
                f"{region} {header.state} {good}/{len(self.mesh.locations)}"
                f" (from {header.source or 'nobody'})"
            )
        return ", ".join(parts)

    # Judging it.

    def unreached(self) -> list[str]:
        """A line for each path that never became accessible: what was said of it."""
        now = time.monotonic()
        lines = []
        for location in self.mesh.locations:
            for region in self.mesh.regions:
                if (location, region) in self.reached:
                    continue
                cell = self.mesh.cell(region, location, now)
                source = self.mesh.source_of(region, now)
                topics = f"{cell.state}{f' ({cell.cause})' if cell.cause else ''}"
                told = f"{topics} on broker {source.region}" if source else "no topic of it"
                agent = self.stage.agents[location].last_line(f"link to {region} ") or "nothing"
                lines.append(f"{location}-{region}: {told}; its agent said last: {agent}")
        if lines:
            for program in self.stage.aggregators.values():
                lines.append(f"{program.name} said last: {program.last_line() or 'nothing'}")
        return lines
