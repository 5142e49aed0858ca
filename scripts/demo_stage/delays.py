"""The network of the demo: the `delay-line` program, one listener for each path."""

from __future__ import annotations

from pathlib import Path

from places import PLACES, REGIONS, Place, Region, simulated_rtt_ms
from processes import Program, StageError


def listener_of(location: str, region: str) -> str:
    return f"{location}-{region}"


class DelayLine:
    """Each path has its own port and its own delay, and can be frozen alone."""

    def __init__(self, program: Path, log: Path):
        self.program = Program("delay-line", [str(program)], log)
        self.ports: dict[tuple[str, str], int] = {}

    def start(self, base_port: int) -> None:
        self.program.start(talks=True)
        for place in PLACES:
            for region in REGIONS:
                self._open(place, region, base_port + region.port_offset)

    def _open(self, place: Place, region: Region, broker_port: int) -> None:
        name = listener_of(place.id, region.id)
        answer = self._tell(f"listen {name} 0 {broker_port}")
        self.ports[place.id, region.id] = int(answer.split()[-1])
        self._tell(f"delay {name} {simulated_rtt_ms(place, region) / 2:.4f}")

    def freeze(self, location: str, region: str) -> None:
        self._tell(f"freeze {listener_of(location, region)}")

    def thaw(self, location: str, region: str) -> None:
        self._tell(f"thaw {listener_of(location, region)}")

    def refuse(self, region: str) -> None:
        """A host without a broker answers with RST; so does the way to it."""
        for place in PLACES:
            self._tell(f"refuse {listener_of(place.id, region)}")

    def accept(self, region: str) -> None:
        for place in PLACES:
            self._tell(f"accept {listener_of(place.id, region)}")

    def _tell(self, command: str) -> str:
        answer = self.program.ask(command)
        if not answer.startswith("ok"):
            raise StageError(f"delay-line: {command}: {answer}")
        return answer
