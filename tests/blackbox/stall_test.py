#!/usr/bin/python3
"""The agent's own trouble is not an outage: what it slept through is void, never a miss."""

import signal
import time
import unittest

from mesh import Mesh, wait_until
from watcher import Watcher

LOCATION = "london"
TOPIC = f"echomesh-report/v1/{LOCATION}"


class Stall(unittest.TestCase):
    def setUp(self):
        mesh = Mesh(self)
        eu, us = mesh.broker("eu"), mesh.broker("us")
        self.watcher = Watcher(self, us.port, "echomesh-report/#")
        self.probes = Watcher(self, eu.port, "echomesh-probe/#")
        self.agent = mesh.agent(LOCATION, {"eu": eu.url, "us": us.url}, slot="1s",
                                echo={"limit": "1s"})
        wait_until(lambda: sum("rtt_ms" in e for _, e in self.entries()) >= 3, 25, "three echoes")

    def entries(self, since=0):
        return [(m.json["slot"], entry) for m in self.watcher.on(TOPIC, since)
                for entry in m.json["echoes"]]

    def sleep(self, seconds):
        """Stops the agent; returns its entries by slot once it has gone on for three seconds."""
        first = int(time.time())
        mark = self.watcher.mark()
        self.agent.send(signal.SIGSTOP)
        time.sleep(seconds)
        self.agent.send(signal.SIGCONT)
        woke = int(time.time())
        wait_until(lambda: any(slot > woke + 2 for slot, _ in self.entries(mark)), 10,
                   "echoes after the stall")
        time.sleep(1.2)
        by_slot = {}
        for slot, entry in self.entries(mark):
            by_slot.setdefault(slot, []).append(entry)
        return first, woke, by_slot

    def test_slots_slept_through_are_void_stalled(self):
        first, woke, by_slot = self.sleep(6)
        for slot in range(first + 1, woke):
            self.assertEqual(by_slot.get(slot), [{"region": "eu", "void": "stalled"}], slot)
        for slot, entries in by_slot.items():
            self.assertEqual(len(entries), 1, f"{slot}: {entries}")
            self.assertNotIn("miss", entries[0], slot)
        for slot in range(woke + 1, max(by_slot)):
            self.assertIn("rtt_ms", by_slot[slot][0], slot)

    def test_a_stop_right_after_the_publish_is_no_miss(self):
        # The echo waits in the socket while the agent sleeps past the limit.
        missed = []
        for _ in range(6):
            mark = self.probes.mark()
            wait_until(lambda: len(self.probes.messages) > mark, 3, "an echo")  # noqa: B023
            _, _, by_slot = self.sleep(1.3)
            missed += [(slot, entry) for slot, entries in by_slot.items() for entry in entries
                       if "miss" in entry]
        self.assertEqual(missed, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
