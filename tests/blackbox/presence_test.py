#!/usr/bin/python3
"""An aggregator's presence: its will, its return to a broker that forgot or froze, its twin."""

import signal
import time
import unittest

from aggregator_mesh import SELF, AggregatorMesh
from fake_agent import miss
from mesh import wait_until
from watcher import Watcher

AVAILABILITY = "echomesh/v1/aggregator/availability"
HEARTBEAT = "echomesh/v1/aggregator/heartbeat"


class Presence(unittest.TestCase):
    def setUp(self):
        self.mesh = AggregatorMesh(self)
        self.watcher = self.mesh.watcher
        self.region = self.mesh.region()

    def test_kill_is_told_by_the_will_and_sigterm_too(self):
        mark = self.watcher.mark()
        self.mesh.aggregator.kill()
        self.watcher.wait_text(AVAILABILITY, "offline", 5, mark)
        self.assertEqual(self.mesh.retained()[AVAILABILITY].text, "offline")
        mark = self.watcher.mark()
        self.mesh.aggregator.start()
        self.watcher.wait_text(AVAILABILITY, "online", 10, mark)
        mark = self.watcher.mark()
        self.assertEqual(self.mesh.aggregator.stop(), 0)
        self.watcher.wait_text(AVAILABILITY, "offline", 5, mark)

    def test_all_is_published_again_to_a_broker_that_forgot_it(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        agent.report(slot, miss(self.region))
        self.mesh.wait_state(self.region, "tokyo", "inaccessible")
        self.watcher.wait(self.mesh.path(self.region, "tokyo", "timeline"), lambda m: True, 8)
        before = {topic for topic in self.mesh.retained() if not topic.endswith("rtt_24h")}
        self.mesh.broker.kill()
        self.mesh.broker.start()
        again = Watcher(self, self.mesh.broker.port, "echomesh/#")
        try:
            wait_until(lambda: before <= {m.topic for m in again.messages}, 15, "all topics again")
        except AssertionError:
            self.fail(f"not published again: {sorted(before - {m.topic for m in again.messages})}")
        timeline = again.last(self.mesh.path(self.region, "tokyo", "timeline")).json
        self.assertIn("i", timeline["bar"], "the history was kept")

    def test_the_later_started_of_two_stops_with_69(self):
        second = self.mesh.mesh.aggregator(self.mesh.broker, ["r1"], name="second",
                                           region_of_broker=SELF)
        self.assertEqual(second.wait(60), 69, second.log())
        self.assertTrue(second.log().strip(), "it says why")
        self.assertTrue(self.mesh.aggregator.running(), "the first goes on")
        mark = self.watcher.mark()
        self.watcher.wait(HEARTBEAT, lambda m: True, 8, mark)
        self.assertEqual(self.mesh.retained()[AVAILABILITY].text, "online")

    def test_a_frozen_broker_is_left_and_found_again(self):
        self.mesh.broker.send(signal.SIGSTOP)
        time.sleep(20)
        self.mesh.broker.send(signal.SIGCONT)
        mark = self.watcher.mark()
        self.watcher.wait(HEARTBEAT, lambda m: True, 15, mark)
        wait_until(lambda: self.mesh.retained()[AVAILABILITY].text == "online", 10, "online again")


if __name__ == "__main__":
    unittest.main(verbosity=2)
