#!/usr/bin/python3
"""What an agent tells the report brokers: keys, numbers, and which outcomes go out together."""

import re
import unittest

from mesh import Mesh, wait_until
from relay import Relay
from watcher import Watcher

REPORT_KEYS = ["epoch", "run", "seq", "oldest", "slot", "slot_ms", "limit_ms", "sent_ms", "clock",
               "echoes"]
INFO_KEYS = ["ts", "ts_ms", "valid_until_ms", "location", "name", "area", "latitude", "longitude",
             "version", "epoch", "run", "started_ms", "regions", "spool_reports", "spool_dropped",
             "loop_lag_max_ms", "rss_bytes", "clock_steps", "clock_error_ms"]  # others may follow
LOCATION = "tokyo"
TOPIC = f"echomesh-report/v1/{LOCATION}"


class Reports(unittest.TestCase):
    """One agent at the default 5 s; region eu answers slowly, us after half a second."""

    @classmethod
    def setUpClass(cls):
        cls.mesh = mesh = Mesh(cls)
        cls.brokers = {region: mesh.broker(region) for region in ("eu", "us", "ap")}
        cls.relays = {region: Relay(cls, broker.port) for region, broker in cls.brokers.items()}
        cls.relays["eu"].hold = lambda echo, _: 2.5
        cls.relays["us"].hold = lambda echo, _: 0.5
        cls.watchers = {
            region: Watcher(cls, broker.port, ["echomesh-report/#", "echomesh/#", "echomesh-probe/#"])
            for region, broker in cls.brokers.items()}
        cls.agent = mesh.agent(LOCATION, {region: relay.url for region, relay in cls.relays.items()},
                               area="Asia")
        wait_until(lambda: all(len(cls.reports(region)) >= 6 for region in ("eu", "us", "ap")), 60,
                   lambda: f"six reports on each broker; {cls.agent.log()[-800:]}")

    @classmethod
    def reports(cls, region):
        return cls.watchers[region].on(TOPIC)

    def slots(self, region):
        """slot -> its reports, without the first and the last, which may be incomplete."""
        by_slot = {}
        for report in self.reports(region):
            by_slot.setdefault(report.json["slot"], []).append(report)
        return dict(sorted(by_slot.items())[1:-1])

    def test_keys_and_values(self):
        for region in self.watchers:
            for message in self.reports(region):
                report = message.json
                self.assertEqual(list(report), REPORT_KEYS)
                self.assertRegex(report["epoch"], "^[0-9a-f]{16}$")
                self.assertRegex(report["run"], "^[0-9a-f]{16}$")
                self.assertEqual((report["slot_ms"], report["limit_ms"]), (5000, 5000))
                self.assertEqual(report["clock"], "own")
                self.assertEqual(report["oldest"], report["seq"])
                self.assertLess(abs(message.at_ms - report["sent_ms"]), 250)
                self.assertEqual((message.qos, message.retained), (1, False))
                self.assertNotRegex(message.text, r"[eE][+-]?[0-9]+[,}]|\.[0-9]{4}|\s")
                for entry in report["echoes"]:
                    self.assertEqual(list(entry)[0], "region")
                    kinds = [key for key in entry if key in ("rtt_ms", "miss", "void", "late_ms")]
                    self.assertEqual(len(kinds), 1, entry)

    def test_a_region_is_reported_to_the_others_only(self):
        for region in self.watchers:
            told = {entry["region"] for report in self.reports(region)
                    for entry in report.json["echoes"]}
            self.assertEqual(told, {"eu", "us", "ap"} - {region})

    def test_seq_counts_from_1_in_each_stream(self):
        for region in self.watchers:
            numbers = [report.json["seq"] for report in self.reports(region)]
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), region)
            self.assertEqual(len({report.json["run"] for report in self.reports(region)}), 1)

    def test_all_known_within_a_second_goes_out_together_at_once(self):
        # On eu's broker: us after 0.5 s, ap at once. One report, when the slower is known.
        for slot, reports in self.slots("eu").items():
            self.assertEqual(len(reports), 1, slot)
            outcomes = {entry["region"]: entry for entry in reports[0].json["echoes"]}
            self.assertEqual(set(outcomes), {"us", "ap"}, slot)
            self.assertAlmostEqual(outcomes["us"]["rtt_ms"], 500, delta=30)
            self.assertLess(outcomes["ap"]["rtt_ms"], 30)
            due = self.published("ap", slot)
            self.assertAlmostEqual(reports[0].at - due, 0.5, delta=0.1)

    def test_a_slower_outcome_follows_in_a_further_report_of_the_slot(self):
        # On us's broker: ap at once, eu after 2.5 s. The first goes out after 1 s.
        for slot, reports in self.slots("us").items():
            self.assertEqual(len(reports), 2, slot)
            first, second = reports
            self.assertEqual([entry["region"] for entry in first.json["echoes"]], ["ap"])
            self.assertEqual([entry["region"] for entry in second.json["echoes"]], ["eu"])
            self.assertAlmostEqual(second.json["echoes"][0]["rtt_ms"], 2500, delta=30)
            self.assertEqual(second.json["seq"], first.json["seq"] + 1)
            due = self.published("ap", slot)
            self.assertAlmostEqual(first.at - due, 1.0, delta=0.15)
            self.assertAlmostEqual(second.at - due, 2.5, delta=0.15)

    def published(self, region, slot):
        echoes = self.watchers[region].on(f"echomesh-probe/v1/{LOCATION}")
        return next(echo.at for echo in echoes if int(echo.at_ms) // 5000 == slot)

    def test_the_slot_is_that_of_the_echo(self):
        for region in ("eu", "us"):
            for slot in self.slots(region):
                self.assertTrue(self.published("ap", slot))

    def test_availability_and_info(self):
        for region, watcher in self.watchers.items():
            online = watcher.last(f"echomesh/v1/agent/{LOCATION}/availability")
            self.assertIsNotNone(online, region)
            self.assertEqual((online.text, online.qos, online.expiry), ("online", 1, None))
            message = watcher.last(f"echomesh/v1/agent/{LOCATION}/info")
            self.assertIsNotNone(message, region)
            info = message.json
            self.assertEqual(list(info)[:len(INFO_KEYS)], INFO_KEYS)
            self.assertEqual(info["regions"], ["eu", "us", "ap"])
            self.assertEqual((info["location"], info["name"], info["area"]), (LOCATION, "Tokyo", "Asia"))
            self.assertEqual((info["latitude"], info["longitude"]), (1.5, -2.25))
            self.assertEqual(info["run"], self.reports(region)[-1].json["run"])
            self.assertGreaterEqual(info["valid_until_ms"], info["ts_ms"] + 90_000)
            self.assertIsNotNone(message.expiry, "info expires on MQTT 5")
            self.assertAlmostEqual(message.expiry, 90, delta=2)
            self.assertIsNone(re.search(r"127\.0\.0\.1|/", message.text), "info is public")

    def test_a_stale_offline_is_answered_with_online(self):
        watcher = self.watchers["us"]
        topic = f"echomesh/v1/agent/{LOCATION}/availability"
        mark = watcher.mark()
        watcher.publish(topic, "offline", retain=True)
        watcher.wait_text(topic, "offline", 5, mark)
        watcher.wait_text(topic, "online", 5, mark)

    def test_z_kill_is_told_by_the_will_and_a_restart_begins_anew(self):
        topic = f"echomesh/v1/agent/{LOCATION}/availability"
        old = self.reports("us")[-1].json
        mark = self.watchers["us"].mark()
        self.agent.kill()
        self.watchers["us"].wait_text(topic, "offline", 5, mark)
        mark = self.watchers["us"].mark()
        self.agent.start()
        self.watchers["us"].wait_text(topic, "online", 10, mark)
        first = self.watchers["us"].wait(TOPIC, lambda m: m.json["run"] != old["run"], 25, mark)
        self.assertEqual(first.json["seq"], 1, "a new epoch counts from 1")
        self.assertNotEqual(first.json["epoch"], old["epoch"])
        mark = self.watchers["us"].mark()
        self.assertEqual(self.agent.stop(), 0, "stopped by SIGTERM")
        for watcher in self.watchers.values():
            # It hears its own word while it says goodbye, and once answered it with `online`.
            said = watcher.wait_text(topic, "offline", 5, mark if watcher is self.watchers["us"] else 0)
            self.assertEqual(watcher.last(topic).text, "offline", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
