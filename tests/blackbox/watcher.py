"""An MQTT client that knows nothing of echomesh: keeps every message with the time it came."""

import json
import socket
import threading
import time
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

CONNECT_LIMIT = 10.0


@dataclass
class Message:
    topic: str
    payload: bytes
    qos: int
    retained: bool
    at: float  # Unix seconds
    expiry: int | None = None
    _parsed: object = field(default=None, repr=False)

    @property
    def text(self):
        return self.payload.decode()

    @property
    def json(self):
        if self._parsed is None:
            self._parsed = json.loads(self.payload)
        return self._parsed

    @property
    def at_ms(self):
        return self.at * 1000


class Watcher:
    """Subscribes at once; messages are looked at from the test's thread."""

    def __init__(self, test, port, topics, version=mqtt.MQTTv5):
        self.messages = []
        self.changed = threading.Condition()
        self.ready = threading.Event()
        self.topics = [(topic, 1) for topic in ([topics] if isinstance(topics, str) else topics)]
        self.client = mqtt.Client(client_id="", protocol=version)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = self._on_message
        self.client.on_socket_open = lambda _client, _userdata, opened: opened.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port, keepalive=60)
        self.client.loop_start()
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.close)
        if not self.ready.wait(CONNECT_LIMIT):
            raise AssertionError(f"no SUBACK from port {port}")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, client, *_):
        client.subscribe(self.topics)

    def _on_message(self, _client, _userdata, message):
        at = time.time()
        expiry = getattr(getattr(message, "properties", None), "MessageExpiryInterval", None)
        with self.changed:
            self.messages.append(Message(message.topic, message.payload, message.qos,
                                         bool(message.retain), at, expiry))
            self.changed.notify_all()

    def publish(self, topic, payload, qos=1, retain=False, expiry=None):
        properties = None
        if expiry is not None:
            properties = Properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = expiry
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload, separators=(",", ":"))
        sent = self.client.publish(topic, payload, qos, retain, properties)
        sent.wait_for_publish(5)
        return sent

    def mark(self):
        """A place in time: `since` takes it, to look at later messages alone."""
        with self.changed:
            return len(self.messages)

    def on(self, topic, since=0):
        with self.changed:
            return [m for m in self.messages[since:] if m.topic == topic]

    def starting(self, prefix, since=0):
        with self.changed:
            return [m for m in self.messages[since:] if m.topic.startswith(prefix)]

    def last(self, topic, since=0):
        found = self.on(topic, since)
        return found[-1] if found else None

    def wait(self, topic, is_wanted, limit, since=0):
        """The first message on `topic` since `since` for which `is_wanted` holds."""
        end = time.monotonic() + limit
        seen = since
        with self.changed:
            while True:
                for message in self.messages[seen:]:
                    if message.topic == topic and is_wanted(message):
                        return message
                seen = len(self.messages)
                left = end - time.monotonic()
                if left <= 0:
                    last = [m.text[:300] for m in self.messages[since:] if m.topic == topic][-3:]
                    raise AssertionError(f"{topic}: not within {limit} s, last seen: {last}")
                self.changed.wait(left)

    def wait_text(self, topic, text, limit, since=0):
        return self.wait(topic, lambda message: message.text == text, limit, since)
