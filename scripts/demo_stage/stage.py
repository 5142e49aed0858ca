"""All that the demo starts: brokers, delay line, aggregators, agents; what can be done to it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from delays import DelayLine
from feed import Feed, write_client_settings
from mesh import Mesh
from places import PLACES, REGIONS, Region
from processes import Program, StageError, end_all
from settings import agent_toml, aggregator_toml

# Debian keeps the broker where a user's PATH does not look.
PROGRAM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
BROKER_PATIENCE_S = 10.0


def find_program(name: str, package: str) -> str:
    found = shutil.which(name, path=PROGRAM_PATH)
    if not found:
        raise StageError(f"{name} is not there: install the package {package} (scripts/setup does)")
    return found


def check_ports(base_port: int) -> None:
    """All brokers' ports, before anything is started."""
    for region in REGIONS:
        port = base_port + region.port_offset
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise StageError(
                    f"port {port} on 127.0.0.1 (for broker {region.id}) cannot be used:"
                    f" {error.strerror}; end what listens there (ss -ltnp 'sport = :{port}')"
                    " or choose other ports with --base-port"
                ) from error


class Stage:
    """Owns the run directory and every process; `close` ends and removes them."""

    def __init__(self, root: Path, build: Path, base_port: int, mesh: Mesh):
        self.root = root
        self.build = build
        self.base_port = base_port
        self.mesh = mesh
        relay = self._built("tests", "delay-line")
        self.folder = Path(tempfile.mkdtemp(prefix="echomesh-"))
        self.brokers: dict[str, Program] = {}
        self.aggregators: dict[str, Program] = {}
        self.agents: dict[str, Program] = {}
        self.feeds: dict[str, Feed] = {}
        self.frozen: set[tuple[str, str]] = set()
        self.dead: set[str] = set()
        (self.folder / "logs").mkdir()
        self.delay_line = DelayLine(relay, self._log("delay-line"))

    def start(self, say: Callable[[str], None], check_signals: Callable[[], None]) -> None:
        mosquitto = find_program("mosquitto", "mosquitto")
        mosquitto_sub = find_program("mosquitto_sub", "mosquitto-clients")
        agent = self._built("agent", "echomesh-agent")
        aggregator = self._built("aggregator", "echomesh-aggregator")
        check_ports(self.base_port)
        ports = ", ".join(f"{r.id} {self.port_of(r)}" for r in REGIONS)
        say(f"starting three brokers on 127.0.0.1: {ports}")
        for region in REGIONS:
            self._start_broker(region, mosquitto)
        for region in REGIONS:
            self._await_broker(region, check_signals)
        self.delay_line.start(self.base_port)
        say(f"starting {len(REGIONS)} aggregators and {len(PLACES)} agents")
        for region in REGIONS:
            self._start_aggregator(region, aggregator)
            self._start_feed(region, mosquitto_sub)
        for place in PLACES:
            config = self._write(
                f"agent-{place.id}/agent.toml",
                agent_toml(
                    place,
                    {region.id: self.delay_line.ports[place.id, region.id] for region in REGIONS},
                    self.folder,
                    self._state_dir(f"agent-{place.id}"),
                ),
            )
            program = Program(
                f"agent {place.id}",
                [str(agent), "--config", str(config)],
                self._log(f"agent-{place.id}"),
                config,
            )
            self.agents[place.id] = program
            program.start()

    def _start_broker(self, region: Region, mosquitto: str) -> None:
        folder = self.folder / region.id
        locations = ",".join(place.id for place in PLACES)
        made = subprocess.run(
            [str(self.root / "scripts" / "broker-config"), "--dir", str(folder)]
            + ["--port", str(self.port_of(region)), "--bind", "127.0.0.1", "--agents", locations],
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            complaint = (made.stderr.strip() or made.stdout.strip()).splitlines()
            raise StageError(f"scripts/broker-config: {complaint[-1] if complaint else 'failed'}")
        config = folder / "mosquitto.conf"
        program = Program(
            f"broker {region.id}",
            [mosquitto, "-c", str(config)],
            self._log(f"broker-{region.id}"),
            config,
        )
        self.brokers[region.id] = program
        program.start()

    def _await_broker(self, region: Region, check_signals: Callable[[], None]) -> None:
        program = self.brokers[region.id]
        until = time.monotonic() + BROKER_PATIENCE_S
        while True:
            check_signals()
            if program.has_died():
                raise StageError(program.obituary())
            try:
                socket.create_connection(("127.0.0.1", self.port_of(region)), 0.5).close()
                return
            except OSError:
                if time.monotonic() > until:
                    raise StageError(
                        f"{program.name} does not listen after {BROKER_PATIENCE_S:g} s:"
                        f" {program.last_line()} (settings: {program.config})"
                    ) from None
            time.sleep(0.02)

    def _start_aggregator(self, region: Region, aggregator: Path) -> None:
        name = f"aggregator-{region.id}"
        config = self._write(
            f"{name}/aggregator.toml",
            aggregator_toml(
                region, self.port_of(region), self.folder / region.id, self._state_dir(name)
            ),
        )
        program = Program(
            f"aggregator {region.id}",
            [str(aggregator), "--config", str(config)],
            self._log(name),
            config,
        )
        self.aggregators[region.id] = program
        program.start()

    def _start_feed(self, region: Region, mosquitto_sub: str) -> None:
        folder = self.folder / region.id
        write_client_settings(
            folder, self.port_of(region), folder / "passwords" / "viewer.password"
        )
        self.feeds[region.id] = Feed(
            self.mesh.sources[region.id], mosquitto_sub, folder, self._log(f"feed-{region.id}")
        )

    # What can be done to it.

    def freeze(self, location: str, region: str) -> None:
        self.delay_line.freeze(location, region)
        self.frozen.add((location, region))

    def thaw(self, location: str, region: str) -> None:
        self.delay_line.thaw(location, region)
        self.frozen.discard((location, region))

    def pause(self, location: str) -> None:
        self.agents[location].pause()

    def resume(self, location: str) -> None:
        self.agents[location].resume()

    def is_paused(self, location: str) -> bool:
        return self.agents[location].is_paused

    def kill_broker(self, region: str) -> None:
        self.delay_line.refuse(region)
        self.brokers[region].kill()
        self.dead.add(region)

    def restart_broker(self, region: str) -> None:
        self.brokers[region].start()
        self.delay_line.accept(region)
        self.dead.discard(region)

    def heal(self) -> None:
        """Undoes all of it."""
        for region in list(self.dead):
            self.restart_broker(region)
        for location, region in list(self.frozen):
            self.thaw(location, region)
        for location, agent in self.agents.items():
            if agent.is_paused:
                self.resume(location)

    # What it is.

    def port_of(self, region: Region) -> int:
        return self.base_port + region.port_offset

    def clients(self) -> list[Program]:
        feeds = [feed.program for feed in self.feeds.values()]
        return [*self.agents.values(), *self.aggregators.values(), *feeds]

    def servers(self) -> list[Program]:
        return [*self.brokers.values(), self.delay_line.program]

    def dead_programs(self) -> list[Program]:
        """Who ended unasked; feeds are started again and do not count."""
        feeds = [feed.program for feed in self.feeds.values()]
        everyone = self.clients() + self.servers()
        return [p for p in everyone if p not in feeds and p.has_died()]

    def watch_line(self, region: str) -> str:
        """For another terminal: the same topics."""
        return f"XDG_CONFIG_HOME={self.folder / region} mosquitto_sub -v -t 'echomesh/#'"

    def close(self, keep: bool) -> None:
        end_all(self.clients())  # while there is still somebody to take leave of
        end_all(self.servers())
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _built(self, folder: str, name: str) -> Path:
        for candidate in (self.build / folder / name, self.build / folder / "support" / name):
            if candidate.is_file():
                return candidate
        raise StageError(f"{self.build / folder / name} is not built: run scripts/demo, or"
                         f" meson compile -C {self.build} {name}")

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def _state_dir(self, name: str) -> Path:
        path = self.folder / name / "state"
        path.mkdir(parents=True)
        return path
