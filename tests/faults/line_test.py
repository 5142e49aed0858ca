#!/usr/bin/python3
"""The tools themselves: a line that is as slow as it was told, holes that swallow, a guard."""

import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import unittest

import networks
from baseline import Baseline, OneWay
from networks import ETC, NAMED, Network, wait_until

DELAYS_MS = (0, 1, 20, 80)
ADDED_TOLERANCE_MS = 0.05  # one way, at the median

LEAVES_A_NETWORK = """
import sys, time, unittest
sys.path.insert(0, sys.argv[1])
from networks import Network, use_names
network = Network(unittest.TestCase())
place = network.place("here")
use_names(place, "10.0.0.1")
print(network.prefix, network.folder, flush=True)
time.sleep(1000)
"""


def setUpModule():
    networks.require()


class Line(unittest.TestCase):
    """A place 20 ms away and one by plain cable."""

    def setUp(self):
        self.network = Network(self)
        self.near = self.network.place("near")
        self.far = self.network.place("far", delay_ms=0)
        self.baseline = Baseline(self, self.near, self.far)

    def test_adds_the_delay_that_it_was_told(self):
        one_way = OneWay(self, self.near, self.far)
        times = {delay: [] for delay in DELAYS_MS}
        for _ in range(60):  # in turns, so that what the machine does meanwhile is in all of them
            for delay in DELAYS_MS:
                self.far.wan.delay("both", delay)
                times[delay].append(one_way.time_ms())
        median = {delay: statistics.median(taken) for delay, taken in times.items()}
        for delay in DELAYS_MS:
            added = median[delay] - median[0]
            print(f"told {delay} ms: median {median[delay]:.3f} ms one way, added {added:.3f} ms")
            self.assertAlmostEqual(added, delay, delta=ADDED_TOLERANCE_MS)
        self.assertLess(median[0], 0.3, "a line without a delay")

    def test_delay_each_way_is_its_own(self):
        self.far.wan.delay("there", 30)
        self.assertAlmostEqual(self.baseline.median_ms(25), 30, delta=1)
        self.far.wan.delay("back", 5)
        self.assertAlmostEqual(self.baseline.median_ms(25), 35, delta=1)

    def test_jitter_and_loss_are_there(self):
        self.far.wan.delay("both", 10, jitter_ms=10)
        rtts = self.baseline.rtts_ms(60)
        self.assertGreater(rtts[0], 20)
        self.assertLess(rtts[30], 35)
        self.assertGreater(rtts[-1] - rtts[0], 8)
        self.far.wan.delay("both", 0)
        self.far.wan.loss("there", 20)
        with self.near.entered():
            packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(packets.close)
        before = [int(count) for count in self.far.wan.tell("counts")]
        for _ in range(1000):
            packets.sendto(b"x", (self.far.address, 9))
        def counted():
            now = [int(count) for count in self.far.wan.tell("counts")]
            return [after - earlier for after, earlier in zip(now, before)]
        # From the hub to the place is `back`.
        wait_until(lambda: counted()[2] + counted()[3] >= 1000, 5, counted)
        self.assertEqual(counted()[3], 0, "told there, lost back")
        self.far.wan.loss("back", 20)
        before = [int(count) for count in self.far.wan.tell("counts")]
        for _ in range(1000):
            packets.sendto(b"x", (self.far.address, 9))
        wait_until(lambda: counted()[2] + counted()[3] >= 1000, 5, counted)
        print(f"told to lose 20 %: lost {counted()[3]} of 1000")
        self.assertAlmostEqual(counted()[3], 200, delta=60)

    def test_a_cut_and_a_black_hole_swallow_and_a_heal_ends_them(self):
        for cut, heal in (
                (self.far.wan.cut, self.far.wan.heal),
                (lambda: self.network.black_hole((self.near, self.far)),
                 lambda: self.network.heal((self.near, self.far))),
                (lambda: self.network.black_hole((self.far, None)),
                 lambda: self.network.heal((self.far, None)))):
            self.baseline.rtt_ms()
            cut()
            self.baseline.link.settimeout(0.3)
            with self.assertRaises(TimeoutError):
                self.baseline.rtt_ms()
            heal()
            self.baseline.link.settimeout(5)
            # TCP sends it again: the answer to what was swallowed.
            self.assertEqual(len(self.baseline.link.recv(4096)), 100)

    def test_a_refused_address_answers_with_rst_and_the_others_live(self):
        dead = self.far.add_address(3)
        self.network.refuse(self.far, dead)
        with self.near.entered(), self.assertRaises(ConnectionRefusedError):
            socket.create_connection((dead, 7), 2)
        self.baseline.rtt_ms()


class Guard(unittest.TestCase):
    def test_what_a_killed_test_leaves_is_taken_away(self):
        other = subprocess.Popen(
            [sys.executable, "-B", "-c", LEAVES_A_NETWORK, str(networks.FAULTS)],
            stdout=subprocess.PIPE, text=True)
        prefix, folder = other.stdout.readline().split()
        def left():
            return [*NAMED.glob(prefix + "-*"), *ETC.glob(prefix + "-*"),
                    *pathlib.Path(folder).parent.glob(pathlib.Path(folder).name)]
        self.assertGreater(len(left()), 3)
        other.send_signal(signal.SIGKILL)
        other.wait()
        other.stdout.close()
        wait_until(lambda: not left(), 10, left)

    def test_what_a_killed_guard_left_goes_at_the_next_start(self):
        dead = subprocess.Popen(["true"])
        dead.wait()
        space = f"{networks.PREFIX}-{dead.pid}-1-1-hub"
        own = f"{networks.PREFIX}-{os.getpid()}-{networks.began(os.getpid())}-99-hub"
        for name in (space, own):
            subprocess.run(["ip", "netns", "add", name], check=True)
        self.addCleanup(networks.remove, own[:-len("-hub")])
        networks.sweep()
        self.assertFalse((NAMED / space).exists())
        self.assertTrue((NAMED / own).exists(), "of a test that lives")


if __name__ == "__main__":
    unittest.main(verbosity=2)
