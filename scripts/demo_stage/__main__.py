"""The demo's director: `python3 scripts/demo_stage`, started by scripts/demo when all is built."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from director import Director
from mesh import Mesh
from places import PLACES, REGIONS
from processes import StageError
from screen import Screen, is_terminal
from stage import Stage, check_ports
from table import ASCII, UNICODE, Table
from text import Painter

WRONG_USAGE = 64
HIGHEST_BASE = 65535 - max(region.port_offset for region in REGIONS)


class Stopped(Exception):
    """A signal came while the stage was being set up."""


class Signals:
    """Remembers that one of the ending signals came; the loop looks, nothing is interrupted."""

    def __init__(self) -> None:
        self.came: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)
        signal.signal(signal.SIGWINCH, lambda *_: None)
        self.reader, writer = os.pipe()
        os.set_blocking(writer, False)
        os.set_blocking(self.reader, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.came = number

    def check(self) -> None:
        if self.came is not None:
            raise Stopped


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        print(f"demo: {message}", file=sys.stderr)
        sys.exit(WRONG_USAGE)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/demo", add_help=False, allow_abbrev=False)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--base-port", type=int, default=18830)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--check", action="store_true", help="options and ports only")
    options = parser.parse_args(argv)
    if options.seconds is not None and not 1 <= options.seconds <= 86400:
        parser.error(f"--seconds: must be 1 to 86400, got {options.seconds:g}")
    if not 1023 <= options.base_port <= HIGHEST_BASE:
        parser.error(f"--base-port: must be 1023 to {HIGHEST_BASE}, got {options.base_port}")
    return options


def perform(options: argparse.Namespace, signals: Signals, stage: Stage) -> int:
    """One run on a stage that is not set up yet; yields the exit status."""
    has_screen = is_terminal()
    takes_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    table = Table(UNICODE if takes_unicode and not options.ascii else ASCII)
    stage.start(lambda text: print(f"demo: {text}", flush=True), signals.check)
    if has_screen:
        with Screen(Painter("NO_COLOR" not in os.environ)) as screen:
            director = run(options, signals, stage, table, screen)
            width = screen.size()[0]
        print(director.last_picture(min(width, 120)), flush=True)
    else:
        director = run(options, signals, stage, table, None)
    return verdict(options, signals, director)


def run(options: argparse.Namespace, signals: Signals, stage: Stage, table: Table,
        screen: Screen | None) -> Director:
    director = Director(stage, stage.mesh, table, screen)
    director.run(options.seconds, lambda: signals.came is not None, signals.reader)
    return director


def verdict(options: argparse.Namespace, signals: Signals, director: Director) -> int:
    if director.failure:
        raise StageError(director.failure)
    if options.seconds is None:
        return 0
    if signals.came is not None:
        print("demo: stopped before its time", file=sys.stderr)
        return 128 + signals.came
    problems = director.unreached()
    paths = len(PLACES) * len(REGIONS)
    print(f"demo: {len(director.reached)} of {paths} paths became accessible"
          f" within {options.seconds:g} s", flush=True)
    for problem in problems + sorted(f"{name} ended unasked" for name in director.mourned):
        print(f"demo: {problem}", file=sys.stderr)
    return 1 if problems or director.mourned else 0


def main(argv: list[str]) -> int:
    options = parse(argv)
    root = Path(__file__).resolve().parent.parent.parent
    try:
        check_ports(options.base_port)
        if options.check:
            return 0
        signals = Signals()
        mesh = Mesh([region.id for region in REGIONS], [place.id for place in PLACES])
        stage = Stage(root, options.build.resolve(), options.base_port, mesh)
        try:
            return perform(options, signals, stage)
        except Stopped:
            return 128 + (signals.came or 0)
        finally:
            stage.close(options.keep)
            if options.keep:
                print(f"demo: settings and logs are in {stage.folder}", flush=True)
    except StageError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the lines has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
