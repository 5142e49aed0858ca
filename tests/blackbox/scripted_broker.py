"""A minimal MQTT 3.1.1 and 5 broker for one client at a time, with habits that a test gives it.

It returns what it is sent to the connection that sent it, unless it is told otherwise.
"""

import asyncio
import json
import threading
import time
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
V311, V5 = 4, 5
UNSUPPORTED_VERSION = 1  # as a 3.1.1 broker says it, also to a client of version 5


def remaining_length(size):
    encoded = bytearray()
    while True:
        size, byte = divmod(size, 128)
        encoded.append(byte | (128 if size else 0))
        if not size:
            return bytes(encoded)


def packet(kind, body, flags=0):
    return bytes([kind << 4 | flags]) + remaining_length(len(body)) + body


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return len(value).to_bytes(2, "big") + value


class Fields:
    """Reads the fields of a packet's body one after the other."""

    def __init__(self, body):
        self.body, self.at = body, 0

    def number(self, size):
        self.at += size
        return int.from_bytes(self.body[self.at - size:self.at], "big")

    def bytes(self):
        size = self.number(2)
        self.at += size
        return self.body[self.at - size:self.at]

    def skip_properties(self):
        size, shift = 0, 0
        while True:
            byte = self.number(1)
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        self.at += size

    def rest(self):
        return self.body[self.at:]


@dataclass
class Connect:
    """What a client said when it came."""
    at: float  # Unix seconds
    version: int
    client_id: str
    username: str | None


@dataclass
class Publish:
    topic: str
    payload: bytes
    qos: int
    number: int  # of the packet, for QoS 1

    @property
    def echo(self):
        return json.loads(self.payload)


class Connection:
    """One client. All calls are to be made from the broker's own thread (`later`)."""

    def __init__(self, broker, writer, number):
        self.broker, self.writer, self.number = broker, writer, number
        self.version = V5

    def send(self, kind, body, flags=0):
        if not self.writer.is_closing():
            self.writer.write(packet(kind, body, flags))

    def publish(self, topic, payload, retain=False):
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload, separators=(",", ":")).encode()
        properties = b"\0" if self.version == V5 else b""
        self.send(PUBLISH, text(topic) + properties + payload, int(retain))

    def later(self, seconds, call, *arguments):
        self.broker.loop.call_later(seconds, call, *arguments)

    def close(self):
        self.writer.transport.abort()


class ScriptedBroker:
    """`connack`, `suback`: the code to answer with; None: never answers. `puback`: the reason on
    MQTT 5. `versions`: those it speaks. `on_publish(connection, publish)` and
    `on_subscribe(connection, topic)` take the place of what it would do."""

    def __init__(self, test, connack=0, suback=0, puback=0, versions=(V311, V5), on_publish=None,
                 on_subscribe=None):
        self.connack, self.suback, self.puback = connack, suback, puback
        self.versions = versions
        self.on_publish = on_publish or (lambda connection, publish: connection.publish(
            publish.topic, publish.payload))
        self.on_subscribe = on_subscribe or (lambda connection, topic: None)
        self.connects, self.publishes, self.opened = [], [], 0
        self.open = set()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait(5)
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.end)

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def end(self):
        def stop():
            self.server.close()
            for connection in list(self.open):
                connection.close()
            self.loop.call_later(0.05, self.loop.stop)
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(stop)
            self.thread.join(5)

    def drop(self):
        """Closes every connection that is open now."""
        self.loop.call_soon_threadsafe(lambda: [each.close() for each in list(self.open)])

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda *_: None)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        self.loop.close()

    async def _accept(self, reader, writer):
        self.opened += 1
        connection = Connection(self, writer, self.opened)
        self.open.add(connection)
        try:
            while True:
                kind = await reader.readexactly(1)
                size, shift = 0, 0
                while True:
                    byte = (await reader.readexactly(1))[0]
                    size |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
                self._take(connection, kind[0], await reader.readexactly(size))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.open.discard(connection)
            writer.close()

    def _take(self, connection, head, body):
        kind, fields = head >> 4, Fields(body)
        if kind == CONNECT:
            self._connect(connection, fields)
        elif kind == SUBSCRIBE:
            self._subscribe(connection, fields)
        elif kind == PUBLISH:
            self._publish(connection, head, fields)
        elif kind == PINGREQ:
            connection.send(PINGRESP, b"")
        elif kind == DISCONNECT:
            connection.close()

    def _connect(self, connection, fields):
        fields.bytes()  # the name of the protocol
        connection.version, flags = fields.number(1), fields.number(1)
        fields.number(2)  # keep-alive
        is_v5 = connection.version == V5
        if is_v5:
            fields.skip_properties()
        client_id = fields.bytes().decode()
        if flags & 4:  # a will
            if is_v5:
                fields.skip_properties()
            fields.bytes()
            fields.bytes()
        username = fields.bytes().decode() if flags & 128 else None
        self.connects.append(Connect(time.time(), connection.version, client_id, username))
        if connection.version not in self.versions:
            connection.send(CONNACK, bytes([0, UNSUPPORTED_VERSION]))
            connection.later(0.05, connection.close)
        elif self.connack is not None:
            connection.send(CONNACK, bytes([0, self.connack]) + (b"\0" if is_v5 else b""))
            if self.connack:
                connection.later(0.05, connection.close)

    def _subscribe(self, connection, fields):
        number = fields.number(2)
        is_v5 = connection.version == V5
        if is_v5:
            fields.skip_properties()
        topic = fields.bytes().decode()
        if self.suback is None:
            return
        connection.send(SUBACK, number.to_bytes(2, "big") + (b"\0" if is_v5 else b"")
                        + bytes([self.suback]))
        self.on_subscribe(connection, topic)

    def _publish(self, connection, head, fields):
        qos = head >> 1 & 3
        topic = fields.bytes().decode()
        number = fields.number(2) if qos else 0
        if connection.version == V5:
            fields.skip_properties()
        publish = Publish(topic, fields.rest(), qos, number)
        self.publishes.append((time.time(), publish))
        if qos:
            reason = bytes([self.puback]) if self.puback and connection.version == V5 else b""
            connection.send(PUBACK, number.to_bytes(2, "big") + reason)
        if self.puback == 0:
            self.on_publish(connection, publish)
