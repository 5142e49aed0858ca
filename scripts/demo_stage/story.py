"""The demo's story: three troubles and a recovery, told from what the topics say of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from mesh import Header, Mesh

FREEZE_AT_S = 20.0
PAUSE_AT_S = 45.0
RESUME_AT_S = 66.0
KILL_AT_S = 70.0
DOWN_FOR_S = 12.0
PATIENCE_S = 25.0
HEALING_PATIENCE_S = 60.0

PLACE, REGION, ILL = "london", "eu", "tokyo"


class Troubles(Protocol):
    """What the story does to the stage."""

    def freeze(self, location: str, region: str) -> None: ...
    def pause(self, location: str) -> None: ...
    def resume(self, location: str) -> None: ...
    def kill_broker(self, region: str) -> None: ...
    def heal(self) -> None: ...


class Story:
    """Goes on by `tick`; says what it does, and what the topics make of it."""

    def __init__(self, stage: Troubles, mesh: Mesh, say: Callable[[str], None]):
        self.stage = stage
        self.mesh = mesh
        self.say = say
        self.now = 0.0
        self.began = 0.0
        self._plot: Iterator[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._plot is not None

    def start(self, now: float) -> None:
        self.began = self.now = now
        self._plot = self._tell()

    def stop(self) -> None:
        self._plot = None
        self.stage.heal()

    def tick(self, now: float) -> None:
        self.now = now
        if self._plot is not None and next(self._plot, StopIteration) is StopIteration:
            self._plot = None

    def _tell(self) -> Iterator[None]:
        yield from self._until(FREEZE_AT_S)
        self.stage.freeze(PLACE, REGION)
        self.say(f"the path {PLACE}-{REGION} freezes: every byte is held, nothing is closed")
        yield from self._shown(self._is_cut_off, self._tell_cut_off)

        yield from self._until(PAUSE_AT_S)
        self.stage.pause(ILL)
        self.say(f"the agent in {ILL} is paused (SIGSTOP)")
        yield from self._shown(self._is_ill, self._tell_ill)
        yield from self._until(RESUME_AT_S)
        self.stage.resume(ILL)
        self.say(f"the agent in {ILL} goes on")

        yield from self._until(KILL_AT_S)
        self.stage.kill_broker(REGION)
        self.say(f"the broker {REGION} is killed (kill -9)")
        yield from self._shown(self._is_down, self._tell_down)
        yield from self._until(self.now - self.began + DOWN_FOR_S)

        self.stage.heal()
        self.say(f"all heals: the broker {REGION} starts again, {PLACE}-{REGION} thaws")
        yield from self._shown(self._is_well, self._tell_well, HEALING_PATIENCE_S)
        self.say("that was the story; the keys do the same at will")

    def _until(self, seconds: float) -> Iterator[None]:
        while self.now - self.began < seconds:
            yield

    def _shown(
        self,
        has_come: Callable[[], bool],
        told: Callable[[], str],
        patience_s: float = PATIENCE_S,
    ) -> Iterator[None]:
        """Waits until the topics show it, and says so; else says what they show instead."""
        asked = self.now
        while not has_come():
            if self.now - asked > patience_s:
                self.say(f"after {patience_s:.0f} s the topics say otherwise: {self._instead()}")
                return
            yield
        self.say(f"{told()} (the topics say so after {self.now - asked:.1f} s)")

    # What the topics say.

    def _header(self, region: str = REGION) -> Header:
        return self.mesh.header(region, self.now, time.time() * 1000)

    def _state(self, location: str, region: str) -> str:
        return self.mesh.cell(region, location, self.now).state

    def _count(self, key: str) -> int:
        value = self._header().summary.get(key)
        return value if isinstance(value, int) else 0

    def _is_cut_off(self) -> bool:
        return self._state(PLACE, REGION) == "inaccessible" and self._count("inaccessible") > 0

    def _tell_cut_off(self) -> str:
        state = self._header().state.replace("_", " ")
        counts = f"{self._count('inaccessible')} of {self._count('locations')} places"
        return f"{PLACE} cannot reach {REGION}; {REGION} is {state}: {counts}"

    def _is_ill(self) -> bool:
        is_unknown = all(self._state(ILL, region) == "unknown" for region in self.mesh.regions)
        return is_unknown and self._count("judging") < self._count("locations")

    def _tell_ill(self) -> str:
        counts = f"{self._count('judging')} of {self._count('locations')} judge {REGION}"
        return f"the observer in {ILL} is ill: unknown, not counted; {counts}"

    def _is_down(self) -> bool:
        header = self._header()
        everyone = self._count("locations")
        return (
            header.state == "major_outage" and 0 < everyone == self._count("inaccessible")
        )

    def _tell_down(self) -> str:
        counts = f"{self._count('inaccessible')} of {self._count('locations')}"
        return f"{REGION} is down, {counts}; you read this from {self._header().source}"

    def _is_well(self) -> bool:
        states = self.mesh.states(self.now).values()
        is_reached = all(state == "accessible" for state in states)
        return is_reached and self._header().state == "operational"

    def _tell_well(self) -> str:
        return "every path is accessible again"

    def _instead(self) -> str:
        header = self._header()
        region = f"{REGION} is {header.state.replace('_', ' ')}"
        if header.source is None:
            return "no broker with a fresh heartbeat tells of it"
        others = [
            f"{location}-{region_id} {state}"
            for (location, region_id), state in self.mesh.states(self.now).items()
            if state != "accessible"
        ]
        shown = ", ".join(others[:4]) + (" and more" if len(others) > 4 else "")
        return f"{region}, {shown or 'every path is accessible'}"
