#!/usr/bin/python3
"""The verdict of a region, step by step, from reports spoken by hand."""

import unittest

from aggregator_mesh import AggregatorMesh
from fake_agent import miss, ok, void


class Verdict(unittest.TestCase):
    """Without `[[location]]` entries: whoever reports, votes."""

    @classmethod
    def setUpClass(cls):
        cls.mesh = AggregatorMesh(cls)
        cls.mesh.wait_out_the_start()

    def judge(self, fine=0, slow=0, dead=0, unwitnessed=0, blind=0):
        """Reports of one slot, the good ones first; returns the region and when it began."""
        region, slot = self.mesh.region(), self.mesh.fresh_slot()
        kinds = ([ok(region)] * fine + [ok(region, 1500)] * slow + [miss(region)] * dead
                 + [void(region, "unwitnessed")] * unwitnessed + [void(region, "blind")] * blind)
        for agent, entry in zip(self.mesh.agents(len(kinds)), kinds):
            agent.report(slot, entry)
        return region, len(kinds)

    def expect(self, state, code, **kinds):
        region, count = self.judge(**kinds)
        topic = f"echomesh/v1/region/{region}/summary"
        message = self.mesh.watcher.wait(
            topic, lambda m: m.json["locations"] == count and m.json["state"] == state
            and sum(m.json[k] for k in ("accessible", "slow", "inaccessible", "unknown")) == count
            and m.json["inaccessible"] == kinds.get("dead", 0), 10)
        summary = message.json
        self.assertEqual(summary["state_code"], code)
        self.mesh.wait_region(region, state)
        self.assertEqual(self.mesh.watcher.last(f"echomesh/v1/region/{region}/state").text, state)
        void_count = kinds.get("unwitnessed", 0) + kinds.get("blind", 0)
        self.assertEqual(summary["judging"], count - void_count)
        self.assertEqual(summary["slow"], kinds.get("slow", 0))
        self.assertEqual((summary["unknown"], summary["blind"]), (void_count, void_count))
        self.assertFalse(summary["self_reported"])
        return summary

    def test_all_fine_is_operational(self):
        self.expect("operational", 0, fine=8)

    def test_one_of_eight_is_operational_and_the_scope_names_it(self):
        summary = self.expect("operational", 0, fine=7, dead=1)
        self.assertEqual(summary["scope"],
                         f"1 of 8 locations cannot reach {summary['region']}: place-07")

    def test_the_scope_of_many_stays_small(self):
        region, slot = self.mesh.region(), self.mesh.fresh_slot(0.2)
        names = [f"a-place-with-a-very-long-name-{i:02}" for i in range(100)]
        for name in names:
            self.mesh.agent(name).report(slot, miss(region))
        topic = f"echomesh/v1/region/{region}/summary"
        message = self.mesh.watcher.wait(topic, lambda m: m.json["inaccessible"] == 100, 12)
        self.assertLess(len(message.payload), 4096)
        self.assertIn("100 of 100", message.json["scope"])

    def test_two_of_eight_is_a_partial_outage(self):
        self.expect("partial_outage", 2, fine=6, dead=2)

    def test_partial_begins_at_a_fifth(self):
        self.expect("partial_outage", 2, fine=8, dead=2)
        self.expect("operational", 0, fine=9, dead=2)

    def test_major_begins_at_half(self):
        self.expect("partial_outage", 2, fine=5, dead=4)
        self.expect("major_outage", 3, fine=4, dead=4)

    def test_all_dead_is_major(self):
        self.expect("major_outage", 3, dead=8)

    def test_one_lone_location_that_cannot_is_major(self):
        self.expect("major_outage", 3, dead=1)

    def test_slow_counts_towards_degraded(self):
        self.expect("operational", 0, fine=7, slow=1)
        self.expect("degraded_performance", 1, fine=6, slow=2)
        self.expect("degraded_performance", 1, fine=6, slow=1, dead=1)
        self.expect("degraded_performance", 1, slow=8)

    def test_unwitnessed_ones_make_a_major_outage_with_three_at_half(self):
        self.expect("major_outage", 3, fine=3, unwitnessed=3)
        self.expect("major_outage", 3, fine=3, dead=1, unwitnessed=2)
        self.expect("operational", 0, fine=4, unwitnessed=3)
        self.expect("operational", 0, fine=2, unwitnessed=2)

    def test_blind_ones_have_no_vote(self):
        self.expect("operational", 0, fine=2, blind=6)

    def test_no_judges_is_unknown(self):
        self.expect("unknown", 5, blind=3)
        self.expect("unknown", 5, unwitnessed=2)


