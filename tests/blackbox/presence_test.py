#!/usr/bin/python3
"""An aggregator's presence: its will, its return to a broker that forgot or froze, its twin."""

import signal
import time
import unittest

from aggregator_mesh import SELF, AggregatorMesh
from fake_agent import hex_id, miss, ok
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

    def test_a_restart_finds_names_and_region_states_on_the_broker(self):
        agents = self.mesh.agents(4)
        for agent in agents:
            info = {"ts": "2026-01-01T00:00:00.000Z", "ts_ms": 1767225600000,
                    "valid_until_ms": int(time.time() * 1000) + 90_000, "location": agent.location,
                    "name": f"Name of {agent.location}", "area": None, "latitude": 1,
                    "longitude": 2, "version": "0.1.0", "epoch": agent.epoch, "run": hex_id(),
                    "started_ms": 1767225600000, "regions": [self.region], "spool_reports": 0,
                    "spool_dropped": 0, "loop_lag_max_ms": 0.1, "rss_bytes": 1, "clock_steps": 0,
                    "clock_error_ms": None}
            self.watcher.publish(f"echomesh/v1/agent/{agent.location}/info", info, retain=True)
        self.mesh.wait_out_the_start()
        topic = f"echomesh/v1/region/{self.region}/state"
        slot = self.mesh.fresh_slot()
        for agent in agents:
            agent.report(slot, ok(self.region))
        self.watcher.wait_text(topic, "operational", 4)
        time.sleep(0.5)  # its summary, by which a restart knows it, goes out with it
        mark = self.watcher.mark()
        self.mesh.aggregator.kill()
        self.mesh.aggregator.start()
        self.watcher.wait_text(AVAILABILITY, "online", 10, mark)
        slot = agents[0].slot()
        for agent in agents:
            agent.report(slot, ok(self.region))
        summary = self.watcher.wait(self.mesh.path(self.region, "place-00", "summary"),
                                    lambda m: True, 10, mark).json
        self.assertEqual(summary["name"], "Name of place-00")
        time.sleep(3)
        self.assertEqual({m.text for m in self.watcher.on(topic, mark)}, {"operational"},
                         "a region state under 60 s old stays as last published")

    def test_a_frozen_broker_is_left_and_found_again(self):
        self.mesh.broker.send(signal.SIGSTOP)
        time.sleep(20)
        self.mesh.broker.send(signal.SIGCONT)
        mark = self.watcher.mark()
        self.watcher.wait(HEARTBEAT, lambda m: True, 15, mark)
        wait_until(lambda: self.mesh.retained()[AVAILABILITY].text == "online", 10, "online again")


if __name__ == "__main__":
    unittest.main(verbosity=2)
