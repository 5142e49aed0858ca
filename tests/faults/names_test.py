#!/usr/bin/python3
"""A name with a dead and a live address: agents get through at once, say so, and change over."""

import signal
import statistics
import subprocess
import time
import unittest

import networks
from networks import PORT, Network, use_names, wait_until
from reports import Reports
from watcher import Watcher

SLOT_S = 5
STARTS = 100
AT_ONCE = 5
CONNECT_LIMIT_S = 1.0
LIVE, HOLE, RST = "live", "hole", "rst"
DEAD_NAMES = ("hole-first", "hole-last", "rst-first", "rst-last")


def setUpModule():
    networks.require()


class Names(unittest.TestCase):
    """eu has addresses that live, that swallow everything and that answer with RST, and names that
    stand for two of them in either order. One machine asks dnsmasq for them."""

    def setUp(self):
        self.network = Network(self)
        self.vm, self.eu, self.us = (self.network.place(name) for name in ("vm", "eu", "us"))
        server = self.network.place("dns")
        address = {LIVE: self.eu.address, **{kind: self.eu.add_address(host) for kind, host in
                                             ((HOLE, 3), (RST, 4), ("second", 5))}}
        self.network.black_hole((None, address[HOLE]))
        self.network.refuse(self.eu, address[RST])
        self.hosts = {
            "hole-first.test": [address[HOLE], address[LIVE]],
            "hole-last.test": [address[LIVE], address[HOLE]],
            "rst-first.test": [address[RST], address[LIVE]],
            "rst-last.test": [address[LIVE], address[RST]],
            "both.test": [address["second"], address[LIVE]],
            "one.test": [address[LIVE]],
            "moving.test": [address["second"]],
        }
        self.address = address
        self.dns = self.network.names(server, self.hosts)
        self.dns_address = server.address
        use_names(self.vm, self.dns_address)
        self.brokers = {place.name: self.network.broker(place) for place in (self.eu, self.us)}

    def agent(self, location, name, **settings):
        return self.network.agent(self.vm, location, {
            "eu": f"mqtt://{name}.test:{PORT}", "us": self.us.url}, **settings)

    def addresses_of(self, name):
        script = ("import socket, sys; print(*(a[4][0] for a in socket.getaddrinfo("
                  "sys.argv[1], 1883, type=socket.SOCK_STREAM)))")
        return subprocess.check_output(
            self.vm.inside(["/usr/bin/python3", "-c", script, name]), text=True).split()

    def test_every_start_connects_within_a_second(self):
        for name in DEAD_NAMES:
            self.assertEqual(self.addresses_of(f"{name}.test"), self.hosts[f"{name}.test"])
        # It reports to itself: its availability comes by a link of its own to the same name.
        with self.eu.entered():
            watcher = Watcher(self, PORT, "echomesh/v1/agent/+/availability")
        took = {name: [] for name in DEAD_NAMES}
        for first in range(0, STARTS, AT_ONCE):
            self.start_some(watcher, range(first, first + AT_ONCE), took)
        for name, times in took.items():
            report = sorted(online for online, _ in times)
            echo = sorted(up for _, up in times)
            print(f"{name}: {len(times)} starts, from the start of the process to `online` at the "
                  f"broker {statistics.median(report) * 1000:.0f} ms, at most "
                  f"{report[-1] * 1000:.0f}; to the echo link in the log "
                  f"{statistics.median(echo) * 1000:.0f} ms, at most {echo[-1] * 1000:.0f}")
        late = [each for times in took.values() for each in times if max(each) > CONNECT_LIMIT_S]
        self.assertEqual(late, [], f"of {STARTS} starts")

    def start_some(self, watcher, numbers, took):
        mark = watcher.mark()
        started = {}
        for number in numbers:
            name = DEAD_NAMES[number % len(DEAD_NAMES)]
            location = f"place-{number}"
            process = self.network.agent(
                self.vm, location, {"eu": f"mqtt://{name}.test:{PORT}"}, start=False)
            begun = time.time()
            process.start()
            started[location] = (name, process, begun)
        up_at = {}

        def all_up():
            for location, (_, process, _) in started.items():
                if location not in up_at and "echo link to eu is up" in process.log():
                    up_at[location] = time.time()
            return len(up_at) == len(started)
        wait_until(all_up, 20, lambda: next(iter(started.values()))[1].log()[-800:])
        for location, (name, process, begun) in started.items():
            online = watcher.wait_text(f"echomesh/v1/agent/{location}/availability", "online", 20,
                                       mark)
            took[name].append((online.at - begun, up_at[location] - begun))
            process.end()

    def test_dead_addresses_are_told(self):
        reports = Reports(self, self.brokers["us"])
        expected = {**{name: (2, 1) for name in DEAD_NAMES}, "both": (2, 0), "one": (None, None)}
        for name in expected:
            self.agent(name, name)

        def told(name):
            entries = [entry for _, each in sorted(reports.entries(name, "eu").items())
                       for entry in each]
            last = entries[-1] if entries else {}
            return last.get("addresses"), last.get("addresses_dead")
        begun = time.monotonic()
        for name, counts in expected.items():
            wait_until(lambda: reports.first_ok(name, "eu")  # noqa: B023
                       and told(name) == counts, 65,  # noqa: B023
                       lambda: f"{name}: {told(name)}, not {counts}")  # noqa: B023
        print(f"told within {time.monotonic() - begun:.0f} s: {expected}")
        for name in expected:
            words = set(reports.outcomes(name, "eu").values())
            self.assertEqual(words, {"ok"}, name)

    def test_when_the_address_in_use_dies_another_is_taken(self):
        reports = Reports(self, self.brokers["us"])
        places = {kind: self.network.place(f"vm-{kind}") for kind in (HOLE, RST)}
        for kind, place in places.items():
            use_names(place, self.dns_address)
            self.network.agent(place, kind, {"eu": f"mqtt://both.test:{PORT}", "us": self.us.url})
            wait_until(lambda: reports.first_ok(kind, "eu"), 30, "an echo")  # noqa: B023
        used = {self.in_use(place) for place in places.values()}
        self.assertEqual(used, {self.address["second"]}, "the first of the two")
        dead = used.pop()
        died = time.time()
        self.network.black_hole((places[HOLE], dead))
        self.network.refuse(self.eu, f"{dead} -s {places[RST].address}")
        for kind, place in places.items():
            ok = wait_until(lambda: reports.first_ok(kind, "eu", died / SLOT_S), 30,  # noqa: B023
                            "an echo by the other address")
            missed = [word for slot, word in sorted(reports.outcomes(kind, "eu").items())
                      if slot >= int(died) // SLOT_S and word != "ok"]
            print(f"address in use dies ({kind}): {missed or 'nothing'} missed, ok in the slot "
                  f"that began {ok * SLOT_S - died:+.1f} s after")
            self.assertLessEqual(ok * SLOT_S, died + 2 * SLOT_S, kind)
            self.assertLessEqual(len(missed), 2, kind)
            self.assertEqual(self.in_use(place), self.address[LIVE])

        def told(kind):
            last = max(reports.entries(kind, "eu").items())[1][-1]
            return last.get("addresses_dead") == 1
        wait_until(lambda: told(HOLE) and told(RST), 75, "the dead address in the reports")

    def in_use(self, place):
        """The address of eu that the echo link of the agent there is up with."""
        with place.entered():
            lines = networks.run(["ss", "-Htn", "state", "established", "dport", f"= :{PORT}"])
        # Two regions: links to us, to eu and back; the one to us goes by another prefix.
        peers = {line.split()[3].rsplit(":", 1)[0] for line in lines.splitlines()}
        of_eu = {peer for peer in peers if peer.startswith(self.eu.address.rsplit(".", 1)[0] + ".")}
        self.assertEqual(len(of_eu), 1, lines)
        return of_eu.pop()

    def test_a_name_that_moves_is_followed(self):
        reports = Reports(self, self.brokers["us"])
        self.agent("mover", "moving")
        wait_until(lambda: reports.first_ok("mover", "eu"), 30, "an echo")
        file = self.network.folder / "hosts-dns"
        file.write_text(file.read_text().replace(
            f"{self.address['second']} moving.test", f"{self.address[LIVE]} moving.test"))
        self.dns.send(signal.SIGHUP)  # dnsmasq reads it again
        wait_until(lambda: self.addresses_of("moving.test") == [self.address[LIVE]], 10,
                   "the new answer")
        died = time.time()
        self.network.refuse(self.eu, self.address["second"])
        ok = wait_until(lambda: reports.first_ok("mover", "eu", died / SLOT_S), 30,
                        "the new address")
        print(f"name moved: ok in the slot that began {ok * SLOT_S - died:+.1f} s after the "
              "old address died")
        self.assertLessEqual(ok * SLOT_S, died + 2 * SLOT_S)
        self.assertEqual(self.in_use(self.vm), self.address[LIVE])


if __name__ == "__main__":
    unittest.main(verbosity=2)
