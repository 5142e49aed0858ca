#!/usr/bin/python3
"""100 random stops of real agents: no miss, no bent RTT, and all that was slept through is void.

--seed=N (or ECHOMESH_SEED) repeats a run as far as the machine allows.
"""

import collections
import os
import random
import signal
import statistics
import sys
import threading
import time
import unittest
from dataclasses import dataclass, field

from delay_line import DelayLine
from mesh import Mesh, wait_until
from packet_tap import PacketTap, why_not
from stop_model import OK, VOID, Stop, in_flight, is_slept_through, is_touched, verdict
from watcher import Watcher

SEED = next((int(a.partition("=")[2]) for a in sys.argv if a.startswith("--seed=")),
            int(os.environ.get("ECHOMESH_SEED", random.SystemRandom().randrange(10 ** 6))))
AGENTS_A_WIDTH = 10
STOPS = 5
SHORTEST, LONGEST = 0.3, 12.0
RTT_MS = {"near": 1.0, "far": 80.0}
WRONG_MS = 5.0
CLOSE_MS = 0.3  # at the median, to what passed on the wire
WIDTHS = (1, 5)  # of the slot and the limit, in seconds


@dataclass
class Stopped:
    """One agent and what is done to it."""
    location: str
    width: int
    process: object
    random: random.Random
    stops: list = field(default_factory=list)
    phase: float = 0.0
    log: list = field(default_factory=list)

    def torment(self):
        for number in range(STOPS):
            time.sleep(self.random.uniform(0.5, 4.0))
            if number % 2:  # while the far echo is under way
                now = time.time()
                due = (now // self.width + 1) * self.width + self.phase
                time.sleep(due - now + self.random.uniform(0.0, RTT_MS["far"] / 1000))
            seconds = self.random.uniform(SHORTEST, LONGEST)
            begun = time.time()
            self.process.send(signal.SIGSTOP)
            time.sleep(seconds)
            self.process.send(signal.SIGCONT)
            self.stops.append(Stop(begun, time.time()))


@dataclass
class Told:
    slot: int
    run: str
    due: float
    entry: dict


class RandomStops(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        dice = random.Random(SEED)
        cls.mesh = Mesh(cls)
        brokers = {name: cls.mesh.broker(name) for name in RTT_MS}
        home = cls.mesh.broker("home")
        line = cls.mesh.run(DelayLine(cls.mesh.folder))
        urls = {name: line.to(name, brokers[name].port, rtt) for name, rtt in RTT_MS.items()}
        cls.tap = None
        if why_not() is None:
            cls.tap = PacketTap(cls, [url.rpartition(":")[2] for url in urls.values()])
        cls.watcher = Watcher(cls, home.port, "echomesh-report/#")
        cls.probes = Watcher(cls, brokers["near"].port, "echomesh-probe/#")
        regions = {**{name: {"url": url, "report_to": ["home"]} for name, url in urls.items()},
                   "home": {"url": home.url, "report_to": ["home"]}}

        def agent(location, width):
            process = cls.mesh.agent(location, regions, slot=f"{width}s",
                                     echo={"limit": f"{width}s"})
            return Stopped(location, width, process, random.Random(dice.randrange(10 ** 9)))
        cls.stopped = [agent(f"place-{width}-{i}", width) for width in WIDTHS
                       for i in range(AGENTS_A_WIDTH)]
        cls.controls = [agent(f"control-{width}-{i}", width) for width in WIDTHS for i in range(3)]
        cls.everyone = cls.stopped + cls.controls
        wait_until(lambda: all(len(cls.echoes(a)) >= (3 if a.width == 1 else 2)
                               for a in cls.everyone), 40, "echoes of everyone")
        for each in cls.everyone:
            each.phase = min(m.json["ts_ms"] / 1000 % each.width for m in cls.echoes(each)[1:])
        cls.begun = time.time() + 1
        threads = [threading.Thread(target=each.torment, daemon=True) for each in cls.stopped]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        last = int(time.time()) + 1
        wait_until(lambda: all(cls.reported_to(each) > last for each in cls.everyone), 40,
                   "reports of everyone after the last stop")
        cls.ended = last - max(WIDTHS)
        if cls.tap:
            cls.tap.end()
        cls.told = {(each.location, region): cls.of(each, region)
                    for each in cls.everyone for region in RTT_MS}

    @classmethod
    def echoes(cls, each):
        return cls.probes.on(f"echomesh-probe/v1/{each.location}")

    @classmethod
    def reported_to(cls, each):
        """The end of the latest slot that all is known of, in Unix seconds."""
        reports = cls.watcher.on(f"echomesh-report/v1/{each.location}")
        return max((m.json["slot"] * each.width for m in reports), default=0)

    @classmethod
    def of(cls, each, region):
        told = []
        for message in cls.watcher.on(f"echomesh-report/v1/{each.location}"):
            due = message.json["slot"] * each.width + each.phase
            if cls.begun <= due <= cls.ended:
                told += [Told(message.json["slot"], message.json["run"], due, entry)
                         for entry in message.json["echoes"] if entry["region"] == region]
        return told

    def all_told(self):
        for each in self.stopped:
            for region, rtt_ms in RTT_MS.items():
                for told in self.told[each.location, region]:
                    yield each, region, rtt_ms / 1000, told

    def context(self, each, told):
        stops = [f"{s.begun - told.due:+.3f} to {s.ended - told.due:+.3f}" for s in each.stops]
        return f"{each.location} slot {told.slot}: {told.entry}; stops from its due: {stops}"

    def test_no_miss_and_no_late_echo(self):
        wrong = [self.context(each, told) for each, _, _, told in self.all_told()
                 if "miss" in told.entry or "late_ms" in told.entry]
        self.assertEqual(wrong, [])

    def test_every_slot_is_told_exactly_once(self):
        for each in self.everyone:
            for region in RTT_MS:
                slots = sorted(told.slot for told in self.told[each.location, region])
                self.assertGreater(len(slots), 20 / each.width)
                self.assertEqual(slots, list(range(slots[0], slots[0] + len(slots))),
                                 f"{each.location} {region}")

    def test_every_slot_is_what_the_model_says(self):
        counts = collections.Counter()
        wrong = []
        for each, _, rtt, told in self.all_told():
            expected = verdict(told.due, rtt, each.stops)
            is_void = told.entry.get("void") == "stalled"
            counts[expected, VOID if is_void else OK] += 1
            is_ok = "rtt_ms" in told.entry
            if (expected == VOID and not is_void) or (expected == OK and not is_ok):
                wrong.append(f"expected {expected}: {self.context(each, told)}")
            if "void" in told.entry and not is_void:
                wrong.append(self.context(each, told))
        print("model, agent:", {f"{m} {a}": n for (m, a), n in sorted(counts.items())},
              f"stops: {sum(len(each.stops) for each in self.stopped)}")
        self.assertEqual(wrong, [])
        self.assertGreater(counts[VOID, VOID], 100)
        self.assertGreater(counts[OK, OK], 200)
        self.assertEqual(sum(len(each.stops) for each in self.stopped),
                         len(WIDTHS) * AGENTS_A_WIDTH * STOPS)

    def test_what_was_slept_through_is_void_stalled(self):
        slept = 0
        for each, region, _, told in self.all_told():
            if is_slept_through(told.due, each.width, each.stops):
                slept += 1
                self.assertEqual(told.entry, {"region": region, "void": "stalled"},
                                 self.context(each, told))
        print(f"slots slept through: {slept}")
        self.assertGreater(slept, 50)

    def true_times(self, each, region):
        """Slot -> seconds that its echo was under way, by the kernel's times on the wire."""
        told = [t for t in self.told[each.location, region] if "rtt_ms" in t.entry]
        keys = [key for key in self.tap.sent if key[0] == each.location]
        # Numbers rise with the slots, those slept through included; each path has its own.
        ahead = collections.Counter(
            key[2] - int((self.tap.sent[key] - each.phase + 0.01) // each.width) for key in keys
            if abs((self.tap.rtt(key) or 0) - RTT_MS[region] / 1000) < 0.02)
        first = ahead.most_common(1)[0][0]
        return {t.slot: self.tap.rtt((each.location, t.run, t.slot + first)) for t in told}

    def errors(self, each, region):
        """(told, by how many ms its RTT is longer than the truth) of all that is to be right."""
        times = self.true_times(each, region)
        for told in self.told[each.location, region]:
            if "rtt_ms" in told.entry and "resent" not in told.entry:
                self.assertIsNotNone(times[told.slot], self.context(each, told))
                yield told, told.entry["rtt_ms"] - times[told.slot] * 1000

    def test_no_rtt_is_bent_by_a_stop(self):
        if reason := why_not():
            self.skipTest(reason)
        for region, rtt_ms in RTT_MS.items():
            lags = [(told.due, error) for each in self.controls
                    for told, error in self.errors(each, region)]
            beside, wrong = [], []
            for each in self.stopped:
                for told, error in self.errors(each, region):
                    lag = max((lag for at, lag in lags if abs(at - told.due) < 1.5), default=0.0)
                    if is_touched(told.due, rtt_ms / 1000, each.stops):
                        beside.append(error)
                    if not -WRONG_MS <= error <= WRONG_MS + max(0.0, lag):
                        wrong.append(f"{error:+.1f} ms: {self.context(each, told)}")
            print(f"{region}: RTTs beside {len(beside)} stops wrong by "
                  f"{statistics.median(beside):+.3f} ms at the median, {min(beside):+.3f} to "
                  f"{max(beside):+.3f}; of those never stopped up to "
                  f"{max(lag for _, lag in lags):+.3f}")
            self.assertGreater(len(beside), 5)
            self.assertEqual(wrong, [])
            self.assertLess(abs(statistics.median(beside)), CLOSE_MS)

    def test_an_echo_that_came_back_during_a_stop_has_its_own_time(self):
        counts = collections.Counter(
            "ok" if "rtt_ms" in told.entry else told.entry.get("void")
            for each, region, rtt, told in self.all_told()
            if region == "far" and in_flight(told.due, rtt, each.stops))
        print(f"came back during a stop: {dict(counts)}")
        self.assertGreaterEqual(counts["ok"], 0.8 * sum(counts.values()))
        self.assertGreater(counts["ok"], 10)

    def test_who_was_not_stopped_is_ok_throughout(self):
        for each in self.controls:
            for region in RTT_MS:
                wrong = [told for told in self.told[each.location, region]
                         if "rtt_ms" not in told.entry]
                self.assertEqual(wrong, [], f"{each.location} {region}")


if __name__ == "__main__":
    unittest.main(argv=[a for a in sys.argv if not a.startswith("--seed=")], verbosity=2)
