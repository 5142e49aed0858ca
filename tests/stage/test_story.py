"""The demo's story says what the topics say, or honestly that they say otherwise."""

from __future__ import annotations

import unittest

from fixture import beat, new_mesh, tell
from story import Story

GOOD = {"london": "accessible", "tokyo": "accessible"}


class Recorder:
    def __init__(self) -> None:
        self.deeds: list[str] = []

    def freeze(self, location: str, region: str) -> None:
        self.deeds.append(f"freeze {location}-{region}")

    def pause(self, location: str) -> None:
        self.deeds.append(f"pause {location}")

    def resume(self, location: str) -> None:
        self.deeds.append(f"resume {location}")

    def kill_broker(self, region: str) -> None:
        self.deeds.append(f"kill {region}")

    def heal(self) -> None:
        self.deeds.append("heal")


class StoryTest(unittest.TestCase):
    def setUp(self) -> None:
        self.mesh = new_mesh()
        self.stage = Recorder()
        self.said: list[str] = []
        self.story = Story(self.stage, self.mesh, self.said.append)
        self.story.start(0.0)

    def go_to(self, second: float, states: dict[str, str]) -> None:
        """A second at a time, with every region told as `states`, eu from us."""
        now = self.story.now
        while now < second:
            now += 1.0
            for broker, region in (("us", "eu"), ("ap", "us"), ("us", "ap")):
                beat(self.mesh, broker, now)
                tell(self.mesh, broker, region, states, now)
            self.story.tick(now)

    def test_it_tells_each_trouble_as_the_topics_show_it(self) -> None:
        self.go_to(25, GOOD)
        self.go_to(45, {**GOOD, "london": "inaccessible"})
        self.assertIn("london cannot reach eu; eu is operational: 1 of 2 places"
                      " (the topics say so after 6.0 s)", self.said)
        self.go_to(70, {"london": "accessible", "tokyo": "unknown"})
        self.assertIn("the observer in tokyo is ill: unknown, not counted; 1 of 2 judge eu"
                      " (the topics say so after 1.0 s)", self.said)
        self.go_to(83, {"london": "inaccessible", "tokyo": "inaccessible"})
        self.assertIn("eu is down, 2 of 2; you read this from us"
                      " (the topics say so after 1.0 s)", self.said)
        self.go_to(90, GOOD)
        self.assertIn("every path is accessible again (the topics say so after 1.0 s)", self.said)
        self.assertEqual(self.stage.deeds,
                         ["freeze london-eu", "pause tokyo", "resume tokyo", "kill eu", "heal"])
        self.assertFalse(self.story.is_running)

    def test_it_says_so_where_the_topics_show_something_else(self) -> None:
        self.go_to(46, GOOD)
        self.assertIn("after 25 s the topics say otherwise: eu is operational,"
                      " every path is accessible", self.said)

    def test_stopped_it_heals(self) -> None:
        self.go_to(30, GOOD)
        self.story.stop()
        self.assertEqual(self.stage.deeds[-1], "heal")
        self.assertFalse(self.story.is_running)


if __name__ == "__main__":
    unittest.main()
