#!/usr/bin/python3
"""Agents that share 1 ms of CPU in 100 with the greedy say nothing bad of anyone: ok or void,
never a miss."""

import collections
import json
import statistics
import time
import unittest

import cpu_group
from mesh import Mesh, Process, wait_until
from watcher import Watcher

WIDTHS = (1, 5)  # of slot and limit, in seconds
STARVED = 25.0
QUOTA_MS, PERIOD_MS = 1, 100
GREEDY = ["/bin/sh", "-c", "while :; do :; done"]  # an agent alone hardly needs its 1 ms
GREEDY_ONES = 3


class CpuQuota(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := cpu_group.why_not():
            raise unittest.SkipTest(reason)
        mesh = Mesh(cls)
        cls.home = mesh.broker("home")
        regions = {name: {"url": mesh.broker(name).url, "report_to": ["home"]}
                   for name in ("eu", "us")}
        regions["home"] = {"url": cls.home.url, "report_to": ["home"]}
        cls.watcher = Watcher(cls, cls.home.port, "echomesh-report/#")
        cls.agents = {}
        for width in WIDTHS:
            group = cpu_group.CpuGroup(cls, f"{width}s")
            agent = mesh.agent(f"poor-{width}", regions, slot=f"{width}s",
                               echo={"limit": f"{width}s"})
            cls.agents[width] = agent, group
        wait_until(lambda: all(cls.entries(width) for width in WIDTHS), 20, "outcomes")
        greedy = []
        cls.first = {width: int(time.time()) // width + 1 for width in WIDTHS}
        for agent, group in cls.agents.values():
            group.limit(QUOTA_MS, PERIOD_MS)
            group.take(agent.child.pid)
            for number in range(GREEDY_ONES):
                greedy.append(Process(GREEDY, mesh.folder / f"greedy-{number}"))
                mesh.run(greedy[-1])
                group.take(greedy[-1].child.pid)
        time.sleep(STARVED)
        for each in greedy:
            each.end()
        cls.throttled = {}
        for width, (_, group) in cls.agents.items():
            cls.throttled[width] = group.statistics()
            group.unlimit()
        last = int(time.time())
        wait_until(lambda: all(cls.latest(width) * width > last + 1 for width in WIDTHS), 30,
                   "outcomes after it")
        time.sleep(max(WIDTHS))  # for what was still in flight

    @classmethod
    def entries(cls, width, first=0):
        return [(m.json["slot"], entry)
                for m in cls.watcher.on(f"echomesh-report/v1/poor-{width}")
                for entry in m.json["echoes"] if m.json["slot"] >= first]

    @classmethod
    def latest(cls, width):
        return max((slot for slot, _ in cls.entries(width)), default=0)

    def test_it_is_starved_indeed(self):
        for width, counts in self.throttled.items():
            print(f"slots of {width} s: {counts}")
            self.assertGreater(counts["nr_throttled"], 20)

    def test_nothing_but_ok_and_void_stalled(self):
        for width in WIDTHS:
            entries = self.entries(width, self.first[width])
            kinds = collections.Counter(
                "ok" if "rtt_ms" in e else json.dumps({k: e[k] for k in e if k != "region"})
                for _, e in entries)
            times = [e["rtt_ms"] for _, e in entries if "rtt_ms" in e]
            print(f"slots of {width} s: {dict(kinds)}; RTT median {statistics.median(times):.1f}, "
                  f"longest {max(times):.1f} ms")
            self.assertLessEqual(set(kinds), {"ok", '{"void": "stalled"}'})

    def test_every_slot_is_told_once(self):
        for width in WIDTHS:
            for region in ("eu", "us"):
                slots = sorted(slot for slot, e in self.entries(width, self.first[width])
                               if e["region"] == region)
                self.assertGreater(len(slots), STARVED / width)
                self.assertEqual(slots, list(range(slots[0], slots[0] + len(slots))), region)


if __name__ == "__main__":
    unittest.main(verbosity=2)
