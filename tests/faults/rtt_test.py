#!/usr/bin/python3
"""What an agent reports as round trip is what the way takes, quiet or busy, Nagle or not."""

import statistics
import threading
import time
import unittest

import networks
from baseline import Baseline
from networks import PORT, Network, wait_until
from reports import Reports
from watcher import Watcher

DELAYS_MS = (5, 40)  # each way
SLOT_S = 1
ECHOES = 25
TOLERANCE_MS = 0.3
FLOOD_PER_S = 1000
FLOOD_BYTES = 1000
RESTARTS = 12


def setUpModule():
    networks.require()


class RoundTrip(unittest.TestCase):
    """A machine by a line of so much each way from eu (whose broker may wait for acks: Nagle), and
    by cable from us, where reports go. An agent each of five phases."""

    AGENTS = 5

    @classmethod
    def setUpClass(cls):
        cls.network = network = Network(cls)
        cls.vm, cls.us = network.place("vm"), network.place("us")
        cls.eu = {}
        for nodelay in ("true", "false"):
            place = network.place(f"eu-{nodelay}", delay_ms=DELAYS_MS[0])
            network.broker(place, set_tcp_nodelay=nodelay)
            cls.eu[nodelay] = place
        us = network.broker(cls.us)
        cls.reports = Reports(cls, us)
        with cls.us.entered():
            cls.flooder = Watcher(cls, PORT, "echomesh/v1/agent/+/info")
        cls.urls = {"eu": cls.eu["true"].url, "nagle": cls.eu["false"].url,
                    "us": {"url": us.url, "report_to": ["us"]}}
        cls.urls["eu"] = {"url": cls.urls["eu"], "report_to": ["us"]}
        cls.urls["nagle"] = {"url": cls.urls["nagle"], "report_to": ["us"]}
        cls.locations = [f"place-{i}" for i in range(cls.AGENTS)]
        for location in cls.locations:
            network.agent(cls.vm, location, cls.urls, slot=f"{SLOT_S}s")
        wait_until(lambda: all(cls.reports.first_ok(location, region) for location in cls.locations
                               for region in cls.urls), 30, "an echo of every path")
        cls.baseline = Baseline(cls, cls.vm, cls.eu["true"])

    def set_delay(self, ms):
        for place in self.eu.values():
            place.wan.delay("both", ms)

    def rtts(self, region, since):
        """Sorted, of all agents, from slot `since` on; none of them sent twice."""
        taken = []
        for location in self.locations:
            for slot, entries in self.reports.entries(location, region).items():
                if slot >= since:
                    self.assertNotIn("resent", entries[0])
                    self.assertIn("rtt_ms", entries[0], f"{location} {region} {slot}")
                    taken.append(entries[0]["rtt_ms"])
        return sorted(taken)

    def measure(self, what, ms):
        """Medians of what was reported and of what the way takes, from the same seconds."""
        since = int(time.time() / SLOT_S) + 2
        time.sleep(max(0.0, since * SLOT_S - time.time()))
        plain = []
        while min(len(self.rtts(region, since)) for region in ("eu", "nagle")) < 2 * ECHOES:
            plain += self.baseline.rtts_ms(5, pause=0.1)
        plain = statistics.median(plain)
        for region in ("eu", "nagle"):
            rtts = self.rtts(region, since)
            median = statistics.median(rtts)
            print(f"{what}, {ms} ms each way, {region}: {len(rtts)} echoes, median {median:.3f} ms "
                  f"(minus the set delay {median - 2 * ms:+.3f}; plain TCP {plain:.3f}), "
                  f"least {rtts[0]:.3f}, largest {rtts[-1]:.3f}")
            self.assertLess(abs(median - plain), TOLERANCE_MS, f"{what} {region}")
            self.assertGreaterEqual(rtts[0], 2 * ms, "faster than the way")
            # A delayed acknowledgement would be 40 ms.
            self.assertLess(median, 2 * ms + 20, f"{what} {region}")

    def test_quiet(self):
        for ms in DELAYS_MS:
            self.set_delay(ms)
            self.measure("quiet", ms)

    def test_beside_a_busy_report_link(self):
        """Each agent's report link is handed a thousand messages a second that it must read."""
        over = threading.Event()
        topics = [f"echomesh-report/v1/{location}/ack" for location in self.locations]
        sent = [0]

        def flood():
            payload = b'{"junk":"' + b"x" * FLOOD_BYTES + b'"}'
            begun = time.monotonic()
            while not over.wait(0.02):
                while sent[0] < (time.monotonic() - begun) * FLOOD_PER_S:
                    for topic in topics:
                        self.flooder.client.publish(topic, payload, 0)
                    sent[0] += 1
        thread = threading.Thread(target=flood)
        thread.start()
        try:
            begun = time.monotonic()
            for ms in DELAYS_MS:
                self.set_delay(ms)
                self.measure("busy", ms)
            seconds = time.monotonic() - begun
        finally:
            over.set()
            thread.join()
        print(f"each agent was handed {sent[0] / seconds:.0f} messages a second meanwhile")
        self.assertGreater(sent[0] / seconds, FLOOD_PER_S / 3)

    def test_the_first_echo_of_a_connection_waits_for_no_delayed_acknowledgement(self):
        """It goes at QoS 1, so the broker has two packets to send: with Nagle the second waits
        until the first is acknowledged, which must not take the 40 ms that receivers may."""
        ms = DELAYS_MS[0]
        self.set_delay(ms)
        first = {"eu": [], "nagle": []}
        agents = []
        for i in range(RESTARTS):
            agents.append(self.network.agent(self.vm, f"fresh-{i}", self.urls, slot=f"{SLOT_S}s"))
        def known():
            for region, taken in first.items():
                taken[:] = []
                for i in range(RESTARTS):
                    found = sorted(self.reports.entries(f"fresh-{i}", region).items())
                    # The first that was not sent late, because the link came up within its slot.
                    fresh = [each[0] for _, each in found[:2] if "resent" not in each[0]]
                    if len(found) >= 2 and fresh:
                        taken.append(fresh[0]["rtt_ms"])
            return min(map(len, first.values())) >= RESTARTS
        wait_until(known, 30, lambda: f"first echoes: {first}")
        for agent in agents:
            agent.kill()
        plain = self.baseline.median_ms(20)
        for region, taken in first.items():
            print(f"first echo of a connection, {ms} ms each way, {region}: median "
                  f"{statistics.median(taken):.3f} ms, largest {max(taken):.3f} "
                  f"(plain TCP {plain:.3f})")
        self.assertLess(abs(statistics.median(first["eu"]) - plain), 2.0)
        # One way more than that is Nagle's own, and none of it the receiver's.
        self.assertLess(statistics.median(first["nagle"]), 2 * plain + 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
