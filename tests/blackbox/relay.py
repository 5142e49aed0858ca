"""A TCP relay before a broker that can hold echoes back, drop connections and refuse new ones.

It understands just enough MQTT to tell packets apart, and an echo by its payload.
"""

import asyncio
import json
import threading
import time

PUBLISH = 3


class Relay:
    """`hold(echo, connection)` gives the seconds from the publish of an echo (its payload as a
    dict) to its return on the connection of that number (from 1); None: never."""

    def __init__(self, test, target_port):
        self.target_port = target_port
        self.hold = lambda echo, connection: 0.0
        self.refusing = False
        self.sent = []  # (n, Unix seconds, connection)
        self.first_sent = {}  # (run, n) -> Unix seconds
        self.opened = 0
        self.pairs = set()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait(5)
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.close)

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def drop(self):
        """Closes every connection that is open now."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self._drop)

    def close(self):
        if not self.thread.is_alive():
            return

        def end():
            self.server.close()
            self._drop()
            self.loop.call_later(0.05, self.loop.stop)
        self.loop.call_soon_threadsafe(end)
        self.thread.join(5)

    def sent_at(self, n):
        """When echo n was first published, in Unix seconds, by whichever agent."""
        return next((at for number, at, _ in list(self.sent) if number == n), None)

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda *_: None)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        self.loop.close()

    def _drop(self):
        for writer in list(self.pairs):
            writer.transport.abort()

    async def _accept(self, reader, writer):
        if self.refusing:
            writer.transport.abort()
            return
        self.opened += 1
        number = self.opened
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        self.pairs |= {writer, far_writer}
        tasks = [asyncio.ensure_future(self._forward(reader, far_writer, self._on_way_out, number)),
                 asyncio.ensure_future(self._forward(far_reader, writer, self._on_way_back, number))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for each in (writer, far_writer):
            self.pairs.discard(each)
            each.close()

    async def _forward(self, reader, writer, on_packet, number):
        while True:
            try:
                head = await reader.readexactly(1)
                length, shift = 0, 0
                while True:
                    byte = await reader.readexactly(1)
                    head += byte
                    length |= (byte[0] & 127) << shift
                    shift += 7
                    if byte[0] < 128:
                        break
                body = await reader.readexactly(length)
            except (asyncio.IncompleteReadError, OSError):
                return
            on_packet(writer, head + body, number)

    @staticmethod
    def _echo(packet):
        start = packet.find(b'{"location"')
        if packet[0] >> 4 != PUBLISH or start < 0:
            return None
        try:
            echo = json.loads(packet[start:])
            return echo if {"run", "n"} <= set(echo) else None
        except ValueError:
            return None

    def _on_way_out(self, writer, packet, number):
        echo = self._echo(packet)
        if echo is not None:
            now = time.time()
            self.sent.append((echo["n"], now, number))
            self.first_sent.setdefault((echo["run"], echo["n"]), now)
        writer.write(packet)

    def _on_way_back(self, writer, packet, number):
        echo = self._echo(packet)
        if echo is None:
            writer.write(packet)
            return
        seconds = self.hold(echo, number)
        if seconds is None:
            return
        first = self.first_sent.get((echo["run"], echo["n"]))
        wait = max(0.0, first + seconds - time.time()) if first and seconds else 0.0
        if wait == 0.0:
            writer.write(packet)
        else:
            self.loop.call_later(wait, writer.write, packet)
