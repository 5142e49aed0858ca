#!/usr/bin/python3
"""What is no report is refused and counted; it neither stops the aggregator nor shows."""

import time
import unittest

from aggregator_mesh import SELF, AggregatorMesh
from fake_agent import miss, ok

INFO_KEYS = ["ts", "ts_ms", "valid_until_ms", "instance", "version", "region_of_broker",
             "started_ms", "locations", "paths", "reports", "replayed", "refused", "commit_ms_p99",
             "rss_bytes"]
AVAILABILITY = "echomesh/v1/aggregator/availability"
INFO = "echomesh/v1/aggregator/info"
INFO_PERIOD = 30


class Refusals(unittest.TestCase):
    def setUp(self):
        self.mesh = AggregatorMesh(self)
        self.watcher = self.mesh.watcher
        self.region = self.mesh.region()

    def info(self, since=0, limit=INFO_PERIOD + 5):
        return self.watcher.wait(INFO, lambda m: True, limit, since).json

    def test_refusals_are_counted(self):
        first = self.info()
        self.assertEqual(list(first)[:len(INFO_KEYS)], INFO_KEYS)
        self.assertEqual(list(first["refused"])[:2], ["json", "slot"])
        self.assertEqual(first["region_of_broker"], SELF)
        slot, agent = self.mesh.fresh_slot(), self.mesh.agent("tokyo")
        bad = self.mesh.agent("mallory")
        junk = ["", "{", "[]", "null", "[" * 60_000, '{"epoch":0.' + "0" * 300 + "1e-2147483639}",
                '{"seq":1e999}', b"\xff\xfe", b'{"epoch":"\x00"}']
        for payload in junk:
            self.watcher.publish(bad.topic, payload)
        for wrong in ({"slot_ms": 1000}, {"slot": slot + 3}, {"slot": slot - 40_000},
                      {"slot": -1}, {"epoch": "x"}, {"seq": 0},
                      {"echoes": [{"region": self.region}]},
                      {"echoes": [{"region": self.region, "rtt_ms": 1, "miss": "lost"}]},
                      {"echoes": [{"region": self.region, "rtt_ms": -1}]},
                      {"echoes": [{"region": self.region, "miss": "tired"}]},
                      {"echoes": [ok(self.region)] * 257}, {"limit_ms": 0}, {"clock": 1}):
            bad.report(slot, ok(self.region), **wrong)
        bad.report(slot, ok(self.region), retain=False, slot_ms=5001)
        refused_at_least = len(junk) + 14
        agent.report(slot, ok("mars"), ok(self.region, 33))
        self.mesh.wait_state(self.region, "tokyo", "accessible")
        mark = self.watcher.mark()
        last = self.info(mark)
        rose = {key: count - first["refused"].get(key, 0)
                for key, count in last["refused"].items()}
        print("refused:", rose)
        self.assertEqual(last["reports"] - first["reports"], 1, "one good report")
        self.assertGreaterEqual(sum(rose.values()), refused_at_least + 1,
                                "the unknown region is counted too")
        self.assertGreaterEqual(rose["slot"], 2)
        self.assertGreaterEqual(rose["json"], len(junk))
        self.assertEqual(last["locations"], 1, "mallory is no location")
        self.assertFalse(self.watcher.starting("echomesh/v1/region/mars/"))
        self.assertFalse([m for m in self.watcher.messages if "mallory" in m.topic
                          and "/region/" in m.topic])

    def test_a_retained_report_is_refused(self):
        agent = self.mesh.agent("ghost")
        self.mesh.aggregator.kill()
        agent.report(self.mesh.fresh_slot(), miss(self.region), retain=True)
        mark = self.watcher.mark()
        self.mesh.aggregator.start()
        self.watcher.wait_text(AVAILABILITY, "online", 10, mark)
        online = self.watcher.mark()
        later = self.watcher.wait(
            INFO, lambda m: m.at > time.time() - INFO_PERIOD and sum(m.json["refused"].values()),
            INFO_PERIOD + 8, mark).json
        self.assertEqual(later["reports"], 0)
        self.assertFalse(self.watcher.starting(
            f"echomesh/v1/region/{self.region}/location/ghost/", online))


if __name__ == "__main__":
    unittest.main(verbosity=2)
