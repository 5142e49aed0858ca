"""What the viewer can do with keys: choose a path, and do to it what the story does."""

from __future__ import annotations

from collections.abc import Callable

from stage import Stage
from story import Story

ESCAPES = {
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1b[C": "right", b"\x1b[D": "left",
    b"\x1bOA": "up", b"\x1bOB": "down", b"\x1bOC": "right", b"\x1bOD": "left",
}


def keys_in(typed: bytes) -> list[str]:
    """Letters and arrows; what is not known is passed over."""
    keys: list[str] = []
    while typed:
        if typed[:3] in ESCAPES:
            keys.append(ESCAPES[typed[:3]])
            typed = typed[3:]
        else:
            if 32 <= typed[0] < 127 or typed[0] == 9:
                keys.append("tab" if typed[0] == 9 else chr(typed[0]).lower())
            typed = typed[1:]
    return keys


class Keys:
    """The chosen path, and the deeds."""

    def __init__(self, stage: Stage, story: Story, say: Callable[[str], None]):
        self.stage = stage
        self.story = story
        self.say = say
        self.row = 0
        self.column = 0
        self.wants_to_quit = False

    @property
    def location(self) -> str:
        return self.stage.mesh.locations[self.row]

    @property
    def region(self) -> str:
        return self.stage.mesh.regions[self.column]

    @property
    def selected(self) -> tuple[str, str]:
        return self.location, self.region

    def press(self, key: str, now: float) -> None:
        if key in ("up", "down", "left", "right", "tab"):
            self._choose(key)
        elif key == "f":
            self._freeze_or_thaw()
        elif key == "p":
            self._pause_or_resume()
        elif key == "k":
            self._kill_or_restart()
        elif key == "s":
            self._stop_or_start_story(now)
        elif key == "q":
            self.wants_to_quit = True

    def help(self, width: int = 80) -> str:
        freeze = "thaw" if self.selected in self.stage.frozen else "freeze"
        pause = "wake" if self.stage.is_paused(self.location) else "pause"
        kill = "start" if self.region in self.stage.dead else "kill"
        story = "skip story" if self.story.is_running else "story"
        path = f"{self.location}-{self.region}"
        full = (
            f"arrows choose: {path}   f {freeze} the path   p {pause} the agent"
            f"   k {kill} broker {self.region}   s {story}   q quit"
        )
        short = f"arrows {path}  f {freeze}  p {pause}  k {kill} broker  s {story}  q quit"
        return full if len(full) <= width else short

    def _choose(self, key: str) -> None:
        rows, columns = len(self.stage.mesh.locations), len(self.stage.mesh.regions)
        if key == "tab":
            step = self.row * columns + self.column + 1
            self.row, self.column = step // columns % rows, step % columns
        self.row = (self.row + {"up": -1, "down": 1}.get(key, 0)) % rows
        self.column = (self.column + {"left": -1, "right": 1}.get(key, 0)) % columns

    def _freeze_or_thaw(self) -> None:
        path = f"{self.location}-{self.region}"
        if self.selected in self.stage.frozen:
            self.stage.thaw(*self.selected)
            self.say(f"you thaw the path {path}")
        else:
            self.stage.freeze(*self.selected)
            self.say(f"you freeze the path {path}")

    def _pause_or_resume(self) -> None:
        if self.stage.is_paused(self.location):
            self.stage.resume(self.location)
            self.say(f"you let the agent in {self.location} go on")
        else:
            self.stage.pause(self.location)
            self.say(f"you pause the agent in {self.location} (SIGSTOP)")

    def _kill_or_restart(self) -> None:
        if self.region in self.stage.dead:
            self.stage.restart_broker(self.region)
            self.say(f"you start the broker {self.region} again")
        else:
            self.stage.kill_broker(self.region)
            self.say(f"you kill the broker {self.region} (kill -9)")

    def _stop_or_start_story(self, now: float) -> None:
        if self.story.is_running:
            self.story.stop()
            self.say("you end the story; all heals")
        else:
            self.story.start(now)
            self.say("the story begins: in 20 s a path freezes")
