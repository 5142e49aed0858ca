#!/usr/bin/python3
"""What an aggregator publishes: topics, keys, values, how often, and until when."""

import time
import unittest

from paho.mqtt.client import MQTTv311

from aggregator_mesh import SELF, AggregatorMesh
from fake_agent import hex_id, miss, ok
from mesh import wait_until
from watcher import Watcher

LOCATION_KEYS = [
    "ts", "ts_ms", "valid_until_ms", "region", "location", "name", "area", "latitude", "longitude",
    "state", "state_code", "cause", "since", "since_ms", "rtt_ms", "rtt_p50_1h_ms", "rtt_p95_1h_ms",
    "rtt_max_1h_ms", "jitter_1h_ms", "loss_1h_pct", "rtt_usual_ms", "elevated",
    "accessible_24h_pct", "coverage_24h_pct", "resent_24h", "addresses", "addresses_dead",
    "clock_error_ms"]
REGION_KEYS = [
    "ts", "ts_ms", "valid_until_ms", "region", "name", "latitude", "longitude", "state",
    "state_code", "since", "since_ms", "locations", "judging", "accessible", "slow", "inaccessible",
    "unknown", "blind", "month", "uptime_pct", "downtime_s", "scope", "self_reported"]
TIMELINE_KEYS = ["ts", "ts_ms", "valid_until_ms", "rev", "region", "location", "slot_ms", "from_ms",
                 "to_ms", "resolution_slots", "runs", "bar"]
AVAILABILITY = "echomesh/v1/aggregator/availability"
HEARTBEAT = "echomesh/v1/aggregator/heartbeat"


