#!/usr/bin/python3
"""Certificates are renewed without a restart, and told of before they run out."""

import re
import shutil
import signal
import unittest

from certificates import Authority
from listeners import Listeners
from mesh import Mesh, wait_until
from watcher import Watcher

LOCATION = "london"
REPORTS = f"echomesh-report/v1/{LOCATION}"
LINKS = ("eu", "us")


class Rig:
    """A broker that wants client certificates, and one that only listens to reports."""

    def __init__(self, test):
        self.mesh = Mesh(test)
        self.authority = Authority(self.mesh.folder, "own")
        self.pair = self.authority.issue("server")
        self.us = self.mesh.broker("us")
        self.watcher = Watcher(test, self.us.port, REPORTS)
        self.eu = self.broker(self.pair, self.authority)

    def broker(self, pair, clients, name="eu"):
        return self.mesh.run(Listeners(self.mesh.folder, name, {"tls": [
            f"certfile {pair.certificate}", f"keyfile {pair.key}", f"cafile {clients.certificate}",
            "require_certificate true", "use_identity_as_username true"]}))

    def files(self, **names):
        """What the agent is told to read: copies, to be replaced later."""
        folder = self.mesh.folder / "files"
        folder.mkdir(exist_ok=True)
        self.put(**names)
        return {f"{kind}_file": str(folder / kind) for kind in names}

    def put(self, **names):
        for kind, source in names.items():
            target = self.mesh.folder / "files" / kind
            fresh = target.with_suffix(".new")
            if isinstance(source, str):
                fresh.write_text(source)
            else:
                shutil.copy(source, fresh)
            fresh.chmod(0o600)
            fresh.rename(target)

    def agent(self, location=LOCATION, **keys):
        url = f"mqtts://127.0.0.1:{self.eu.port}"
        return self.mesh.agent(location, {
            "eu": {"url": url, "report_to": ["us"], **keys},
            "us": {"url": self.us.url, "report_to": ["us"]}}, slot="1s", echo={"limit": "1s"})

    def outcomes(self, since=0):
        return [entry for message in self.watcher.on(REPORTS, since)
                for entry in message.json["echoes"] if entry["region"] == "eu"]

    def wait_ok(self, since, what):
        wait_until(lambda: any("rtt_ms" in each for each in self.outcomes(since)), 20, what)

    def names_seen(self):
        """By the broker, in order: the identities that came with a certificate."""
        return re.findall(rf"as echomesh-{LOCATION}-\S+ \(.*u'([^']*)'", self.eu.log())


