#!/usr/bin/python3
"""5 s means 5 s: a relay holds echoes back, drops links and lets brokers die."""

import signal
import unittest

from mesh import Mesh, wait_until
from relay import Relay
from watcher import Watcher

TOLERANCE_MS = 60  # of a busy machine
LOCATION = "london"
TOPIC = f"echomesh-report/v1/{LOCATION}"


def entries(watcher, since=0, region="eu"):
    """(message, report, entry) of all that was reported about a region, in order."""
    return [(message, message.json, entry) for message in watcher.on(TOPIC, since)
            for entry in message.json["echoes"] if entry["region"] == region]


class Limit(unittest.TestCase):
    """One agent at the default 5 s watches eu through a relay, and reports to us."""

    def setUp(self):
        mesh = Mesh(self)
        self.broker = mesh.broker("eu")
        us = mesh.broker("us")
        self.relay = Relay(self, self.broker.port)
        self.watcher = Watcher(self, us.port, "echomesh-report/#")
        self.agent = mesh.agent(LOCATION, {"eu": self.relay.url, "us": us.url})
        self.wait_entry(lambda report, entry: "rtt_ms" in entry, 25)

    def wait_entry(self, is_wanted, limit, since=0):
        def found():
            return next((each for each in entries(self.watcher, since)
                         if is_wanted(each[1], each[2])), None)
        return wait_until(found, limit, lambda: f"entries: {[e for _, _, e in entries(self.watcher)]}"
                          f" log: {self.agent.log()[-600:]}")

    def next_number(self):
        return max(n for n, _, _ in self.relay.sent) + 1

    def slot_of(self, n):
        at = wait_until(lambda: self.relay.sent_at(n), 12, f"echo {n}")
        return int(at * 1000) // 5000, at

    def test_in_time_too_late_and_late(self):
        first = self.next_number()
        held = {first: 4.9, first + 1: 5.1, first + 2: None}
        self.relay.hold = lambda echo, _: held.get(echo["n"], 0.0)

        slot, _ = self.slot_of(first)
        _, _, entry = self.wait_entry(lambda report, _: report["slot"] == slot, 8)
        self.assertIn("rtt_ms", entry, "4.9 s is in time")
        self.assertAlmostEqual(entry["rtt_ms"], 4900, delta=TOLERANCE_MS)
        self.assertNotIn("resent", entry)

        slot, due = self.slot_of(first + 1)
        message, _, entry = self.wait_entry(lambda report, _: report["slot"] == slot, 8)
        self.assertEqual(entry, {"region": "eu", "miss": "timeout"})
        self.assertAlmostEqual((message.at - due) * 1000, 5000, delta=TOLERANCE_MS)
        _, report, entry = self.wait_entry(
            lambda report, entry: report["slot"] == slot and "late_ms" in entry, 8)
        self.assertAlmostEqual(entry["late_ms"], 5100, delta=TOLERANCE_MS)

        slot, due = self.slot_of(first + 2)
        message, _, entry = self.wait_entry(lambda report, _: report["slot"] == slot, 8)
        self.assertEqual(entry, {"region": "eu", "miss": "timeout"}, "never returned")
        self.assertAlmostEqual((message.at - due) * 1000, 5000, delta=TOLERANCE_MS)

        slot, due = self.slot_of(first + 3)
        message, _, entry = self.wait_entry(lambda report, _: report["slot"] == slot, 8)
        self.assertLess(entry["rtt_ms"], TOLERANCE_MS, "a missing echo does not delay the next")
        self.assertLess(message.at - due, 1.3)

        period = [self.relay.sent_at(first + i + 1) - self.relay.sent_at(first + i)
                  for i in range(3)]
        for seconds in period:
            self.assertAlmostEqual(seconds, 5.0, delta=0.05)

    def test_a_dropped_link_sends_the_echo_again(self):
        n = self.next_number()
        self.relay.hold = lambda echo, _: 2.0 if echo["n"] == n else 0.0
        slot, due = self.slot_of(n)
        self.relay.drop()
        _, _, entry = self.wait_entry(lambda report, _: report["slot"] == slot, 8)
        self.assertIn("rtt_ms", entry)
        self.assertIs(entry.get("resent"), True)
        self.assertEqual(list(entry), ["region", "rtt_ms", "resent"])
        copies = [(number, at, connection) for number, at, connection in self.relay.sent if number == n]
        self.assertEqual(len(copies), 2, "published again with the same number")
        self.assertNotEqual(copies[0][2], copies[1][2], "on a new connection")
        # The time runs from when it was due, so it holds the way to the second copy.
        self.assertGreaterEqual(entry["rtt_ms"], (copies[1][1] - due) * 1000 - TOLERANCE_MS)
        self.assertLess(entry["rtt_ms"], 5000)

    def test_a_dead_broker_loses_the_echo_in_flight(self):
        n = self.next_number()
        self.relay.hold = lambda echo, _: None if echo["n"] == n else 0.0
        slot, due = self.slot_of(n)
        self.relay.refusing = True
        self.broker.kill()
        self.relay.drop()
        message, _, entry = self.wait_entry(lambda report, _: report["slot"] == slot, 8)
        self.assertEqual(entry, {"region": "eu", "miss": "lost"})
        self.assertAlmostEqual((message.at - due) * 1000, 5000, delta=TOLERANCE_MS)

    def test_a_port_that_nobody_listens_on_is_connect(self):
        self.relay.close()
        mark = self.watcher.mark()
        _, _, entry = self.wait_entry(
            lambda report, entry: entry.get("miss") not in (None, "lost"), 20, mark)
        self.assertEqual(entry, {"region": "eu", "miss": "connect"})
        self.assertEqual(len({report["slot"] for _, report, _ in entries(self.watcher)}),
                         len(entries(self.watcher)), "one outcome a slot")

    def test_a_frozen_broker_is_timeout_and_its_return_heals(self):
        self.broker.send(signal.SIGSTOP)
        mark = self.watcher.mark()
        _, _, entry = self.wait_entry(lambda report, entry: "miss" in entry, 15, mark)
        self.assertEqual(entry["miss"], "timeout")
        self.broker.send(signal.SIGCONT)
        mark = self.watcher.mark()
        self.wait_entry(lambda report, entry: "rtt_ms" in entry, 15, mark)