class Expected(unittest.TestCase):
    """With `[[location]]` entries: only they vote, groups are one vote, min_judging is 3."""

    @classmethod
    def setUpClass(cls):
        entries = [{"id": name} for name in ("a", "b", "c", "d")] + [
            {"id": f"g{i}", "group": "cloud"} for i in range(1, 4)] + [{"id": "s", "slow_ms": 100}]
        cls.mesh = AggregatorMesh(cls, settings={"location": entries})
        cls.mesh.wait_out_the_start()

    def judge(self, region, state, **outcomes):
        slot = self.mesh.fresh_slot()
        for location, entry in outcomes.items():
            self.mesh.agent(location).report(slot, entry)
        self.mesh.wait_region(region, state, 10)
        topic = f"echomesh/v1/region/{region}/summary"
        return self.mesh.watcher.wait(topic, lambda m: m.json["state"] == state, 10).json

    def test_a_location_never_heard_of_is_shown(self):
        region = self.mesh.region()
        topic = self.mesh.path(region, "a", "summary")
        summary = self.mesh.watcher.wait(topic, lambda m: True, 12).json
        self.assertEqual((summary["state"], summary["cause"]), ("unknown", "never_reported"))
        self.mesh.wait_state(region, "a", "unknown", 12)

    def test_under_half_of_the_expected_is_unknown(self):
        # Six votes: a b c d s and the group. Two judges are under half and under min_judging.
        region = self.mesh.region()
        self.judge(region, "unknown", a=miss(region), b=miss(region))
        self.assertNotIn("major_outage", {
            m.text for m in self.mesh.watcher.on(f"echomesh/v1/region/{region}/state")})

    def test_three_of_six_votes_can_judge(self):
        region = self.mesh.region()
        summary = self.judge(region, "operational", a=ok(region), b=ok(region), c=ok(region))
        self.assertEqual(summary["locations"], 8)

    def test_strangers_have_no_vote(self):
        region = self.mesh.region()
        fine = {name: ok(region) for name in ("a", "b", "c", "d")}
        strangers = {f"x{i}": miss(region) for i in range(6)}
        self.judge(region, "operational", **fine, **strangers)

    def test_a_group_is_one_vote(self):
        # 1 of 5 votes is dead, though 3 of 7 locations are.
        region = self.mesh.region()
        fine = {name: ok(region) for name in ("a", "b", "c", "d")}
        dead = {name: miss(region) for name in ("g1", "g2", "g3")}
        self.judge(region, "operational", **fine, **dead)
        topic = f"echomesh/v1/region/{region}/summary"
        summary = self.mesh.watcher.wait(topic, lambda m: m.json["inaccessible"] == 3, 10).json
        self.assertEqual(summary["state"], "operational")

    def test_a_group_is_dead_if_more_than_half_of_its_judges_are(self):
        region = self.mesh.region()
        self.judge(region, "operational", a=ok(region), b=ok(region), c=ok(region), d=miss(region),
                   g1=miss(region), g2=ok(region))
        region = self.mesh.region()
        self.judge(region, "partial_outage", a=ok(region), b=ok(region), c=ok(region),
                   d=miss(region), g1=miss(region), g2=miss(region), g3=ok(region))

    def test_slow_ms_of_an_entry(self):
        region, slot = self.mesh.region(), self.mesh.fresh_slot()
        self.mesh.agent("s").report(slot, ok(region, 100))
        self.mesh.agent("a").report(slot, ok(region, 999.9))
        self.mesh.wait_state(region, "s", "slow")
        self.mesh.wait_state(region, "a", "accessible")


if __name__ == "__main__":
    unittest.main(verbosity=2)
