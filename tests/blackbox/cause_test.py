#!/usr/bin/python3
"""A miss says why: one agent watches many regions, each broken in a way of its own."""

import collections
import glob
import json
import signal
import statistics
import time
import unittest

from certificates import Authority
from listeners import Full, Listeners, Silent
from mesh import Mesh, free_port, wait_until
from scripted_broker import V311, ScriptedBroker
from watcher import Watcher

LOCATION = "london"
REPORTS = f"echomesh-report/v1/{LOCATION}"
PROBES = f"echomesh-probe/v1/{LOCATION}"
SETTLED = 8.0  # a phase that hangs is given up after 5 s
SLOTS_WATCHED = 16
STEADY_MS = 60
WRONG_PASSWORD_311, NOT_AUTHORISED = 5, 135
PASSWORD_HASH = (
    "$7$101$3QvYkWMxLdCh6mYb$Zh2Pg3FZDN0lYH3P0wVQzGxPqGq2mUq7J6BfYvX8S9h8S4xq3v2m0q7J8aFv8fH6"
    "kJ5uJ0v1eQ0w3bqk3w9mYw==")
DYNAMIC_SECURITY = glob.glob("/usr/lib/*/mosquitto_dynamic_security.so")


class Causes(unittest.TestCase):
    """All is started once; what each region's broker does to the agent is told by its name."""

    @classmethod
    def setUpClass(cls):
        cls.mesh = Mesh(cls)
        cls.home, cls.steady = cls.mesh.broker("home"), cls.mesh.broker("steady")
        cls.watcher = Watcher(cls, cls.home.port, REPORTS)
        cls.probes = Watcher(cls, cls.steady.port, PROBES)
        cls.regions = {"home": {"url": cls.home.url, "report_to": ["steady"]},
                       "steady": {"url": cls.steady.url}}
        cls.set_up_addresses()
        cls.set_up_tls()
        cls.set_up_refusals()
        for keys in cls.regions.values():
            keys.setdefault("report_to", ["home"])
        cls.agent = cls.mesh.agent(LOCATION, cls.regions, slot="1s", echo={"limit": "1s"})
        wait_until(lambda: all(cls.outcomes(region) for region in cls.regions if region != "home"),
                   20, lambda: "outcomes; " + cls.agent.log()[-2000:])
        cls.stopped.send(signal.SIGSTOP)
        cls.kill_in_flight()
        time.sleep(SETTLED)
        cls.mark = cls.watcher.mark()
        wait_until(lambda: len(cls.outcomes("steady", cls.mark)) >= SLOTS_WATCHED,
                   SLOTS_WATCHED + 20, "outcomes of the steady region")

    @classmethod
    def set_up_addresses(cls):
        silent, closing, cls.full = Silent(cls), Silent(cls, closes=True), Full(cls)
        cls.is_full = cls.full.fill()
        nobody = free_port()
        cls.stopped, cls.killed = cls.mesh.broker("stopped"), cls.mesh.broker("killed")
        for region, address in {
                "dead-name": "mqtt://dead.invalid", "dead-name-tls": "mqtts://dead.invalid",
                "no-listener": f"mqtt://127.0.0.1:{nobody}",
                "no-listener-tls": f"mqtts://127.0.0.1:{nobody}",
                "no-answer": f"mqtt://127.0.0.1:{cls.full.port}",
                "no-answer-tls": f"mqtts://127.0.0.1:{cls.full.port}",
                "silent": f"mqtt://127.0.0.1:{silent.port}",
                "silent-tls": f"mqtts://127.0.0.1:{silent.port}",
                "closing": f"mqtt://127.0.0.1:{closing.port}",
                "closing-tls": f"mqtts://127.0.0.1:{closing.port}",
                "stopped": cls.stopped.url, "killed": cls.killed.url}.items():
            cls.regions[region] = {"url": address}

    @classmethod
    def set_up_tls(cls):
        folder = cls.mesh.folder
        own, foreign = Authority(folder, "own"), Authority(folder, "foreign")
        server = own.issue("server", "IP:127.0.0.1,DNS:localhost")
        certificates = {
            "right": server,
            "other-name": own.issue("other", "DNS:other.example,IP:127.0.0.9"),
            "unknown-ca": foreign.issue("server"),
            "expired": own.issue("expired", begins=-30, ends=-0.001),
            "not-yet": own.issue("not-yet", begins=1, ends=30)}
        listeners = {name: [f"certfile {pair.certificate}", f"keyfile {pair.key}"]
                     for name, pair in certificates.items()}
        wants_client = [*listeners["right"], f"cafile {own.certificate}",
                        "require_certificate true"]
        listeners |= {"client-certificate": wants_client, "plain": []}
        cls.tls = cls.mesh.run(Listeners(folder, "tls", listeners))
        cls.tls_12 = Listeners(folder, "tls-12", {"client-certificate-12": wants_client})
        cls.mesh.run(cls.tls_12.with_newest_tls("TLSv1.2"))
        stranger, late = foreign.issue("stranger"), own.issue("late", begins=-30, ends=-0.001)

        def region(name, listener, who=None, **keys):
            if who:
                keys |= {"cert_file": str(who.certificate), "key_file": str(who.key)}
            port = {**cls.tls.ports, **cls.tls_12.ports}[listener]
            cls.regions[name] = {"url": f"mqtts://127.0.0.1:{port}",
                                 "ca_file": str(own.certificate), **keys}
        for name in certificates:
            region(f"tls-{name}", name)
        region("tls-plain-peer", "plain")
        for version in ("", "-12"):
            listener = f"client-certificate{version}"
            region(f"no-certificate{version}", listener)
            region(f"foreign-certificate{version}", listener, stranger)
            region(f"expired-certificate{version}", listener, late)
        cls.regions["plain-to-tls"] = {"url": f"mqtt://127.0.0.1:{cls.tls.ports['right']}"}

    @classmethod
    def set_up_refusals(cls):
        folder = cls.mesh.folder
        (folder / "users").write_text(f"{LOCATION}:{PASSWORD_HASH}\n")
        (folder / "users").chmod(0o600)
        (folder / "no-publish.acl").write_text("pattern read echomesh-probe/v1/#\n")
        (folder / "no-read.acl").write_text("pattern write echomesh-probe/v1/#\n")
        (folder / "wrong.password").write_text("not this one\n")
        (folder / "wrong.password").chmod(0o600)
        cls.doors = cls.mesh.run(Listeners(folder, "doors", {
            "password": ["allow_anonymous false", f"password_file {folder / 'users'}"],
            "no-read": [f"acl_file {folder / 'no-read.acl'}"]}))
        cls.mute = cls.mesh.run(Listeners(folder, "mute", {
            "no-publish": [f"acl_file {folder / 'no-publish.acl'}"]}))
        for name, port in {**cls.doors.ports, **cls.mute.ports}.items():
            cls.regions[name] = {"url": f"mqtt://127.0.0.1:{port}"}
        cls.regions["password"]["password_file"] = str(folder / "wrong.password")
        cls.regions["no-password"] = {"url": cls.regions["password"]["url"]}
        old = (V311,)
        for name, broker in {
                "password-311": ScriptedBroker(cls, connack=WRONG_PASSWORD_311, versions=old),
                "no-connack": ScriptedBroker(cls, connack=None),
                "no-suback": ScriptedBroker(cls, suback=None),
                "no-echo": ScriptedBroker(cls, on_publish=lambda *_: None),
                "no-publish-5": ScriptedBroker(cls, puback=NOT_AUTHORISED),
                "no-publish-311": ScriptedBroker(cls, versions=old, on_publish=lambda *_: None),
                "no-subscribe-5": ScriptedBroker(cls, suback=NOT_AUTHORISED,
                                                 on_publish=lambda *_: None),
                "no-subscribe-311": ScriptedBroker(cls, suback=128, versions=old,
                                                   on_publish=lambda *_: None),
                "steady-311": ScriptedBroker(cls, versions=old)}.items():
            cls.regions[name] = {"url": broker.url}
        if DYNAMIC_SECURITY:
            (folder / "dynamic.json").write_text(json.dumps({"defaultACLAccess": {
                "publishClientSend": True, "publishClientReceive": True, "subscribe": False,
                "unsubscribe": True}}))
            cls.dynamic = cls.mesh.run(Listeners(folder, "dynamic", {"no-subscribe": [
                f"plugin {DYNAMIC_SECURITY[0]}",
                f"plugin_opt_config_file {folder / 'dynamic.json'}"]}))
            cls.regions["no-subscribe"] = {"url": cls.dynamic.url}

    @classmethod
    def kill_in_flight(cls):
        """A location's echoes leave at once: where one arrives, those to the others are out."""
        mark = cls.probes.mark()
        wait_until(lambda: len(cls.probes.messages) > mark, 5, "an echo")
        cls.killed.send(signal.SIGSTOP)  # no echo comes back from here on
        mark = cls.probes.mark()
        cls.killed_in = wait_until(lambda: cls.probes.on(PROBES, mark), 5, "an echo")[0]
        time.sleep(0.05)
        cls.killed.kill()
        cls.killed_slot = int(cls.killed_in.at)

    @classmethod
    def entries(cls, region, since=0):
        return [(message.json["slot"], entry) for message in cls.watcher.on(REPORTS, since)
                for entry in message.json["echoes"] if entry["region"] == region]

    @classmethod
    def outcomes(cls, region, since=0):
        return [entry for _, entry in cls.entries(region, since)]

    def lines(self, region):
        return [line for line in self.agent.log().splitlines() if f" {region} " in f"{line} "
                or f" {region}:" in line]

    def expect(self, region, cause, words=None):
        """Every slot watched is a miss by `cause`, and the log has it with words that help."""
        with self.subTest(region):
            told = collections.Counter(entry.get("miss", "none: " + json.dumps(entry))
                                       for entry in self.outcomes(region, self.mark))
            self.assertEqual(set(told), {cause}, f"{told}; log: {self.lines(region)}")
            self.assertGreaterEqual(told[cause], SLOTS_WATCHED - 1)
            if words:
                named = [line for line in self.lines(region) if f"({cause})" in line]
                self.assertTrue(named, f"no line with ({cause}): {self.lines(region)}")
                self.assertRegex(named[-1].lower(), words)

    def test_a_dead_name_is_dns(self):
        self.expect("dead-name", "dns", "dead.invalid.*resolve")
        self.expect("dead-name-tls", "dns", "dead.invalid.*resolve")

    def test_a_port_without_a_listener_is_connect(self):
        self.expect("no-listener", "connect", "connection refused")
        self.expect("no-listener-tls", "connect", "connection refused")

    def test_a_connect_that_nobody_answers_is_connect(self):
        self.assertTrue(self.is_full, "the kernel still answers though the queue is full")
        self.expect("no-answer", "connect", "not answered")
        self.expect("no-answer-tls", "connect", "not answered")

    def test_a_peer_that_accepts_and_is_silent_is_timeout_or_tls(self):
        self.expect("silent", "timeout", "no connack")
        self.expect("silent-tls", "tls", "tls handshake")

    def test_a_peer_that_closes_at_once_is_tls_where_tls_was_to_be(self):
        self.expect("closing-tls", "tls", "clos|handshake")

    def test_a_peer_that_closes_before_connack_has_one_cause(self):
        for region in ("closing", "plain-to-tls"):
            told = {entry.get("miss") for entry in self.outcomes(region, self.mark)}
            print(f"{region}: {told}: {self.lines(region)[-1]}")
            self.assertEqual(len(told), 1, f"{region}: {told}")
            self.assertIn(told.pop(), ("connect", "refused"), region)

    def test_a_certificate_of_another_name_is_tls(self):
        self.expect("tls-other-name", "tls", "name|address mismatch")

    def test_a_certificate_of_an_unknown_authority_is_tls(self):
        self.expect("tls-unknown-ca", "tls", "issuer|authorit|self.signed|verify")

    def test_a_certificate_that_has_expired_or_is_not_yet_valid_is_tls(self):
        self.expect("tls-expired", "tls", "expired")
        self.expect("tls-not-yet", "tls", "not yet valid")

    def test_a_peer_that_speaks_no_tls_is_tls(self):
        self.expect("tls-plain-peer", "tls", "tls|ssl|clos")

    def test_a_refused_client_certificate_is_tls_in_every_version(self):
        for version in ("", "-12"):
            for who in ("no", "foreign", "expired"):
                self.expect(f"{who}-certificate{version}", "tls", "alert|certificate")

    def test_a_wrong_password_is_refused(self):
        self.expect("password", "refused", "not authori[sz]ed|user name or password")
        self.expect("no-password", "refused", "not authori[sz]ed|user name or password")
        self.expect("password-311", "refused", "not authori[sz]ed|user name or password")

    def test_a_publish_denied_is_denied_where_the_broker_can_say_so(self):
        self.expect("no-publish", "denied")
        self.expect("no-publish-5", "denied")
        for region in ("no-publish", "no-publish-5"):
            self.assertTrue([line for line in self.lines(region) if "acl" in line.lower()
                             and PROBES in line], self.lines(region))
        self.expect("no-publish-311", "timeout")

    def test_a_subscription_denied_is_denied(self):
        regions = ["no-subscribe-5", "no-subscribe-311"]
        regions += ["no-subscribe"] if DYNAMIC_SECURITY else []
        for region in regions:
            self.expect(region, "denied")
            self.assertTrue([line for line in self.lines(region)
                             if "subscription denied" in line.lower()], self.lines(region))

    def test_a_broker_that_takes_all_and_says_nothing_is_timeout(self):
        self.expect("no-connack", "timeout", "no connack")
        self.expect("no-suback", "timeout", "suback")
        self.expect("no-echo", "timeout")
        self.expect("no-read", "timeout")

    def test_a_stopped_broker_is_timeout(self):
        self.expect("stopped", "timeout")

    def test_a_broker_killed_with_the_echo_in_flight_is_lost_and_then_connect(self):
        found = [entry for slot, entry in self.entries("killed") if slot == self.killed_slot]
        self.assertEqual(found, [{"region": "killed", "miss": "lost"}], self.lines("killed"))
        self.assertTrue([line for line in self.lines("killed") if "is lost" in line])
        self.expect("killed", "connect", "connection refused")

    def test_the_healthy_ones_are_not_disturbed(self):
        healthy = ["steady", "steady-311", "tls-right"]
        for region in healthy:
            outcomes = self.outcomes(region)[3:]
            with self.subTest(region):
                self.assertEqual([each for each in outcomes if "rtt_ms" not in each], [])
                times = [each["rtt_ms"] for each in outcomes]
                print(f"{region}: {len(times)} echoes, median {statistics.median(times):.2f} ms, "
                      f"longest {max(times):.2f} ms")
                self.assertLess(statistics.median(times), STEADY_MS / 10)
                self.assertLess(sorted(times)[-2], STEADY_MS, sorted(times)[-5:])

    def test_every_slot_of_every_region_is_told_once(self):
        for region in self.regions:
            if region != "home":
                slots = [slot for slot, entry in self.entries(region) if "late_ms" not in entry]
                self.assertEqual(slots, list(range(slots[0], slots[0] + len(slots))), region)


if __name__ == "__main__":
    unittest.main(verbosity=2)
