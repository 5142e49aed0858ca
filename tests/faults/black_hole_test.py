#!/usr/bin/python3
"""One region's path swallows everything for 3, 10, 30 and 120 s: recorded as long as it was."""

import collections
import threading
import time
import unittest

import networks
from networks import Network, wait_until
from reports import Reports

HOLES_S = (3, 10, 30, 120)
AGENTS = 5  # a hole; each at a phase of its own
SLOT_S = 5
MARGIN_SLOTS = 2
WATCHED = "eu"
OTHER = "us"


def setUpModule():
    networks.require()


class BlackHole(unittest.TestCase):
    """Four namespaces of five agents; between each and eu a hole of another length, all at once.

    eu is reported to us, us to ap: what is told of us does not have to pass the hole.
    """

    @classmethod
    def setUpClass(cls):
        cls.network = network = Network(cls)
        cls.regions = {name: network.place(name, delay_ms=10 if name == WATCHED else None)
                       for name in (WATCHED, OTHER, "ap")}
        brokers = {name: network.broker(place) for name, place in cls.regions.items()}
        cls.reports = Reports(cls, brokers[OTHER], brokers["ap"])
        urls = {WATCHED: {"url": brokers[WATCHED].url, "report_to": [OTHER]},
                OTHER: {"url": brokers[OTHER].url, "report_to": ["ap"]},
                "ap": {"url": brokers["ap"].url, "report_to": [OTHER]}}
        cls.agents, cls.processes = {}, {}
        cls.vms = {hole: network.place(f"vm{hole}") for hole in HOLES_S}
        for hole, vm in cls.vms.items():
            cls.agents[hole] = [f"vm{hole}-{i}" for i in range(AGENTS)]
            for location in cls.agents[hole]:
                cls.processes[location] = network.agent(vm, location, urls, slot=f"{SLOT_S}s")
        everyone = [location for hole in HOLES_S for location in cls.agents[hole]]
        wait_until(lambda: all(cls.reports.first_ok(location, region)
                               for location in everyone for region in urls), 40,
                   lambda: "an echo of every path; " + cls.processes[everyone[0]].log()[-800:])
        cls.spans = {}
        cls.open_holes()
        # Recovery has two slots, then an echo and its report take up to two more.
        end = {hole: healed + (MARGIN_SLOTS + 2) * SLOT_S
               for hole, (_, healed) in cls.spans.items()}
        wait_until(lambda: all(max(cls.reports.outcomes(location, WATCHED)) * SLOT_S >= end[hole]
                               for hole in HOLES_S for location in cls.agents[hole]), 40,
                   "reports of the time after")

    @classmethod
    def open_holes(cls):
        def hole(seconds):
            pair = (cls.vms[seconds], cls.regions[WATCHED])
            opened = time.time()
            cls.network.black_hole(pair)
            time.sleep(seconds)
            cls.network.heal(pair)
            cls.spans[seconds] = (opened, time.time())
        holes = [threading.Thread(target=hole, args=(seconds,)) for seconds in HOLES_S]
        for each in holes:
            each.start()
        for each in holes:
            each.join()

    def outcomes_about(self, hole, location, region):
        """slot -> outcome from the hole's beginning until two slots after its end and more."""
        opened, healed = self.spans[hole]
        return {slot: word for slot, word in self.reports.outcomes(location, region).items()
                if opened - SLOT_S <= slot * SLOT_S <= healed + (MARGIN_SLOTS + 2) * SLOT_S}

    def test_is_recorded_as_long_as_it_was_give_or_take_two_slots(self):
        for hole in HOLES_S:
            opened, healed = self.spans[hole]
            length = (healed - opened) / SLOT_S
            misses, causes = [], collections.Counter()
            for location in self.agents[hole]:
                words = [word for word in self.outcomes_about(hole, location, WATCHED).values()
                         if word != "ok"]
                misses.append(len(words))
                causes.update(words)
            print(f"black hole {healed - opened:.1f} s ({length:.1f} slots): misses {misses}, "
                  f"{dict(causes)}")
            for location, count in zip(self.agents[hole], misses):
                self.assertLessEqual(abs(count - length), MARGIN_SLOTS, f"{hole} s, {location}")
            self.assertLessEqual(set(causes), {"miss: timeout", "miss: connect", "miss: lost"})

    def test_ends_within_two_slots_of_the_healing(self):
        for hole in HOLES_S:
            _, healed = self.spans[hole]
            first = [self.reports.first_ok(location, WATCHED, after=healed / SLOT_S - 1)
                     for location in self.agents[hole]]
            later = [f"{max(0.0, slot * SLOT_S - healed):.1f}" for slot in first]
            print(f"black hole {hole} s: first ok slot began so many s after the healing: {later}")
            for slot, location in zip(first, self.agents[hole]):
                self.assertLessEqual(slot * SLOT_S, healed + MARGIN_SLOTS * SLOT_S, location)
                after = [word for each, word in self.outcomes_about(hole, location, WATCHED).items()
                         if each > slot]
                self.assertEqual(set(after), {"ok"}, f"{location}: once well, it stays well")

    def test_the_other_region_is_accessible_meanwhile(self):
        for hole in HOLES_S:
            opened, healed = self.spans[hole]
            for location in self.agents[hole]:
                words = self.outcomes_about(hole, location, OTHER)
                self.assertEqual(set(words.values()), {"ok"}, f"{hole} s, {location}")
                self.assertGreaterEqual(len(words), (healed - opened) / SLOT_S, location)

    def test_no_slot_is_left_out(self):
        for hole in HOLES_S:
            for location in self.agents[hole]:
                slots = sorted(self.outcomes_about(hole, location, WATCHED))
                self.assertEqual(slots, list(range(slots[0], slots[0] + len(slots))), location)


if __name__ == "__main__":
    unittest.main(verbosity=2)
