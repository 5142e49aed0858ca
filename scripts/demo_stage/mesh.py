"""What the topics say: pure, fed with messages and the time, asked for cells and headers.

For each region one source (a broker with its aggregator) is read: the first that is alive and
knows most, other regions' brokers before the region's own. Nothing that a source has said counts
once its heartbeat is stale, retained or not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

ROOT = "echomesh/v1/"
# A source whose heartbeat (every 5 s) missed once is passed over where there is a better one, and
# is not used at all after 15 s.
LIVELY_S = 7.5
STALE_S = 15.0
# States expire on the broker after 90 s; a subscriber that is connected is not told.
KEPT_S = 95.0
MOST_SLOTS = 200

KNOWN_STATES = ("accessible", "slow", "inaccessible")


@dataclass
class Cell:
    """One path, as its source shows it."""

    state: str = "unknown"
    rtt_ms: float | None = None
    cause: str | None = None
    bar: list[str | None] = field(default_factory=list)


@dataclass
class Header:
    """One region, as its source shows it; without a source all is unknown."""

    source: str | None = None
    age_s: float = 0.0
    state: str = "unknown"
    scope: str = ""
    summary: dict[str, Any] = field(default_factory=dict)


class Source:
    """All that one broker's status topics have said, with when it was heard."""

    def __init__(self, region: str):
        self.region = region
        self.beat_at: float | None = None
        self.is_offline = False
        self.said: dict[str, tuple[float, Any]] = {}
        self.slots: dict[str, dict[int, dict[str, str]]] = {}

    def hear(self, topic: str, payload: str, is_retained: bool, now: float) -> None:
        if not topic.startswith(ROOT):
            return
        name = topic[len(ROOT) :]
        if name == "aggregator/heartbeat":
            if not is_retained:
                self.beat_at = now
        elif name == "aggregator/availability":
            self.is_offline = payload == "offline"
        elif name.startswith("region/"):
            self._hear_of_region(name[len("region/") :], payload, is_retained, now)

    def _hear_of_region(self, name: str, payload: str, is_retained: bool, now: float) -> None:
        if not payload:
            self.said.pop(name, None)
            return
        kind = name.rsplit("/", 1)[-1]
        if kind in ("state",):
            self.said[name] = (now, payload)
        elif kind in ("rtt_ms", "summary", "live"):
            try:
                document = json.loads(payload)
            except ValueError:
                return
            if kind == "live":
                if not is_retained and isinstance(document, dict):
                    self._keep_slot(name.split("/")[0], document)
            else:
                self.said[name] = (now, document)

    def _keep_slot(self, region: str, live: dict[str, Any]) -> None:
        slot, locations = live.get("slot"), live.get("locations")
        if not isinstance(slot, int) or not isinstance(locations, dict):
            return
        slots = self.slots.setdefault(region, {})
        slots[slot] = {
            location: str(entry[0])
            for location, entry in locations.items()
            if isinstance(entry, list) and entry
        }
        for old in sorted(slots)[:-MOST_SLOTS]:
            del slots[old]

    def get(self, name: str, now: float) -> Any:
        heard = self.said.get(name)
        return heard[1] if heard and now - heard[0] < KEPT_S else None

    def age_s(self, now: float) -> float:
        return float("inf") if self.beat_at is None else now - self.beat_at

    def is_alive(self, now: float) -> bool:
        return not self.is_offline and self.age_s(now) < STALE_S

    def forget_if_stale(self, now: float) -> None:
        if self.beat_at is not None and not self.is_alive(now):
            self.beat_at = None
            self.said.clear()

    def known(self, region: str, locations: Sequence[str], now: float) -> int:
        """Of how many locations it knows the state."""
        return sum(
            self.get(f"{region}/location/{location}/state", now) in KNOWN_STATES
            for location in locations
        )


class Mesh:
    """The sources together."""

    def __init__(self, regions: Sequence[str], locations: Sequence[str]):
        self.regions = list(regions)
        self.locations = list(locations)
        self.sources = {region: Source(region) for region in regions}

    def tick(self, now: float) -> None:
        for source in self.sources.values():
            source.forget_if_stale(now)

    def source_of(self, region: str, now: float) -> Source | None:
        alive = [source for source in self.sources.values() if source.is_alive(now)]
        ranked = sorted(  # a stable sort: among equals the first stays
            alive,
            key=lambda source: (
                source.age_s(now) > LIVELY_S,
                source.region == region,
                -source.known(region, self.locations, now),
            ),
        )
        return next((s for s in ranked if s.get(f"{region}/state", now) is not None), None)

    def header(self, region: str, now: float, unix_ms: float) -> Header:
        source = self.source_of(region, now)
        if source is None:
            return Header()
        header = Header(source.region, source.age_s(now))
        header.state = str(source.get(f"{region}/state", now))
        summary = source.get(f"{region}/summary", now)
        if isinstance(summary, dict) and (summary.get("valid_until_ms") or 0) > unix_ms:
            header.summary = summary
            header.scope = str(summary.get("scope") or "")
        return header

    def cell(self, region: str, location: str, now: float, slots: int = 0) -> Cell:
        cell = Cell(bar=self._bar(region, location, now, slots))
        source = self.source_of(region, now)
        if source is None:
            return cell
        path = f"{region}/location/{location}"
        # A broker that a path is frozen to hears nothing from there; what another knows counts.
        others = [s for s in self.sources.values() if s.is_alive(now) and s.age_s(now) < LIVELY_S]
        voices = [source, *others]
        knowing = (s for s in voices if s.get(f"{path}/state", now) in KNOWN_STATES)
        source = next(knowing, source)
        cell.state = str(source.get(f"{path}/state", now) or "unknown")
        rtt = source.get(f"{path}/rtt_ms", now)
        cell.rtt_ms = float(rtt) if isinstance(rtt, (int, float)) else None
        summary = source.get(f"{path}/summary", now)
        if isinstance(summary, dict) and summary.get("state") == cell.state:
            cell.cause = summary.get("cause")
        return cell

    def _bar(self, region: str, location: str, now: float, slots: int) -> list[str | None]:
        """The states of the latest slots, oldest first; None where no source spoke of the slot."""
        chosen = self.source_of(region, now)
        voices = sorted(self.sources.values(), key=lambda source: source is not chosen)
        told = [source.slots.get(region, {}) for source in voices]
        seen = [slot for source in voices for told_of in source.slots.values() for slot in told_of]
        if not seen or slots <= 0:
            return []
        latest = max(seen)
        bar: list[str | None] = []
        for slot in range(max(min(seen), latest - slots + 1), latest + 1):
            states = [s[slot].get(location) for s in told if slot in s]
            known = [state for state in states if state not in (None, "unknown")]
            bar.append(known[0] if known else next((s for s in states if s), None))
        return bar

    def states(self, now: float) -> dict[tuple[str, str], str]:
        """The state of every path by (location, region)."""
        return {
            (location, region): self.cell(region, location, now).state
            for location in self.locations
            for region in self.regions
        }
