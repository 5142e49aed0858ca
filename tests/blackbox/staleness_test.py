#!/usr/bin/python3
"""What is not heard of any more is unknown, and nothing is judged too early."""

import time
import unittest

from aggregator_mesh import AggregatorMesh
from fake_agent import ok

AVAILABILITY = "echomesh/v1/aggregator/availability"


class Time(unittest.TestCase):
    """At slots of 1 s: what was not heard of for more than three slots is unknown."""

    def setUp(self):
        self.mesh = AggregatorMesh(self, slot_s=1)
        self.region = self.mesh.region()

    def test_staleness(self):
        agent = self.mesh.agent("tokyo")
        slot = self.mesh.fresh_slot(0.3)
        agent.report(slot, ok(self.region, 20))
        self.mesh.wait_state(self.region, "tokyo", "accessible", 2)
        unknown = self.mesh.wait_state(self.region, "tokyo", "unknown", 8,
                                       self.mesh.watcher.mark())
        # Slot + 3 is still in time, slot + 4 is not.
        self.assertAlmostEqual(unknown.at - (slot + 4), 0, delta=0.35)
        summary = self.mesh.watcher.wait(
            self.mesh.path(self.region, "tokyo", "summary"),
            lambda m: m.json["state"] == "unknown" and m.at > unknown.at - 0.5, 8).json
        self.assertIsNone(summary["rtt_ms"])
        self.mesh.watcher.wait(self.mesh.path(self.region, "tokyo", "rtt_ms"),
                               lambda m: m.text == "null" and m.at > unknown.at - 0.5, 8)

    def test_a_longer_limit_gives_more_time(self):
        # limit 5 s at slots of 1 s: 2 + 5 slots.
        agent = self.mesh.agent("tokyo", limit_ms=5000)
        slot = self.mesh.fresh_slot(0.3)
        agent.report(slot, ok(self.region, 20))
        unknown = self.mesh.wait_state(self.region, "tokyo", "unknown", 12,
                                       self.mesh.watcher.mark())
        self.assertAlmostEqual(unknown.at - (slot + 8), 0, delta=0.35)

    def test_region_states_wait_until_limit_plus_two_slots_after_the_connect(self):
        mesh, region = self.mesh, self.mesh.region()
        agents = mesh.agents(4)
        mesh.watcher.wait_text(f"echomesh/v1/region/{region}/state", "unknown", 3)
        end = time.monotonic() + 8
        slot = None
        while time.monotonic() < end and not mesh.watcher.on(
                f"echomesh/v1/region/{region}/state")[-1].text == "operational":
            if agents[0].slot() != slot:
                slot = agents[0].slot()
                for agent in agents:
                    agent.report(slot, ok(region, 20))
            time.sleep(0.05)
        state = mesh.wait_region(region, "operational", 1)
        online = mesh.watcher.wait_text(AVAILABILITY, "online", 1)
        self.assertGreaterEqual(state.at - online.at, 2.9)
        self.assertLess(state.at - online.at, 5.5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
