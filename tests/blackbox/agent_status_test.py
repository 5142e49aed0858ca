#!/usr/bin/python3
"""An agent's own topics on every broker it reports to: availability that cannot stay wrong, and
info by the clock."""

import signal
import time
import unittest

from mesh import Mesh, wait_until
from watcher import Watcher

PERIOD = 30.0
VALIDITY_MS = 90_000
TOLERANCE = 0.7  # of a busy machine, for one publication
SOON = 3.0  # a repair, or what follows a reconnect
NAMES = ("eu", "us", "ap")


def availability(location):
    return f"echomesh/v1/agent/{location}/availability"


def info(location):
    return f"echomesh/v1/agent/{location}/info"


class Status(unittest.TestCase):
    """london is left in peace for its clock to be watched; the others have brokers of their own."""

    @classmethod
    def setUpClass(cls):
        cls.mesh = Mesh(cls)
        cls.brokers = {name: cls.mesh.broker(name) for name in NAMES}
        cls.watchers = {name: Watcher(cls, broker.port, "echomesh/v1/agent/#")
                        for name, broker in cls.brokers.items()}
        urls = {name: broker.url for name, broker in cls.brokers.items()}
        cls.london = cls.mesh.agent("london", urls)
        cls.begun = time.monotonic()

    def setUp(self):
        self.near, self.far = self.mesh.broker("near"), self.mesh.broker("far")
        self.watcher = Watcher(self, self.near.port, "echomesh/v1/agent/#")
        self.regions = {"near": self.near.url, "far": self.far.url}
        self.addCleanup(self.near.end)
        self.addCleanup(self.far.end)

    def agent(self, location, **more):
        agent = self.mesh.agent(location, self.regions, **more)
        self.addCleanup(agent.end)
        self.watcher.wait_text(availability(location), "online", 10)
        return agent

    def test_a_stale_offline_is_answered_with_online(self):
        self.agent("paris")
        topic = availability("paris")
        for stale in ("offline", "", "offline"):
            mark = self.watcher.mark()
            self.watcher.publish(topic, stale, retain=True)
            self.watcher.wait_text(topic, "online", SOON, mark)
        mark = self.watcher.mark()
        self.watcher.publish(topic, "online", retain=True)
        time.sleep(1.5)
        self.assertEqual(len(self.watcher.on(topic, mark)), 1, "online needs no answer")
        late = Watcher(self, self.near.port, topic)
        found = late.wait_text(topic, "online", 5)
        self.assertTrue(found.retained)
        self.assertIsNone(found.expiry, "availability does not expire")

    def test_a_twin_that_dies_leaves_online_behind(self):
        self.agent("rome")
        twin = self.mesh.agent("rome", self.regions, file="agent-twin",
                               state_dir=str(self.mesh.folder / "state-twin"))
        self.addCleanup(twin.end)
        topic = availability("rome")
        wait_until(lambda: len({m.json["run"] for m in self.watcher.on(info("rome"))}) == 2, 10,
                   "infos of both")
        mark = self.watcher.mark()
        twin.kill()
        self.watcher.wait_text(topic, "offline", 5, mark)
        self.watcher.wait_text(topic, "online", SOON, mark)

    def test_killed_it_is_offline_and_stopped_too(self):
        agent = self.agent("oslo")
        for end in (agent.kill, agent.stop):
            mark = self.watcher.mark()
            end()
            self.watcher.wait_text(availability("oslo"), "offline", 5, mark)
            agent.start()
            mark = self.watcher.mark()
            self.watcher.wait_text(availability("oslo"), "online", 10, mark)

    def test_after_a_reconnect_all_is_said_again_at_once(self):
        self.agent("cairo")
        self.watcher.wait(info("cairo"), lambda m: True, 5)
        self.near.kill()
        self.near.start()  # it has forgotten everything
        again = Watcher(self, self.near.port, "echomesh/v1/agent/cairo/#")
        back = again.wait_text(availability("cairo"), "online", 10)
        told = again.wait(info("cairo"), lambda m: True, 10)
        self.assertLess(abs(told.at - back.at), 1.0)
        self.assertLess(abs(told.json["ts_ms"] / 1000 - told.at), 1.0, "fresh, not of before")

    def test_after_a_stall_info_is_said_soon(self):
        agent = self.agent("lima")
        first = self.watcher.wait(info("lima"), lambda m: True, 5)
        wait_until(lambda: time.time() > first.at + PERIOD - 3, PERIOD, "the next one nearly due")
        agent.send(signal.SIGSTOP)
        time.sleep(5)
        mark = self.watcher.mark()
        agent.send(signal.SIGCONT)
        told = self.watcher.wait(info("lima"), lambda m: True, SOON, mark)
        self.assertGreater(told.json["ts_ms"] / 1000, first.at + PERIOD)

    def test_info_goes_to_every_report_broker_by_the_clock(self):
        left = self.begun + 2 * PERIOD + 4 - time.monotonic()
        for watcher in self.watchers.values():
            wait_until(lambda: len(watcher.on(info("london"))) >= 3, max(5, left),  # noqa: B023
                       lambda: f"three infos; {self.london.log()}")
        for name, watcher in self.watchers.items():
            told = watcher.on(info("london"))
            gaps = [after.at - before.at for before, after in zip(told, told[1:])]
            print(f"{name}: infos after {[round(gap, 3) for gap in gaps]} s")
            for gap in gaps:
                self.assertAlmostEqual(gap, PERIOD, delta=TOLERANCE, msg=name)
            for message in told:
                document = message.json
                self.assertEqual(message.qos, 1)
                self.assertEqual(list(document)[:4], ["ts", "ts_ms", "valid_until_ms", "location"])
                self.assertEqual(document["valid_until_ms"] - document["ts_ms"], VALIDITY_MS)
                self.assertIn(message.expiry, (VALIDITY_MS // 1000 - 1, VALIDITY_MS // 1000))
                self.assertLess(abs(document["ts_ms"] / 1000 - message.at), 1.0)
                self.assertEqual(document["regions"], list(NAMES))
            late = Watcher(self, self.brokers[name].port, info("london"))
            found = late.wait(info("london"), lambda m: True, 5)
            self.assertTrue(found.retained)
            self.assertLessEqual(found.expiry, VALIDITY_MS // 1000)

    def test_nobody_answers_himself_without_end(self):
        for name, watcher in self.watchers.items():
            told = [m.text for m in watcher.on(availability("london"))]
            self.assertLessEqual(len(told), 2, name)
            self.assertEqual(set(told), {"online"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
