"""Listens on the loopback for echoes that pass some ports, and notes the kernel's time of each."""

import ctypes
import re
import socket
import struct
import threading

ETH_P_ALL, SO_TIMESTAMPNS, SO_ATTACH_FILTER = 3, 35, 26
ROOM = 1 << 20
ECHO = re.compile(rb'"location":"([a-z0-9-]+)","run":"([0-9a-f]{16})","n":(\d+)')
LOAD_BYTE, LOAD_HALF, JUMP_EQUAL, RETURN = 0x30, 0x28, 0x15, 0x06
TCP, PROTOCOL_AT, FROM_AT, TO_AT = 6, 9, 20, 22  # in an IPv4 packet without options


def why_not():
    """What stands in the way of listening here; None if nothing does."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0).close()
    except PermissionError:
        return "listening on the loopback needs root"
    return None


def only_ports(ports):
    """A filter for the kernel, so that what others do on the loopback costs us nothing."""
    either = len(ports)
    steps = [(LOAD_BYTE, 0, 0, PROTOCOL_AT), (JUMP_EQUAL, 0, 2 * either + 2, TCP)]
    for side, at in enumerate((FROM_AT, TO_AT)):
        steps.append((LOAD_HALF, 0, 0, at))
        left = either + 1 if side == 0 else 0
        steps += [(JUMP_EQUAL, left + either - i, 0, port) for i, port in enumerate(ports)]
    steps += [(RETURN, 0, 0, 0), (RETURN, 0, 0, 0xFFFF)]
    return b"".join(struct.pack("HBBI", *step) for step in steps), len(steps)


class PacketTap:
    """`sent`, `returned`: (location, run, n) -> Unix seconds when an echo first came to one of the
    ports, and when it first left it again."""

    def __init__(self, test, ports):
        self.ports = {int(port) for port in ports}
        self.sent, self.returned = {}, {}
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        code, steps = only_ports(sorted(self.ports))
        kept = ctypes.create_string_buffer(code)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                               struct.pack("HP", steps, ctypes.addressof(kept)))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self.socket.bind(("lo", ETH_P_ALL))
        self.socket.settimeout(0.2)
        self.ending = False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.end)

    def end(self):
        """What was noted stays."""
        self.ending = True
        self.thread.join(5)
        self.socket.close()

    def _listen(self):
        while not self.ending:
            try:
                packet, notes, _, _ = self.socket.recvmsg(1 << 16, 64)
            except TimeoutError:
                continue
            seconds, nanoseconds = struct.unpack("qq", notes[0][2][:16])
            at = seconds + nanoseconds / 1e9
            source, _ = struct.unpack("!HH", packet[20:24])
            noted = self.returned if source in self.ports else self.sent
            for location, run, n in ECHO.findall(packet):
                key = location.decode(), run.decode(), int(n)
                noted[key] = min(at, noted.get(key, at))

    def rtt(self, key):
        """In seconds; None for an echo that was not seen both ways."""
        if key not in self.sent or key not in self.returned:
            return None
        return self.returned[key] - self.sent[key]
