#!/usr/bin/python3
"""A resolver that hangs: the region it hides is missed by `dns`, nothing else is late meanwhile."""

import signal
import statistics
import time
import unittest

import networks
from networks import PORT, Network, use_names, wait_until
from reports import Reports
from watcher import Watcher

SLOT_S = 2
LIMIT_S = 5  # the default
WATCHED_S = 40  # an agent tells its loop's lag every 30 s
LATE_MS = 50
HIDDEN = "ap"
SEEN = ("eu", "us")


def setUpModule():
    networks.require()


class HungResolver(unittest.TestCase):
    """Four machines, an agent each, that watch eu, us and ap; ap stands there by a name.

    literal    its resolver is stopped from the start; eu and us are addresses
    black-hole its packets to the resolver vanish; eu and us are addresses
    later      its resolver is stopped while all three names are known, then their links are cut
    one-name   its resolver answers for eu and us, and never for ap
    """

    FROM_THE_START = ("literal", "black-hole", "one-name")

    @classmethod
    def setUpClass(cls):
        cls.network = network = Network(cls)
        cls.places = {name: network.place(name) for name in (*SEEN, HIDDEN)}
        cls.brokers = {name: network.broker(place) for name, place in cls.places.items()}
        cls.reports = Reports(cls, *(cls.brokers[name] for name in SEEN))
        cls.probes, cls.status = {}, {}
        for name in SEEN:
            with cls.places[name].entered():
                cls.probes[name] = Watcher(cls, PORT, "echomesh-probe/v1/+")
                cls.status[name] = Watcher(cls, PORT, "echomesh/v1/agent/+/info")
        by_address = {name: place.url for name, place in cls.places.items()}
        by_name = {name: f"mqtt://{name}.test:{PORT}" for name in cls.places}
        hosts = {f"{name}.test": [place.address] for name, place in cls.places.items()}
        cls.servers, cls.agents, cls.vms = {}, {}, {}
        for kind in (*cls.FROM_THE_START, "later"):
            vm, server = network.place(f"vm-{kind}"), network.place(f"dns-{kind}")
            use_names(vm, server.address)
            cls.vms[kind] = vm
            nowhere = {f"{HIDDEN}.test": "10.83.250.250"} if kind == "one-name" else {}
            cls.servers[kind] = network.names(
                server, {name: each for name, each in hosts.items() if name not in nowhere},
                nowhere)
            if kind == "literal":
                cls.servers[kind].send(signal.SIGSTOP)
            elif kind == "black-hole":
                network.black_hole((vm, server))
            urls = by_name if kind in ("later", "one-name") else {
                **by_address, HIDDEN: by_name[HIDDEN]}
            cls.agents[kind] = network.agent(vm, kind, {
                name: {"url": url, "report_to": [next(each for each in SEEN if each != name)]}
                for name, url in urls.items()}, slot=f"{SLOT_S}s")
        cls.begun = time.time()
        wait_until(lambda: cls.reports.first_ok("later", HIDDEN), 30, cls.agents["later"].log)
        cls.servers["later"].send(signal.SIGSTOP)
        cls.hung = time.time()
        time.sleep(max(0.0, cls.begun + WATCHED_S - time.time()))

    def outcomes(self, kind, region):
        return self.reports.outcomes(kind, region)

    def test_the_region_that_has_no_address_is_missed_by_dns(self):
        for kind in self.FROM_THE_START:
            words = list(self.outcomes(kind, HIDDEN).values())
            print(f"{kind}: {len(words)} outcomes of {HIDDEN}: {set(words)}")
            self.assertGreater(len(words), (WATCHED_S - LIMIT_S) / SLOT_S - 4, kind)
            self.assertEqual(set(words), {"miss: dns"}, kind)

    def test_the_other_regions_are_accessible_from_the_first_slot(self):
        for kind in self.FROM_THE_START:
            for region in SEEN:
                words = [word for _, word in sorted(self.outcomes(kind, region).items())]
                self.assertEqual(set(words), {"ok"}, f"{kind} {region}: {words}")

    def test_what_was_known_serves_while_the_resolver_hangs(self):
        # The links of all three are torn; each comes back by the address it had.
        with self.vms["later"].entered():
            networks.run(["ss", "-K", "dport", f"= :{PORT}"])
        torn = time.time()
        for region in (*SEEN, HIDDEN):
            ok = wait_until(
                lambda: self.reports.first_ok("later", region, torn / SLOT_S),  # noqa: B023
                20, lambda: f"{region}: {self.agents['later'].log()[-1500:]}")  # noqa: B023
            self.assertLessEqual(ok * SLOT_S, torn + 2 * SLOT_S, region)
            words = {word for slot, word in self.outcomes("later", region).items()
                     if slot * SLOT_S > self.hung - SLOT_S}
            self.assertEqual(words, {"ok"}, region)

    def test_echoes_of_the_others_are_not_late(self):
        for kind in self.agents:
            for region in SEEN:
                echoes = self.probes[region].on(f"echomesh-probe/v1/{kind}")
                phases = [echo.at_ms % (SLOT_S * 1000) for echo in echoes[1:]]
                middle = statistics.median(phases)
                worst = max(abs(phase - middle) for phase in phases)
                print(f"{kind} {region}: {len(phases)} echoes, at most {worst:.1f} ms off the grid")
                self.assertGreater(len(phases), WATCHED_S / SLOT_S - 4)
                self.assertLess(worst, LATE_MS, f"{kind} {region}")

    def test_reports_of_the_others_are_not_late(self):
        for kind in self.agents:
            phase = statistics.median(echo.json["ts_ms"] % (SLOT_S * 1000) for echo in
                                      self.probes["eu"].on(f"echomesh-probe/v1/{kind}"))
            delays = []
            for message in self.reports.watchers[1].on(f"echomesh-report/v1/{kind}")[1:]:
                if any(entry["region"] == "eu" for entry in message.json["echoes"]):
                    delays.append(message.at_ms - message.json["slot"] * SLOT_S * 1000 - phase)
            print(f"{kind}: reports of eu arrive {statistics.median(delays):.0f} ms after "
                  f"the tick, at most {max(delays):.0f}")
            # They wait up to 1 s for what is not known yet.
            self.assertLess(max(delays), 1000 + LATE_MS, kind)

    def test_the_loop_is_not_held_up(self):
        for kind in self.agents:
            def info():
                return self.status["eu"].last(f"echomesh/v1/agent/{kind}/info")  # noqa: B023
            lag = wait_until(lambda: info() and info().at > self.begun + 20 and info(), 40,
                             f"info of {kind}").json["loop_lag_max_ms"]
            print(f"{kind}: loop_lag_max_ms {lag}")
            self.assertLess(lag, LATE_MS, kind)

    def test_z_when_the_resolver_wakes_up_the_region_is_accessible_and_a_stop_does_not_wait(self):
        # A process that ends does not wait for a lookup that hangs.
        stopped = time.monotonic()
        self.assertEqual(self.agents["black-hole"].stop(), 0)
        print(f"stopped within {time.monotonic() - stopped:.2f} s while a lookup hung")
        self.assertLess(time.monotonic() - stopped, 2.5)
        self.servers["literal"].send(signal.SIGCONT)
        woke = time.time()
        ok = wait_until(lambda: self.reports.first_ok("literal", HIDDEN, woke / SLOT_S - 1), 30,
                        lambda: self.agents["literal"].log()[-800:])
        print(f"resolver goes on: ok in the slot that began {ok * SLOT_S - woke:+.1f} s after")


if __name__ == "__main__":
    unittest.main(verbosity=2)
