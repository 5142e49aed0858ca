#!/usr/bin/python3
"""The agent's own network is cut, or all that it knows is gone: who can tell?"""

import socket
import time
import unittest

import networks
from networks import Network, wait_until
from reports import Reports
from watcher import Watcher

SLOT_S = LIMIT_S = 5
CUT_S = 13
AGENTS = 3  # a machine; each at a phase of its own
UNREACHABLE = "REJECT --reject-with icmp-host-unreachable"


def setUpModule():
    networks.require()


class Uplink(unittest.TestCase):
    """Machines of three agents each, all cut at once, each in its own way.

    silent       nothing passes; two witnesses: one that would answer RST, one that listens
    unplugged    the network device goes down
    unreachable  a router says that there is no way to any host
    alone        nothing passes; no witness
    dead         no region answers; a witness does
    one-region   nothing passes; one region, no witness
    """

    WITNESSED = ("silent", "unplugged", "unreachable")

    @classmethod
    def setUpClass(cls):
        cls.network = network = Network(cls)
        cls.regions = {name: network.place(name) for name in ("eu", "us")}
        brokers = {name: network.broker(place) for name, place in cls.regions.items()}
        cls.reports = Reports(cls, *brokers.values())
        cls.probes = []
        for name, place in cls.regions.items():
            with place.entered():
                cls.probes.append(Watcher(cls, brokers[name].port, "echomesh-probe/v1/+"))
        cls.start_agents({name: broker.url for name, broker in brokers.items()})
        cls.before = {(location, region): wait_until(
            lambda: cls.reports.first_ok(location, region), 40,  # noqa: B023
            lambda: f"an echo: {cls.processes[location].log()[-800:]}")  # noqa: B023
            for location in cls.processes for region in cls.regions_of(location)}
        cls.cut_and_heal()
        wait_until(lambda: all(cls.reports.first_ok(location, region, cls.healed / SLOT_S)
                               for location in cls.processes
                               for region in cls.regions_of(location)), 40, "reports of after")

    @classmethod
    def start_agents(cls, urls):
        rst, listening = (cls.network.place(name) for name in ("witness-rst", "witness"))
        with listening.entered():
            listener = socket.create_server((listening.address, 443))
        cls.addClassCleanup(listener.close)
        two = [f"tcp://{rst.address}:443", f"tcp://{listening.address}:443"]
        cls.vms, cls.processes = {}, {}
        for kind in (*cls.WITNESSED, "alone", "dead", "one-region"):
            vm = cls.vms[kind] = cls.network.place(kind)
            told = {} if kind in ("alone", "one-region") else {"witnesses": two}
            for i in range(AGENTS):
                location = f"{kind}-{i}"
                cls.processes[location] = cls.network.agent(
                    vm, location, {"eu": urls["eu"]} if kind == "one-region" else urls,
                    slot=f"{SLOT_S}s", echo={"limit": f"{LIMIT_S}s"}, **told)

    @classmethod
    def regions_of(cls, location):
        return ("eu",) if location.startswith("one-region") else ("eu", "us")

    @classmethod
    def cut_and_heal(cls):
        quiet = [(cls.vms[kind], None) for kind in ("silent", "alone", "one-region")]
        quiet += [(cls.vms["dead"], region) for region in cls.regions.values()]
        refused = (cls.vms["unreachable"], None)
        cls.begun = time.time()
        cls.network.black_hole(*quiet)
        cls.network.black_hole(refused, answer=UNREACHABLE)
        cls.vms["unplugged"].unplug()
        cls.cut = time.time()
        time.sleep(CUT_S)
        cls.heal_begun = time.time()
        cls.vms["unplugged"].plug()
        cls.network.heal(refused, answer=UNREACHABLE)
        cls.network.heal(*quiet)
        cls.healed = time.time()

    def phase(self, location, region):
        """When in a slot its echoes are due, in seconds."""
        watcher = self.probes[list(self.regions).index(region)]
        echoes = watcher.on(f"echomesh-probe/v1/{location}")
        return min(echo.json["ts_ms"] % (SLOT_S * 1000) for echo in echoes[1:]) / 1000

    def told(self, kind):
        """(location, region, word, whether its echo was due and overdue within the cut) of each
        slot that overlaps it."""
        for location in (f"{kind}-{i}" for i in range(AGENTS)):
            for region in self.regions_of(location):
                phase = self.phase(location, region)
                outcomes = self.reports.outcomes(location, region)
                first = int((self.begun - LIMIT_S - phase) // SLOT_S) + 1
                last = int((self.healed - phase) // SLOT_S)
                for slot in range(first, last + 1):
                    due = slot * SLOT_S + phase
                    is_within = self.cut <= due and due + LIMIT_S <= self.heal_begun
                    if slot >= self.before[location, region]:
                        yield location, region, outcomes.get(slot), is_within

    def expect(self, kind, wanted, at_the_edges):
        """All slots within the cut are `wanted`; those that it begins or ends in, one of these."""
        told = list(self.told(kind))
        within = [word for _, _, word, is_within in told if is_within]
        edges = [word for _, _, word, is_within in told if not is_within]
        print(f"{kind}: within the cut {tally(within)}, at its edges {tally(edges)}")
        self.assertGreaterEqual(len(within), AGENTS, "slots within the cut")
        for location, region, word, is_within in told:
            self.assertIn(word, {wanted} if is_within else at_the_edges, f"{location} {region}")

    def test_a_cut_uplink_is_blind_where_there_are_witnesses(self):
        for kind in self.WITNESSED:
            self.expect(kind, "void: blind", {"ok", "void: blind"})

    def test_a_cut_uplink_is_unwitnessed_where_only_other_regions_could_be_asked(self):
        self.expect("alone", "void: unwitnessed", {"ok", "void: unwitnessed"})

    def test_regions_that_are_gone_are_missed_where_a_witness_answers(self):
        for_a_region = {"miss: timeout", "miss: connect", "miss: lost"}
        told = list(self.told("dead"))
        within = [word for _, _, word, is_within in told if is_within]
        print(f"dead: within the cut {tally(within)}")
        self.assertGreaterEqual(len(within), AGENTS)
        self.assertLessEqual(set(within), for_a_region)
        self.assertLessEqual({word for _, _, word, _ in told}, for_a_region | {"ok"})

    def test_one_region_and_no_witness_is_a_miss(self):
        within = [word for _, _, word, is_within in self.told("one-region") if is_within]
        print(f"one-region: within the cut {tally(within)}")
        self.assertGreaterEqual(len(within), AGENTS)
        self.assertEqual({word.split(":")[0] for word in within}, {"miss"})

    def test_no_slot_is_left_out_and_reports_arrive_after_the_healing(self):
        for location in self.processes:
            for region in self.regions_of(location):
                slots = sorted(self.reports.outcomes(location, region))
                self.assertEqual(slots, list(range(slots[0], slots[0] + len(slots))),
                                 f"{location} {region}")


class Platform(unittest.TestCase):
    """Three places lose both regions at once, and no witness is left to ask."""

    PLACES = ("lisbon", "oslo", "rome")

    def test_what_nobody_could_witness_is_a_major_outage_when_half_the_world_tells_it(self):
        network = Network(self)
        regions = {name: network.place(name) for name in ("eu", "us")}
        brokers = {name: network.broker(place) for name, place in regions.items()}
        network.aggregator(brokers["us"], list(regions), region_of_broker="us")
        with regions["us"].entered():
            watcher = Watcher(self, brokers["us"].port, ["echomesh/#", "echomesh-report/#"])
        vms = {place: network.place(place) for place in self.PLACES}
        for place, vm in vms.items():
            network.agent(vm, place, {name: broker.url for name, broker in brokers.items()})
        state = "echomesh/v1/region/eu/state"
        watcher.wait_text(state, "operational", 60)

        mark = watcher.mark()
        ways = {name: [(vm, region) for vm in vms.values()] for name, region in regions.items()}
        network.black_hole(*ways["eu"], *ways["us"])
        # Each place's echo is due once within a slot, and overdue a limit later.
        time.sleep(2 * SLOT_S + LIMIT_S / 2)
        network.heal(*ways["us"])
        summary = watcher.wait(
            "echomesh/v1/region/eu/summary",
            lambda m: m.json["blind"] == len(self.PLACES), 20, mark).json
        shown = {key: summary[key]
                 for key in ("state", "judging", "inaccessible", "unknown", "blind")}
        print(f"the region that all lost: {shown}")
        self.assertEqual(shown, {"state": "major_outage", "judging": 0, "inaccessible": 0,
                                 "unknown": 3, "blind": 3})
        watcher.wait_text(state, "major_outage", 5, mark)
        for place in self.PLACES:
            timeline = watcher.wait(
                f"echomesh/v1/region/eu/location/{place}/timeline",
                lambda m: any(run[2:] == ["unknown", "unwitnessed"] for run in m.json["runs"]),
                20, mark)
            print(place, timeline.json["runs"][-3:])
        network.heal(*ways["eu"])
        watcher.wait_text(state, "operational", 30, watcher.mark())


def tally(words):
    return {word: words.count(word) for word in sorted(set(words), key=str)}


if __name__ == "__main__":
    unittest.main(verbosity=2)
