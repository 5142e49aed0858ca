"""What the demo makes of topics: which source is read, and when nothing is."""

from __future__ import annotations

import unittest

from fixture import beat, new_mesh, tell

GOOD = {"london": "accessible", "tokyo": "accessible"}


class MeshTest(unittest.TestCase):
    def setUp(self) -> None:
        self.mesh = new_mesh()

    def test_without_a_heartbeat_retained_topics_are_not_shown(self) -> None:
        tell(self.mesh, "us", "eu", GOOD, 0.0)
        self.assertEqual(self.mesh.cell("eu", "london", 0.0).state, "unknown")
        beat(self.mesh, "us", 1.0)
        self.assertEqual(self.mesh.cell("eu", "london", 1.0).state, "accessible")

    def test_a_retained_heartbeat_is_none(self) -> None:
        self.mesh.sources["us"].hear("echomesh/v1/aggregator/heartbeat", "{}", True, 0.0)
        self.assertFalse(self.mesh.sources["us"].is_alive(0.0))

    def test_a_source_counts_for_15_s_after_its_heartbeat_and_no_longer(self) -> None:
        tell(self.mesh, "us", "eu", GOOD, 0.0)
        beat(self.mesh, "us", 0.0)
        self.assertEqual(self.mesh.cell("eu", "london", 14.9).state, "accessible")
        self.assertEqual(self.mesh.cell("eu", "london", 15.0).state, "unknown")
        self.assertIsNone(self.mesh.header("eu", 15.0, 0).source)

    def test_what_was_said_before_a_silence_does_not_count_after_it(self) -> None:
        tell(self.mesh, "us", "eu", GOOD, 0.0)
        beat(self.mesh, "us", 0.0)
        self.mesh.tick(16.0)
        beat(self.mesh, "us", 17.0)
        self.assertEqual(self.mesh.cell("eu", "london", 17.0).state, "unknown")

    def test_an_aggregator_that_is_offline_is_not_read(self) -> None:
        tell(self.mesh, "us", "eu", GOOD, 0.0)
        beat(self.mesh, "us", 0.0)
        self.mesh.sources["us"].hear(
            "echomesh/v1/aggregator/availability", "offline", False, 1.0)
        self.assertIsNone(self.mesh.header("eu", 1.0, 0).source)

    def test_other_regions_brokers_go_before_the_regions_own(self) -> None:
        for broker in ("eu", "ap"):
            tell(self.mesh, broker, "eu", GOOD, 0.0)
            beat(self.mesh, broker, 0.0)
        self.assertEqual(self.mesh.header("eu", 1.0, 0).source, "ap")

    def test_who_knows_more_is_read(self) -> None:
        tell(self.mesh, "us", "eu", {"london": "unknown", "tokyo": "accessible"}, 0.0)
        tell(self.mesh, "ap", "eu", GOOD, 0.0)
        for broker in ("us", "ap"):
            beat(self.mesh, broker, 0.0)
        self.assertEqual(self.mesh.header("eu", 1.0, 0).source, "ap")

    def test_what_one_broker_cannot_know_is_taken_from_another(self) -> None:
        tell(self.mesh, "us", "eu", {"london": "unknown", "tokyo": "accessible"}, 0.0)
        tell(self.mesh, "ap", "eu", {"london": "inaccessible", "tokyo": "unknown"}, 0.0)
        for broker in ("us", "ap"):
            beat(self.mesh, broker, 0.0)
        self.assertEqual(self.mesh.cell("eu", "london", 1.0).state, "inaccessible")
        self.assertEqual(self.mesh.cell("eu", "tokyo", 1.0).state, "accessible")

    def test_a_missed_heartbeat_gives_way_to_a_livelier_broker(self) -> None:
        for broker in ("us", "ap"):
            tell(self.mesh, broker, "eu", GOOD, 0.0)
            beat(self.mesh, broker, 0.0)
        beat(self.mesh, "ap", 5.0)
        self.assertEqual(self.mesh.header("eu", 7.0, 0).source, "us")
        self.assertEqual(self.mesh.header("eu", 8.0, 0).source, "ap")

    def test_a_summary_past_its_validity_is_not_quoted(self) -> None:
        tell(self.mesh, "us", "eu", GOOD, 0.0)
        beat(self.mesh, "us", 0.0)
        self.assertEqual(self.mesh.header("eu", 0.0, 4_000_000_000_001).scope, "")

    def test_the_bar_shows_slots_in_order_and_leaves_gaps(self) -> None:
        beat(self.mesh, "us", 0.0)
        tell(self.mesh, "us", "eu", GOOD, 0.0, slot=7)
        tell(self.mesh, "us", "eu", {**GOOD, "london": "inaccessible"}, 0.0, slot=9)
        cell = self.mesh.cell("eu", "london", 0.0, 20)
        self.assertEqual(cell.bar, ["accessible", None, "inaccessible"])
        self.assertEqual(self.mesh.cell("eu", "london", 0.0, 2).bar, [None, "inaccessible"])

    def test_nonsense_is_passed_over(self) -> None:
        for topic, payload in (
            ("echomesh/v1/region/eu/live", "[]"),
            ("echomesh/v1/region/eu/live", '{"slot":"x","locations":{}}'),
            ("echomesh/v1/region/eu/summary", "{"),
            ("other/topic", "x"),
            ("echomesh/v1/region/eu/location/london/rtt_ms", '"fast"'),
        ):
            self.mesh.sources["us"].hear(topic, payload, False, 0.0)
        beat(self.mesh, "us", 0.0)
        self.assertIsNone(self.mesh.cell("eu", "london", 0.0, 20).rtt_ms)


if __name__ == "__main__":
    unittest.main()