class Reload(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(self)
        own = self.rig.authority
        first = own.issue("first-name")
        self.agent = self.rig.agent(**self.rig.files(ca=own.certificate, cert=first.certificate,
                                                     key=first.key))
        self.rig.wait_ok(0, lambda: self.agent.log() + self.rig.eu.log())
        self.pid = self.agent.child.pid
        self.assertEqual(set(self.rig.names_seen()), {"first-name"})

    def hang_up(self):
        """SIGHUP; returns what the log says of it."""
        before = len(self.agent.log())
        self.agent.send(signal.SIGHUP)
        wait_until(lambda: len(self.agent.log()) > before, 10, "a line in the log on SIGHUP")
        return before

    def no_miss(self, mark):
        """A hang-up disturbs no echo: the links that are up stay up."""
        wait_until(lambda: len(self.rig.outcomes(mark)) >= 3, 10, "three outcomes")
        self.assertEqual([e for e in self.rig.outcomes(mark) if set(e) != {"region", "rtt_ms"}], [])
        self.assertTrue(self.agent.running())
        self.assertEqual(self.agent.child.pid, self.pid)

    def reconnect(self, broker=None):
        self.rig.eu.kill()
        if broker:
            broker()
        self.rig.eu.start()
        mark = self.rig.watcher.mark()
        self.rig.wait_ok(mark, lambda: self.agent.log()[-2000:] + self.rig.eu.log()[-2000:])

    def test_a_new_certificate_is_used_by_the_next_connection(self):
        second = self.rig.authority.issue("second-name")
        self.rig.put(cert=second.certificate, key=second.key)
        mark, connections = self.rig.watcher.mark(), len(self.rig.names_seen())
        self.hang_up()
        self.no_miss(mark)
        self.assertEqual(len(self.rig.names_seen()), connections, "no link was dropped for it")
        self.reconnect()
        self.assertEqual(set(self.rig.names_seen()[connections:]), {"second-name"})

    def test_without_a_hang_up_the_old_certificate_stays_in_use(self):
        second = self.rig.authority.issue("second-name")
        self.rig.put(cert=second.certificate, key=second.key)
        self.reconnect()
        self.assertEqual(set(self.rig.names_seen()), {"first-name"})

    def broken(self, kind, words, **files):
        """A hang-up with a file of no use: told by its path, and the old one serves on."""
        self.rig.put(**files)
        mark = self.rig.watcher.mark()
        before = self.hang_up()
        path = str(self.rig.mesh.folder / "files" / kind)
        said = wait_until(lambda: [line for line in self.agent.log()[before:].splitlines()
                                   if path in line], 5, lambda: self.agent.log()[before:])
        self.assertTrue(any("error" in line.lower() for line in said), said)
        self.assertRegex(" ".join(said).lower(), words)
        self.no_miss(mark)
        connections = len(self.rig.names_seen())
        self.reconnect()
        self.assertEqual(set(self.rig.names_seen()[connections:]), {"first-name"})

    def test_a_broken_certificate_keeps_the_old_one(self):
        self.broken("cert", "pem|certificate", cert="-----BEGIN CERTIFICATE-----\nAAAA\n")

    def test_a_key_of_another_certificate_keeps_the_old_pair(self):
        other = self.rig.authority.issue("second-name")
        self.broken("key", "key", key=other.key)

    def test_an_empty_list_of_authorities_keeps_the_old_one(self):
        self.broken("ca", "pem|certificate", ca="\n")

    def test_new_authorities_are_believed_by_the_next_connection(self):
        new = Authority(self.rig.mesh.folder, "new")
        pair = new.issue("server")
        config = self.rig.mesh.folder / "eu.conf"

        def change():
            config.write_text(config.read_text().replace(str(self.rig.pair.certificate),
                                                         str(pair.certificate))
                              .replace(str(self.rig.pair.key), str(pair.key)))
        self.rig.eu.kill()
        change()
        mark = self.rig.watcher.mark()
        self.rig.eu.start()
        wait_until(lambda: [e for e in self.rig.outcomes(mark) if e.get("miss") == "tls"], 15,
                   lambda: f"tls: {self.rig.outcomes(mark)}")
        self.rig.put(ca=new.certificate)
        self.hang_up()
        mark = self.rig.watcher.mark()
        self.rig.wait_ok(mark, lambda: self.agent.log()[-2000:])
        self.assertTrue(self.agent.running())


class DaysLeft(unittest.TestCase):
    """Below 21 days the log warns; the day counts that has begun."""

    OWN = {"ends-20": 20.5, "ends-21": 21.5, "ends-30": 30.5, "ends-1": 1.5}
    BROKER = {"broker-20": 20.5, "broker-21": 21.5, "broker-30": 30.5}

    def setUp(self):
        self.rig = Rig(self)
        self.own = self.rig.authority

    def warnings(self, agent, since=0):
        return [line for line in agent.log()[since:].splitlines()
                if "warning" in line.lower() and re.search(r"\bdays?\b", line.lower())]

    def agents(self):
        agents = {}
        for name, days in self.OWN.items():
            pair = self.own.issue(name, ends=days)
            agents[name] = self.rig.agent(name, ca_file=str(self.own.certificate),
                                          cert_file=str(pair.certificate), key_file=str(pair.key))
        wait_until(lambda: all("link to eu is up" in a.log() for a in agents.values()), 20,
                   lambda: [a.log()[-500:] for a in agents.values()])
        return agents

    def test_of_the_own_certificate_at_start_and_at_a_hang_up(self):
        agents = self.agents()
        for name, agent in agents.items():
            days = name.rpartition("-")[2]
            if int(days) < 21:
                warned = wait_until(lambda: self.warnings(agent), 5, agent.log)  # noqa: B023
                self.assertEqual(len(warned), 1, warned)
                self.assertRegex(warned[0], rf"\b{days}\b")
                self.assertRegex(warned[0], rf"\beu\b|{name}\.crt", "says whose it is")
                before = len(agent.log())
                agent.send(signal.SIGHUP)
                wait_until(lambda: self.warnings(agent, before), 5,  # noqa: B023
                           lambda: agent.log()[before:])  # noqa: B023
            else:
                self.assertEqual(self.warnings(agent), [], name)

    def test_of_the_brokers_certificate_at_each_connect(self):
        pairs = {name: self.own.issue(name, ends=days) for name, days in self.BROKER.items()}
        broker = self.rig.mesh.run(Listeners(self.rig.mesh.folder, "many", {
            name: [f"certfile {pair.certificate}", f"keyfile {pair.key}"]
            for name, pair in pairs.items()}))
        regions = {name: {"url": f"mqtts://127.0.0.1:{port}", "report_to": ["us"],
                          "ca_file": str(self.own.certificate)}
                   for name, port in broker.ports.items()}
        agent = self.rig.mesh.agent("paris", {**regions, "us": {
            "url": self.rig.us.url, "report_to": ["us"]}})
        wait_until(lambda: all(f"link to {name} is up" in agent.log() for name in pairs), 15,
                   agent.log)
        warned = wait_until(lambda: self.warnings(agent), 5, agent.log)
        self.assertEqual(len(warned), 1, warned)
        self.assertIn("broker-20", warned[0])
        self.assertRegex(warned[0].replace("broker-20", ""), r"\b20\b")


if __name__ == "__main__":
    unittest.main(verbosity=2)