class ForeignEchoes(unittest.TestCase):
    """Only its own echo counts."""

    def setUp(self):
        mesh = Mesh(self)
        self.eu, us = mesh.broker("eu"), mesh.broker("us")
        self.relay = Relay(self, self.eu.port)
        self.watcher = Watcher(self, us.port, "echomesh-report/#")
        self.forger = Watcher(self, self.eu.port, "echomesh-probe/#")
        self.start = lambda **more: mesh.agent(
            LOCATION, {"eu": self.relay.url, "us": us.url}, **more)

    def forge(self, payload, retain=False):
        self.forger.publish(f"echomesh-probe/v1/{LOCATION}", payload, qos=0, retain=retain)

    def test_forged_echoes_and_junk_count_for_nothing(self):
        self.relay.hold = lambda echo, _: 0.0 if "forged" in echo else None
        self.start(slot="2s", echo={"limit": "2s"})
        own = wait_until(lambda: self.forger.messages and self.forger.messages[-1], 20, "an echo").json
        for change in ({"run": "0123456789abcdef"}, {"n": own["n"] + 1000}, {"n": own["n"] - 1}):
            self.forge({**own, **change, "forged": True})
        for junk in ("", "{", "[]", "null", '{"n":1e999}', "[" * 5000, "\x00", "ok"):
            self.forge(junk)
        wait_until(lambda: len(entries(self.watcher)) >= 5, 30, "five outcomes")
        self.assertFalse([entry for _, _, entry in entries(self.watcher) if "rtt_ms" in entry])

    def test_a_retained_copy_of_an_echo_in_flight_counts_for_nothing(self):
        self.relay.hold = lambda echo, connection: (
            0.0 if connection > 1 and "forged" in echo else None)
        self.start()
        own = wait_until(lambda: self.forger.messages and self.forger.messages[-1], 20, "an echo")
        self.forge({**own.json, "forged": True}, retain=True)
        self.relay.drop()
        slot = int(own.at_ms) // 5000
        found = wait_until(lambda: [entry for _, report, entry in entries(self.watcher)
                                    if report["slot"] == slot], 30, "an outcome of that slot")
        self.assertGreater(self.relay.opened, 1)
        self.assertEqual([entry.get("miss") for entry in found], ["timeout"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
