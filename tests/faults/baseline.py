"""The round trip of a few bytes between two places, by nothing but TCP: what the way itself costs.

What an agent reports is compared with this, measured in the same run, so that the noise of the
machine is in both.
"""

import socket
import statistics
import struct
import threading
import time

PORT = 7
ASK_LIMIT = 5.0
SO_TIMESTAMPNS = 35


def arrival_ns(control):
    """When the kernel took in what recvmsg() returned with `control`, in Unix nanoseconds."""
    seconds, nanoseconds = struct.unpack("qq", control[0][2])
    return seconds * 10**9 + nanoseconds


class OneWay:
    """Packets from `here` to `there`: when one was sent, and when the kernel there had it."""

    def __init__(self, test, here, there):
        with here.entered():
            self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with there.entered():
            self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.receiver.bind((there.address, PORT))
        self.receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.receiver.settimeout(ASK_LIMIT)
        self.sender.connect((there.address, PORT))
        test.addCleanup(self.sender.close)
        test.addCleanup(self.receiver.close)

    def time_ms(self):
        sent = time.time_ns()
        self.sender.send(b"x")
        _, control, _, _ = self.receiver.recvmsg(10, 64)
        return (arrival_ns(control) - sent) / 1e6


class Baseline:
    """An echo server in `there` and a connection to it from `here`."""

    def __init__(self, test, here, there):
        with there.entered():
            listener = socket.create_server((there.address, PORT))
            threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
        with here.entered():
            self.link = socket.create_connection((there.address, PORT), ASK_LIMIT)
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel says when the answer came, however busy Python is by then.
        self.link.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.link.close)
        add(listener.close)

    @staticmethod
    def _serve(listener):
        try:
            link, _ = listener.accept()
            with link:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while bytes_in := link.recv(4096):
                    link.sendall(bytes_in)
        except OSError:
            pass  # the test is over

    def rtt_ms(self, size=100):
        sent = time.time_ns()
        self.link.sendall(b"x" * size)
        answer, control, _, _ = self.link.recvmsg(size, 64)
        if len(answer) != size:
            raise AssertionError(f"{len(answer)} bytes of {size} came back at once")
        return (arrival_ns(control) - sent) / 1e6

    def rtts_ms(self, times, pause=0.01):
        """A list, sorted."""
        taken = []
        for _ in range(times):
            taken.append(self.rtt_ms())
            time.sleep(pause)
        return sorted(taken)

    def median_ms(self, times, pause=0.01):
        return statistics.median(self.rtts_ms(times, pause))
