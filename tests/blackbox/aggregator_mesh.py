"""One real aggregator on one broker, many regions, and agents that only speak by hand.

Each test takes a region of its own, so that they do not see each other.
"""

import itertools
import time

from fake_agent import FakeAgent
from mesh import Mesh, wait_until
from watcher import Watcher

SELF = "us"
REGIONS = [SELF] + [f"r{i}" for i in range(1, 40)]


class AggregatorMesh:
    def __init__(self, test, slot_s=5, settings=None, regions=None):
        self.test = test
        self.slot_ms = slot_s * 1000
        self.mesh = Mesh(test)
        self.broker = self.mesh.broker()
        self.watcher = Watcher(test, self.broker.port, "echomesh/#")
        self.regions = itertools.cycle((regions or REGIONS)[1:])
        self.aggregator = self.mesh.aggregator(
            self.broker, regions or REGIONS, region_of_broker=SELF, slot=f"{slot_s}s",
            **(settings or {}))
        self.watcher.wait_text("echomesh/v1/aggregator/availability", "online", 15)
        self.connected = time.monotonic()

    def wait_out_the_start(self):
        """Region verdicts are held back until limit plus two slots after the connect."""
        limit_and_two_slots = 3 * self.slot_ms / 1000
        time.sleep(max(0.0, self.connected + limit_and_two_slots + 0.5 - time.monotonic()))

    def region(self):
        return next(self.regions)

    def agent(self, location, limit_ms=None):
        return FakeAgent(location, self.watcher.publish, self.slot_ms, limit_ms or self.slot_ms)

    def agents(self, count):
        return [self.agent(f"place-{i:02}") for i in range(count)]

    def path(self, region, location, leaf):
        return f"echomesh/v1/region/{region}/location/{location}/{leaf}"

    def fresh_slot(self, part=0.4):
        """The current slot, with at least 1 - `part` of it left."""
        def found():
            now = time.time() * 1000
            return int(now) // self.slot_ms if now % self.slot_ms < part * self.slot_ms else None
        return wait_until(found, 2 * self.slot_ms / 1000, "a fresh slot")

    def wait_state(self, region, location, state, limit=6, since=0):
        return self.watcher.wait_text(self.path(region, location, "state"), state, limit, since)

    def wait_region(self, region, state, limit=6, since=0):
        return self.watcher.wait_text(f"echomesh/v1/region/{region}/state", state, limit, since)

    def retained(self):
        """What a client that comes now is given: topic -> message."""
        late = Watcher(self.test, self.broker.port, "echomesh/#")
        time.sleep(1.0)
        return {message.topic: message for message in late.messages if message.retained}
