#!/usr/bin/python3
"""A path's slot has one state, the join of all that was reported: any order, any repetition."""

import itertools
import time
import unittest

from aggregator_mesh import AggregatorMesh
from fake_agent import late, miss, ok, void

RANK = ["denied", "refused", "tls", "dns", "connect", "lost", "timeout"]


def runs_at(timeline, slot):
    """[state, cause] that a timeline gives a slot."""
    offset = slot - timeline["from_ms"] // timeline["slot_ms"]
    for start, length, state, *cause in timeline["runs"]:
        if start <= offset < start + length:
            return [state, cause[0] if cause else None]
    return ["accessible", None]


class Join(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mesh = AggregatorMesh(cls)

    def setUp(self):
        self.region = self.mesh.region()

    def wait_summary(self, location, is_wanted, limit=12):
        topic = self.mesh.path(self.region, location, "summary")
        return self.mesh.watcher.wait(topic, lambda m: is_wanted(m.json), limit).json

    def wait_slot(self, location, slot, expected, limit=12):
        topic = self.mesh.path(self.region, location, "timeline")
        return self.mesh.watcher.wait(
            topic, lambda m: runs_at(m.json, slot) == expected, limit).json

    def test_miss_over_ok_over_void_over_nothing(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        agent.report(slot, void(self.region, "blind"))
        self.mesh.wait_state(self.region, "tokyo", "unknown")
        agent.report(slot, ok(self.region, 48.211))
        self.mesh.wait_state(self.region, "tokyo", "accessible")
        agent.report(slot, void(self.region, "unwitnessed"))
        agent.report(slot, miss(self.region))
        self.mesh.wait_state(self.region, "tokyo", "inaccessible")
        mark = self.mesh.watcher.mark()
        agent.report(slot, ok(self.region, 20))
        agent.report(slot, void(self.region))
        self.wait_slot("tokyo", slot, ["inaccessible", "timeout"])
        later = self.mesh.watcher.on(self.mesh.path(self.region, "tokyo", "state"), mark)
        self.assertEqual({m.text for m in later} - {"inaccessible"}, set())
        self.assertEqual(self.mesh.watcher.last(
            self.mesh.path(self.region, "tokyo", "rtt_ms")).text, "null")

    def test_of_two_rtts_the_larger(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        agent.report(slot, ok(self.region, 300))
        agent.report(slot, ok(self.region, 999.999))
        agent.report(slot, ok(self.region, 20))
        self.mesh.wait_state(self.region, "tokyo", "accessible")
        self.mesh.watcher.wait_text(self.mesh.path(self.region, "tokyo", "rtt_ms"), "999.999", 8)
        agent.report(slot, ok(self.region, 1000))
        self.mesh.wait_state(self.region, "tokyo", "slow")
        summary = self.wait_summary("tokyo", lambda s: s["rtt_ms"] == 1000)
        self.assertEqual((summary["state"], summary["state_code"]), ("slow", 1))
        self.assertAlmostEqual(summary["rtt_p50_1h_ms"], 1000, delta=10)

    def test_of_two_causes_the_first_of_the_list(self):
        slot = self.mesh.fresh_slot(0.2)
        for first, second in zip(RANK, RANK[1:]):
            for order in ((first, second), (second, first)):
                location = "-".join(order)
                agent = self.mesh.agent(location)
                for cause in order:
                    agent.report(slot, miss(self.region, cause))
                self.wait_slot(location, slot, ["inaccessible", first])
        for first, second in (("unwitnessed", "blind"), ("blind", "stalled")):
            for order in ((first, second), (second, first)):
                location = "-".join(order)
                agent = self.mesh.agent(location)
                for cause in order:
                    agent.report(slot, void(self.region, cause))
                self.wait_slot(location, slot, ["unknown", first])

    def test_late_ms_counts_only_where_nothing_else_is_known(self):
        slot = self.mesh.fresh_slot(0.3)
        cases = {
            "alone": ([late(self.region)], ["inaccessible", "timeout"]),
            "after-ok": ([ok(self.region), late(self.region)], ["accessible", None]),
            "before-ok": ([late(self.region), ok(self.region)], ["accessible", None]),
            "after-miss": ([miss(self.region, "lost"), late(self.region)], ["inaccessible", "lost"]),
            "before-miss": ([late(self.region), miss(self.region, "lost")],
                            ["inaccessible", "lost"]),
            "after-void": ([void(self.region), late(self.region)], ["unknown", "stalled"]),
            "before-void": ([late(self.region), void(self.region)], ["unknown", "stalled"]),
        }
        for location, (entries, _) in cases.items():
            agent = self.mesh.agent(location)
            for entry in entries:
                agent.report(slot, entry)
        time.sleep(1)
        for location, (_, expected) in cases.items():
            with self.subTest(location):
                self.wait_slot(location, slot, expected)

    def test_every_order_and_repetition_gives_the_same_timeline(self):
        slot = self.mesh.fresh_slot()
        sent = [(slot - 2, miss(self.region, "connect")), (slot - 2, ok(self.region, 7)),
                (slot - 1, void(self.region, "blind")), (slot, ok(self.region, 50))]
        orders = list(itertools.permutations(sent))
        for i, order in enumerate(orders):
            agent = self.mesh.agent(f"order-{i:02}")
            for when, entry in order + order[:2]:
                agent.report(when, entry)
        time.sleep(7)
        whole = set()
        for i in range(len(orders)):
            message = self.mesh.watcher.last(
                self.mesh.path(self.region, f"order-{i:02}", "timeline"))
            self.assertIsNotNone(message, orders[i])
            timeline = message.json
            self.assertEqual(runs_at(timeline, slot - 2), ["inaccessible", "connect"], orders[i])
            self.assertEqual(runs_at(timeline, slot - 1), ["unknown", "blind"], orders[i])
            self.assertEqual(runs_at(timeline, slot), ["accessible", None], orders[i])
            first = timeline["from_ms"] // timeline["slot_ms"]
            whole.add(str([[start + first if start else 0, (start + length + first), *rest]
                           for start, length, *rest in timeline["runs"]]))
        self.assertEqual(len(whole), 1, whole)

    def test_an_older_slot_corrects_history_not_the_present(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        agent.report(slot, ok(self.region, 30))
        first = self.wait_slot("tokyo", slot, ["accessible", None])
        mark = self.mesh.watcher.mark()
        agent.report(slot - 3, miss(self.region, "dns"))
        timeline = self.wait_slot("tokyo", slot - 3, ["inaccessible", "dns"])
        self.assertGreater(timeline["rev"], first["rev"], "what changed has a higher rev")
        states = self.mesh.watcher.on(self.mesh.path(self.region, "tokyo", "state"), mark)
        self.assertNotIn("inaccessible", {m.text for m in states})
        summary = self.wait_summary("tokyo", lambda s: s["accessible_24h_pct"] == 50)
        self.assertEqual(summary["loss_1h_pct"], 50)
        self.assertEqual(summary["coverage_24h_pct"], 0.01157, "2 of 17,280 slots, cut")

    def test_resent_may_be_slow_and_enters_no_other_figure(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        agent.report(slot - 1, ok(self.region, 40))
        agent.report(slot, ok(self.region, 3000, resent=True))
        self.mesh.wait_state(self.region, "tokyo", "slow")
        summary = self.wait_summary("tokyo", lambda s: s["resent_24h"] == 1)
        self.assertAlmostEqual(summary["rtt_max_1h_ms"], 40, delta=0.5)
        self.assertAlmostEqual(summary["rtt_p95_1h_ms"], 40, delta=0.5)
        self.assertAlmostEqual(summary["rtt_usual_ms"], 40, delta=1.1)
        self.assertEqual(summary["accessible_24h_pct"], 100)

    def test_hour_figures(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot(0.3)
        rtts = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
        for back, rtt in enumerate(reversed(rtts)):
            agent.report(slot - back, ok(self.region, rtt))
        summary = self.wait_summary("tokyo", lambda s: s["rtt_p50_1h_ms"] is not None and
                                    s["coverage_24h_pct"] >= 0.05787)  # all ten of 17,280 slots
        self.assertAlmostEqual(summary["rtt_p50_1h_ms"], 50, delta=0.51, msg="nearest rank, 1 %")
        self.assertAlmostEqual(summary["rtt_p95_1h_ms"], 100, delta=1.01)
        self.assertAlmostEqual(summary["jitter_1h_ms"], 10, delta=0.3)
        self.assertAlmostEqual(summary["rtt_usual_ms"], 50, delta=1.3)
        self.assertEqual(summary["loss_1h_pct"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
