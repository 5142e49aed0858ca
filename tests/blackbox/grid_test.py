#!/usr/bin/python3
"""An independent client watches the probe topics: the grid, its phase, the numbers."""

import collections
import json
import statistics
import time
import unittest

from mesh import Mesh, wait_until
from watcher import Watcher

FAST = ["amsterdam", "bogota", "cairo", "delhi", "essen", "fukuoka"]
DEFAULT = "lima"
WATCHED_SECONDS = 42
MEDIAN_LIMIT_MS = 3.0
ECHO_KEYS = ["location", "run", "n", "ts_ms"]


class Grid(unittest.TestCase):
    """Six agents at slots of 1 s and one at the default 5 s, each watching two regions."""

    @classmethod
    def setUpClass(cls):
        mesh = Mesh(cls)
        cls.mesh = mesh
        brokers = {"eu": mesh.broker("eu"), "us": mesh.broker("us")}
        regions = {region: broker.url for region, broker in brokers.items()}
        cls.watchers = {region: Watcher(cls, broker.port, "echomesh-probe/v1/+")
                        for region, broker in brokers.items()}
        cls.agents = {location: mesh.agent(location, regions, slot="1s", echo={"limit": "1s"})
                      for location in FAST}
        cls.agents[DEFAULT] = mesh.agent(DEFAULT, regions)
        wait_until(lambda: all(cls.echoes(r, at) for at in cls.agents for r in regions), 20,
                   lambda: "an echo of every path; "
                   + "".join(agent.log()[-500:] for agent in cls.agents.values()))
        time.sleep(WATCHED_SECONDS)

    @classmethod
    def echoes(cls, region, location):
        return cls.watchers[region].on(f"echomesh-probe/v1/{location}")

    def paths(self):
        for location in self.agents:
            slot_ms = 5000 if location == DEFAULT else 1000
            for region in self.watchers:
                # The first two may be late, published once the link was up.
                yield location, region, slot_ms, self.echoes(region, location)[2:]

    def test_payload(self):
        for location, region, _, echoes in self.paths():
            for echo in echoes:
                self.assertEqual(list(echo.json), ECHO_KEYS)
                self.assertEqual(echo.json["location"], location)
                self.assertRegex(echo.json["run"], "^[0-9a-f]{16}$")
                self.assertFalse(echo.retained, region)
                self.assertEqual(echo.text, json.dumps(echo.json, separators=(",", ":")))

    def test_only_the_first_echo_of_a_connection_is_qos_1(self):
        for location, region, _, echoes in self.paths():
            self.assertEqual({echo.qos for echo in echoes}, {0}, f"{location} {region}")

    def test_one_echo_a_slot_and_numbers_rise_by_one(self):
        for location, region, slot_ms, echoes in self.paths():
            place = f"{location} {region}"
            expected = WATCHED_SECONDS * 1000 // slot_ms
            self.assertGreaterEqual(len(echoes), expected - 3, place)
            per_slot = collections.Counter(int(echo.at_ms) // slot_ms for echo in echoes)
            self.assertEqual(set(per_slot.values()), {1}, place)
            self.assertEqual(sorted(per_slot), list(range(min(per_slot), max(per_slot) + 1)), place)
            numbers = [echo.json["n"] for echo in echoes]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))), place)

    def test_same_phase_in_each_slot_within_10_and_90_percent(self):
        for location, region, slot_ms, echoes in self.paths():
            place = f"{location} {region}"
            phases = [echo.at_ms % slot_ms for echo in echoes]
            middle = statistics.median(phases)
            deviation = statistics.median(abs(phase - middle) for phase in phases)
            print(f"{place}: phase {middle:.1f} ms of {slot_ms}, median deviation "
                  f"{deviation:.2f} ms, largest {max(abs(p - middle) for p in phases):.2f} ms")
            self.assertLess(deviation, MEDIAN_LIMIT_MS, place)
            self.assertGreaterEqual(middle, slot_ms * 0.1 - 1, place)
            self.assertLessEqual(middle, slot_ms * 0.9 + MEDIAN_LIMIT_MS, place)

    def test_both_regions_of_a_location_share_its_phase_and_locations_do_not(self):
        phases = {}
        for location, region, slot_ms, echoes in self.paths():
            middle = statistics.median(echo.at_ms % slot_ms for echo in echoes)
            phases.setdefault(location, {})[region] = middle
        for location, by_region in phases.items():
            self.assertLess(abs(by_region["eu"] - by_region["us"]), 2 * MEDIAN_LIMIT_MS, location)
        fast = sorted(phases[location]["eu"] for location in FAST)
        gaps = [after - before for before, after in zip(fast, fast[1:])]
        self.assertGreater(sum(gap > 2 * MEDIAN_LIMIT_MS for gap in gaps), len(gaps) - 2, fast)

    def test_ts_ms_is_the_time_of_the_publish(self):
        for location, region, _, echoes in self.paths():
            errors = [echo.at_ms - echo.json["ts_ms"] for echo in echoes]
            place = f"{location} {region}"
            self.assertLess(statistics.median(abs(error) for error in errors), 5, place)
            self.assertLess(max(abs(error) for error in errors), 250, place)

    def test_run_is_constant_and_a_restart_draws_a_new_one(self):
        for location, region, _, echoes in self.paths():
            self.assertEqual(len({echo.json["run"] for echo in echoes}), 1, location)
        runs = {location: self.echoes("eu", location)[-1].json["run"] for location in self.agents}
        self.assertEqual(len(set(runs.values())), len(runs), "runs are random")
        location = FAST[0]
        phase = statistics.median(e.at_ms % 1000 for e in self.echoes("eu", location)[2:])
        self.agents[location].kill()
        mark = self.watchers["eu"].mark()
        self.agents[location].start()
        topic = f"echomesh-probe/v1/{location}"
        wait_until(lambda: len(self.watchers["eu"].on(topic, mark)) >= 5, 12, "echoes after restart")
        again = self.watchers["eu"].on(topic, mark)
        self.assertNotEqual(again[-1].json["run"], runs[location])
        self.assertLess(abs(again[-1].at_ms % 1000 - phase), 50, "a restart keeps the phase")


if __name__ == "__main__":
    unittest.main(verbosity=2)
