#!/usr/bin/python3
"""Only its own echo counts: forgers, bridges between regions, a twin, a cloned state directory."""

import collections
import shutil
import signal
import statistics
import time
import unittest

from forger import HOLD, KINDS, LATE, Forger, Repeater
from listeners import Listeners
from mesh import Mesh, wait_until
from scripted_broker import ScriptedBroker
from watcher import Watcher

SLOTS_WATCHED = 14
SLOTS_STOPPED = 5
TOLERANCE_MS = 60  # of a busy machine, for one echo
FAST = {"slot": "1s", "echo": {"limit": "1s"}}
INFO_PERIOD = 30


class OwnEcho(unittest.TestCase):
    """Three meshes beside each other: one of forgers, one of bridged regions, one of twins."""

    @classmethod
    def setUpClass(cls):
        cls.mesh = Mesh(cls)
        cls.home, cls.reserve = cls.mesh.broker("home"), cls.mesh.broker("reserve")
        cls.watcher = Watcher(cls, cls.home.port, ["echomesh-report/#", "echomesh/v1/agent/#"])
        cls.set_up_forgers()
        cls.set_up_bridges()
        cls.set_up_twins()
        wait_until(lambda: all(cls.outcomes("london", region) for region in cls.forgers), 20,
                   lambda: "outcomes at london; " + cls.london.log()[-2000:])
        wait_until(lambda: cls.outcomes("bonn", "eu") and cls.outcomes("bonn", "us"), 20,
                   lambda: "outcomes at bonn; " + cls.bonn.log()[-2000:])
        cls.mark = cls.watcher.mark()
        cls.stop_us()
        wait_until(lambda: len(cls.outcomes("london", "retained", cls.mark)) >= SLOTS_WATCHED, 30,
                   "outcomes of london")
        for forger in cls.forgers.values():
            forger.resting = True
        time.sleep(1)  # what was forged by now is under way
        cls.counted = cls.watcher.mark()

    @classmethod
    def set_up_forgers(cls):
        cls.forgers = {}
        for kind, forge in KINDS.items():
            cls.forgers[kind] = Forger(forge, returns=True)
            if kind not in LATE:
                cls.forgers[f"only-{kind}"] = Forger(forge, returns=False)
        cls.forgers["repeated"] = Repeater()
        regions = {region: {"url": ScriptedBroker(cls, on_publish=forger.on_publish).url}
                   for region, forger in cls.forgers.items()}
        cls.london = cls.mesh.agent("london", cls.with_home(regions), **FAST)
        wait_until(lambda: all(forger.latest for forger in cls.forgers.values()), 20,
                   "an echo of the first run")
        cls.london.kill()
        time.sleep(0.5)  # for what the brokers still hold
        for forger in cls.forgers.values():
            forger.new_run()
        cls.first_run = next(iter(cls.forgers.values())).old["run"]
        cls.london.start()

    @classmethod
    def with_home(cls, regions):
        """All report to home; home itself to a broker that nobody watches."""
        regions = {region: {"report_to": ["home"], **keys} for region, keys in regions.items()}
        return {**regions, "home": {"url": cls.home.url, "report_to": ["reserve"]},
                "reserve": {"url": cls.reserve.url, "report_to": ["home"]}}

    @classmethod
    def set_up_bridges(cls):
        """us passes the probe topics to eu and back, and to ap, where nobody else may publish."""
        folder = cls.mesh.folder
        (folder / "ap.acl").write_text("user bridge\ntopic readwrite echomesh-probe/#\n"
                                       "pattern read echomesh-probe/v1/#\n")
        cls.eu = cls.mesh.broker("eu")
        cls.ap = cls.mesh.run(Listeners(folder, "ap", {"ap": [f"acl_file {folder / 'ap.acl'}"]}))
        cls.us = Listeners(folder, "us", {"us": []})
        with open(folder / "us.conf", "a") as config:
            for name, port, way in (("eu", cls.eu.port, "both"), ("ap", cls.ap.port, "out")):
                config.write(f"connection {name}\naddress 127.0.0.1:{port}\n"
                             f"remote_username bridge\ntopic echomesh-probe/# {way} 0\n"
                             "notifications false\nrestart_timeout 1\n")
        cls.mesh.run(cls.us)
        cls.bridged = Watcher(cls, cls.ap.port, "echomesh-probe/#")
        cls.bonn = cls.mesh.agent("bonn", cls.with_home(
            {region: {"url": broker.url}
             for region, broker in (("eu", cls.eu), ("us", cls.us), ("ap", cls.ap))}), **FAST)

    @classmethod
    def stop_us(cls):
        cls.us.send(signal.SIGSTOP)
        cls.stopped = cls.watcher.mark()
        wait_until(lambda: len(cls.outcomes("bonn", "us", cls.stopped)) > SLOTS_STOPPED, 20,
                   "outcomes of us while its broker is stopped")
        cls.going_on = cls.watcher.mark()
        cls.us.send(signal.SIGCONT)

    @classmethod
    def set_up_twins(cls):
        cls.rome = cls.mesh.run(Listeners(cls.mesh.folder, "rome", {"rome": []}))
        regions = cls.with_home({"it": {"url": cls.rome.url}})
        cls.twins = [cls.mesh.agent("rome", regions, **FAST)]
        wait_until(lambda: cls.outcomes("rome", "it"), 20, "an outcome at rome")
        state = cls.mesh.folder / "state-rome"
        shutil.copytree(state, cls.mesh.folder / "state-clone")
        cls.twins.append(cls.mesh.agent("rome", regions, file="agent-clone",
                                        state_dir=str(cls.mesh.folder / "state-clone"), **FAST))
        wait_until(lambda: len(cls.runs("rome")) == 2, 20,
                   lambda: "two runs; " + cls.twins[1].log()[-1000:])
        cls.connections_before = cls.rome.log().count("New client connected")

    @classmethod
    def reports(cls, location, since=0):
        return [m.json for m in cls.watcher.on(f"echomesh-report/v1/{location}", since)]

    @classmethod
    def outcomes(cls, location, region, since=0):
        return [entry for report in cls.reports(location, since) for entry in report["echoes"]
                if entry["region"] == region and report["run"] != getattr(cls, "first_run", None)]

    @classmethod
    def runs(cls, location):
        return {report["run"] for report in cls.reports(location)}

    def test_a_forged_echo_neither_makes_nor_bends_an_rtt(self):
        for region in [*KINDS, "repeated"]:
            with self.subTest(region):
                outcomes = self.outcomes("london", region, self.mark)[1:]
                self.assertGreaterEqual(len(outcomes), SLOTS_WATCHED - 2)
                self.assertEqual([e for e in outcomes if set(e) != {"region", "rtt_ms"}], [])
                times = [e["rtt_ms"] for e in outcomes]
                self.assertGreaterEqual(min(times), HOLD * 1000 - 1)
                self.assertLess(max(times), HOLD * 1000 + TOLERANCE_MS)
                self.assertAlmostEqual(statistics.median(times), HOLD * 1000, delta=15)

    def test_forged_echoes_alone_are_a_miss(self):
        for kind in set(KINDS) - LATE:
            with self.subTest(kind):
                told = self.outcomes("london", f"only-{kind}", self.mark)
                self.assertGreaterEqual(len(told), SLOTS_WATCHED - 2)
                self.assertEqual([e for e in told if e.get("miss") != "timeout"], [])

    def test_every_slot_has_one_outcome(self):
        for location, region in [("london", region) for region in self.forgers] + [
                ("bonn", "eu"), ("bonn", "us"), ("bonn", "ap")]:
            slots = collections.Counter(
                report["slot"] for report in self.reports(location, self.mark)
                for entry in report["echoes"]
                if entry["region"] == region and "late_ms" not in entry)
            self.assertEqual(set(slots.values()), {1}, f"{location} {region}")

    def test_what_was_not_its_own_is_counted(self):
        info = self.watcher.wait("echomesh/v1/agent/london/info", lambda m: True, INFO_PERIOD + 5,
                                 self.counted).json
        # A number done with is its own echo once more: it may be counted or not.
        repeated = sum(f.repeated + (f.forged if kind in LATE else 0)
                       for kind, f in self.forgers.items())
        forged = sum(f.forged for kind, f in self.forgers.items() if kind not in LATE)
        print(f"forged {forged}, repeated {repeated}, counted {info.get('foreign_echoes')}")
        self.assertIn("foreign_echoes", info)
        self.assertGreaterEqual(info["foreign_echoes"], forged)
        self.assertLessEqual(info["foreign_echoes"], forged + repeated)

    def test_an_echo_bridged_from_another_region_counts_for_nothing(self):
        self.assertTrue(self.bridged.messages, "the bridge brings echoes to ap")
        told = collections.Counter(e.get("miss", str(e)) for e in self.outcomes("bonn", "ap"))
        self.assertEqual(set(told) - {"timeout"}, {"denied"}, self.bonn.log()[-1500:])
        self.assertLessEqual(told["timeout"], 1)

    def test_a_stopped_region_is_a_miss_though_its_neighbour_is_well(self):
        us = [e for e in self.outcomes("bonn", "us", self.stopped)][1:SLOTS_STOPPED]
        self.assertEqual({e.get("miss") for e in us}, {"timeout"}, us)
        eu = [e for e in self.outcomes("bonn", "eu", self.stopped)][:SLOTS_STOPPED]
        self.assertEqual([e for e in eu if "rtt_ms" not in e], [])

    def test_a_bridge_back_brings_no_rtt(self):
        for region in ("eu", "us"):
            times = [e["rtt_ms"] for e in self.outcomes("bonn", region, self.mark)
                     if "rtt_ms" in e and "resent" not in e]
            self.assertLess(statistics.median(times), 15, region)

    def test_two_agents_with_one_location_measure_beside_each_other(self):
        self.assertTrue(all(twin.running() for twin in self.twins))
        self.assertEqual(self.rome.log().count("New client connected"), self.connections_before,
                         "nobody was thrown off")
        self.assertNotIn("already connected", self.rome.log())
        for run in self.runs("rome"):
            reports = [r for r in self.reports("rome", self.mark) if r["run"] == run]
            entries = [e for r in reports for e in r["echoes"] if e["region"] == "it"]
            self.assertGreaterEqual(len(entries), SLOTS_WATCHED - 2)
            self.assertEqual([e for e in entries if set(e) != {"region", "rtt_ms"}], [])
            slots = [r["slot"] for r in reports if any(e["region"] == "it" for e in r["echoes"])]
            self.assertEqual(slots, list(range(slots[0], slots[0] + len(slots))), run)
            times = [e["rtt_ms"] for e in entries]
            self.assertLess(statistics.median(times), 15)


if __name__ == "__main__":
    unittest.main(verbosity=2)