class Topics(unittest.TestCase):
    """One aggregator at the default slot of 5 s."""

    @classmethod
    def setUpClass(cls):
        cls.mesh = AggregatorMesh(cls)
        cls.watcher = cls.mesh.watcher

    def setUp(self):
        self.region = self.mesh.region()

    def wait_json(self, topic, is_wanted=lambda document: True, limit=12, since=0):
        return self.watcher.wait(topic, lambda m: is_wanted(m.json), limit, since).json

    def test_a_report_becomes_all_topics_of_a_path(self):
        info = {"ts": "2026-01-01T00:00:00.000Z", "ts_ms": 1767225600000,
                "valid_until_ms": int(time.time() * 1000) + 90_000, "location": "tokyo",
                "name": "東京", "area": "Asia", "latitude": 35.7, "longitude": 139.7,
                "version": "0.1.0", "epoch": hex_id(), "run": hex_id(),
                "started_ms": 1767225600000, "regions": [self.region], "spool_reports": 0,
                "spool_dropped": 0, "loop_lag_max_ms": 0.1, "rss_bytes": 1, "clock_steps": 0,
                "clock_error_ms": None}
        self.watcher.publish("echomesh/v1/agent/tokyo/info", info, retain=True)
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        sent = time.time()
        agent.report(slot, ok(self.region, 48.211, addresses=2, addresses_dead=1))
        state = self.mesh.wait_state(self.region, "tokyo", "accessible")
        self.assertLess(state.at - sent, 0.5, "states go out on arrival")
        path = lambda leaf: self.mesh.path(self.region, "tokyo", leaf)  # noqa: E731
        self.watcher.wait_text(path("rtt_ms"), "48.211", 8)

        summary = self.wait_json(path("summary"), lambda s: s["name"] == "東京")
        self.assertEqual(list(summary), LOCATION_KEYS)
        expected = {
            "region": self.region, "location": "tokyo", "area": "Asia", "latitude": 35.7,
            "longitude": 139.7, "state": "accessible", "state_code": 0, "cause": None,
            "rtt_ms": 48.211, "loss_1h_pct": 0, "elevated": False, "accessible_24h_pct": 100,
            "coverage_24h_pct": 0.00578, "resent_24h": 0, "addresses": 2, "addresses_dead": 1,
            "clock_error_ms": None}
        self.assertEqual({key: summary[key] for key in expected}, expected)
        self.assertLess(abs(summary["ts_ms"] - time.time() * 1000), 12_000)
        self.assertGreaterEqual(summary["valid_until_ms"], summary["ts_ms"] + 90_000)

        timeline = self.wait_json(path("timeline"))
        self.assertEqual(list(timeline), TIMELINE_KEYS)
        self.assertEqual(timeline["to_ms"] - timeline["from_ms"], 86_400_000)
        self.assertEqual(timeline["to_ms"], (slot + 1) * 5000)
        self.assertEqual((timeline["slot_ms"], timeline["resolution_slots"]), (5000, 1))
        self.assertEqual(timeline["runs"], [[0, 17279, "unknown"]])
        self.assertEqual(timeline["bar"], "u" * 287 + "a")

    def test_a_miss_has_null_rtt_and_its_cause(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        agent.report(slot, miss(self.region, "tls"))
        self.mesh.wait_state(self.region, "tokyo", "inaccessible")
        self.watcher.wait_text(self.mesh.path(self.region, "tokyo", "rtt_ms"), "null", 8)
        summary = self.wait_json(self.mesh.path(self.region, "tokyo", "summary"),
                                 lambda s: s["state"] == "inaccessible")
        self.assertEqual((summary["cause"], summary["state_code"]), ("tls", 2))
        self.assertEqual((summary["accessible_24h_pct"], summary["loss_1h_pct"]), (0, 100))
        self.assertIsNone(summary["rtt_p50_1h_ms"])
        timeline = self.wait_json(self.mesh.path(self.region, "tokyo", "timeline"))
        self.assertEqual(timeline["runs"], [[0, 17279, "unknown"], [17279, 1, "inaccessible", "tls"]])
        self.assertEqual(timeline["bar"], "u" * 287 + "i")

    def test_live_speaks_of_every_location_every_slot(self):
        topic = f"echomesh/v1/region/{self.region}/live"
        slot = self.mesh.fresh_slot()
        self.mesh.agent("tokyo").report(slot, ok(self.region, 48.2))
        self.mesh.agent("london").report(slot, miss(self.region))
        expected = {"tokyo": ["accessible", 48.2], "london": ["inaccessible", None]}
        message = self.watcher.wait(topic, lambda m: m.json["locations"] == expected, 12)
        self.assertEqual((message.qos, message.retained), (0, False))
        live = message.json
        self.assertEqual(list(live), ["ts", "ts_ms", "slot", "locations", "omitted"])
        self.assertEqual(live["omitted"], 0)
        self.assertLessEqual(abs(live["slot"] - live["ts_ms"] // 5000), 1)
        mark = self.watcher.mark()
        wait_until(lambda: len(self.watcher.on(topic, mark)) >= 3, 16, "three more of live")
        slots = [m.json["slot"] for m in self.watcher.on(topic, mark)[:3]]
        self.assertEqual(slots, list(range(slots[0], slots[0] + 3)))

    def test_live_above_100_locations_lists_those_not_accessible(self):
        slot = self.mesh.fresh_slot()
        for i in range(103):
            entry = miss(self.region) if i in (7, 50) else ok(self.region, 10)
            self.mesh.agent(f"many-{i:03}").report(slot, entry)
        live = self.wait_json(f"echomesh/v1/region/{self.region}/live",
                              lambda d: d["omitted"] == 101, 12)
        self.assertEqual(live["locations"], {"many-007": ["inaccessible", None],
                                             "many-050": ["inaccessible", None]})

    def test_since_is_when_the_state_began(self):
        agent, slot = self.mesh.agent("tokyo"), self.mesh.fresh_slot()
        for back in (2, 1, 0):
            agent.report(slot - back, miss(self.region) if back else ok(self.region))
        topic = self.mesh.path(self.region, "tokyo", "summary")
        summary = self.wait_json(topic, lambda s: s["state"] == "accessible")
        self.assertLess(abs(summary["since_ms"] - time.time() * 1000), 12_000)

    def test_heartbeat_every_5_s(self):
        wait_until(lambda: len(self.watcher.on(HEARTBEAT)) >= 3, 20, "three heartbeats")
        beats = self.watcher.on(HEARTBEAT)
        self.assertEqual(list(beats[0].json), ["ts", "ts_ms", "seq", "instance"])
        self.assertEqual((beats[0].qos, beats[0].retained), (1, False))
        for before, after in zip(beats, beats[1:]):
            self.assertAlmostEqual(after.at - before.at, 5, delta=0.3)
            self.assertEqual(after.json["seq"], before.json["seq"] + 1)
            self.assertEqual(after.json["instance"], before.json["instance"])

    def test_a_timeline_that_would_not_fit_is_coarsened(self):
        agent, last = self.mesh.agent("flicker"), self.mesh.fresh_slot(0.2)
        for back in range(600, -1, -1):
            agent.report(last - back, ok(self.region) if back % 2 else miss(self.region))
        topic = self.mesh.path(self.region, "flicker", "timeline")
        message = self.watcher.wait(
            topic, lambda m: m.json["resolution_slots"] > 1
            and m.json["to_ms"] >= (last + 1) * 5000, 20)
        timeline = message.json
        self.assertLess(len(message.payload), 4096)
        self.assertEqual(timeline["resolution_slots"], 12, "the finest step that fits")
        first, total = timeline["from_ms"] // 5000, 17_280
        for offset, length, *_ in timeline["runs"]:
            for edge in (offset, offset + length):
                self.assertTrue(edge in (0, total) or (first + edge) % 12 == 0, timeline["runs"])
        state, cause = timeline["runs"][-1][2:]
        self.assertEqual((state, cause), ("inaccessible", "timeout"), "the worst of each step")
        self.assertGreaterEqual(timeline["bar"].count("i"), 10)

    def test_a_topic_of_its_own_region_appears_once_a_report_came_on_it(self):
        self.assertEqual(self.watcher.starting(f"echomesh/v1/region/{SELF}/"), [])
        self.assertTrue(self.watcher.on(f"echomesh/v1/region/{self.region}/state"),
                        "those of other regions are there from the start")
        self.mesh.agent("tokyo").report(self.mesh.fresh_slot(), ok(SELF, 1))
        self.mesh.wait_state(SELF, "tokyo", "accessible")
        summary = self.wait_json(f"echomesh/v1/region/{SELF}/summary")
        self.assertTrue(summary["self_reported"])
        self.assertEqual(list(summary), REGION_KEYS)
        for key in ("month", "uptime_pct", "downtime_s"):
            self.assertIsNone(summary[key])

    def test_retained_topics_expire_when_their_document_does(self):
        self.mesh.agent("tokyo").report(self.mesh.fresh_slot(), ok(self.region, 20))
        self.mesh.wait_state(self.region, "tokyo", "accessible")
        self.watcher.wait(self.mesh.path(self.region, "tokyo", "timeline"), lambda m: True, 8)
        given = self.mesh.retained()
        for topic, message in given.items():
            leaf = topic.rsplit("/", 1)[1]
            with self.subTest(topic):
                self.assertEqual(message.qos, 1)
                self.assertLess(len(message.payload), 4096)
                if leaf == "availability":
                    self.assertIsNone(message.expiry, "availability never expires")
                elif "/agent/" not in topic:
                    self.assertIsNotNone(message.expiry)
                    self.assertGreater(message.expiry, 30)
                    if leaf not in ("state", "rtt_ms"):
                        left = message.json["valid_until_ms"] / 1000 - message.at
                        self.assertAlmostEqual(message.expiry, left, delta=2)
        leaves = {topic.rsplit("/", 1)[1] for topic in given}
        self.assertLessEqual({"availability", "info", "state", "summary", "timeline", "rtt_ms"}, leaves)
        self.assertLessEqual(leaves, {"availability", "info", "state", "summary", "timeline",
                                      "rtt_ms", "rtt_24h"}, "live and heartbeat are not retained")

    def test_everything_is_published_again_within_30_s_and_numbers_every_5(self):
        self.mesh.agent("tokyo").report(self.mesh.fresh_slot(), ok(self.region, 20))
        self.mesh.wait_state(self.region, "tokyo", "accessible")
        time.sleep(6)
        all_topics = [f"echomesh/v1/region/{self.region}/{leaf}" for leaf in ("state", "summary")]
        all_topics += [self.mesh.path(self.region, "tokyo", leaf)
                       for leaf in ("state", "rtt_ms", "summary", "timeline")]
        mark = self.watcher.mark()
        time.sleep(32)
        for topic in all_topics:
            with self.subTest(topic):
                again = self.watcher.on(topic, mark)
                self.assertGreaterEqual(len(again), 1)
                if topic.endswith(("summary", "rtt_ms")):
                    self.assertIn(len(again), range(6, 9))

    def test_a_stale_offline_is_answered_with_online(self):
        mark = self.watcher.mark()
        self.watcher.publish(AVAILABILITY, "offline", retain=True)
        self.watcher.wait_text(AVAILABILITY, "offline", 5, mark)
        answer = self.watcher.wait_text(AVAILABILITY, "online", 5, mark)
        self.assertEqual(answer.qos, 1)


class Version311(unittest.TestCase):
    def test_a_3_1_1_client_reads_the_same(self):
        mesh = AggregatorMesh(self)
        region = mesh.region()
        old = Watcher(self, mesh.broker.port, "echomesh/#", version=MQTTv311)
        mesh.agent("tokyo").report(mesh.fresh_slot(), ok(region, 48.2))
        old.wait_text(mesh.path(region, "tokyo", "state"), "accessible", 4)
        old.wait_text(AVAILABILITY, "online", 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
