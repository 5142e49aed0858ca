#!/usr/bin/env python3
"""A real broker with the files of scripts/broker-config: who can say and hear what.

Judged by delivery alone: Mosquitto grants a forbidden subscription and acknowledges a forbidden
publication. An auditor, who may do everything, is added to the broker's files for the test.
"""

import pathlib
import queue
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import paho.mqtt.client as mqtt

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
PATIENCE = 20.0

REPORT = "echomesh-report/v1"
PROBE = "echomesh-probe/v1"
STATUS = "echomesh/v1"
END = f"{STATUS}/test/end"  # the auditor's mark that all before it was delivered

LONDON_WRITES = {f"{REPORT}/london", f"{REPORT}/london/replay", f"{REPORT}/london/hello",
                 f"{PROBE}/london", f"{STATUS}/agent/london/availability",
                 f"{STATUS}/agent/london/info"}
LONDON_READS = {f"{REPORT}/london/ack", f"{PROBE}/london",
                f"{STATUS}/agent/london/availability", f"{STATUS}/agent/london/info"}


def topics():
    """Every topic of the contract for three would-be locations, and some that belong to nobody."""
    names = [f"{STATUS}/aggregator/{leaf}" for leaf in ("availability", "info", "heartbeat")]
    region = f"{STATUS}/region/eu"
    names += [f"{region}/{leaf}" for leaf in ("state", "summary", "live", "uptime/2026-11",
                                              "incident/eu-1")]
    names += [f"{region}/location/london/{leaf}" for leaf in ("state", "rtt_ms", "summary",
                                                              "timeline", "rtt_24h")]
    names += [f"{STATUS}/event/eu", f"{STATUS}/maintenance/m1", f"{STATUS}/retire/london"]
    for place in ("london", "tokyo", "viewer", "aggregator"):
        names += [f"{REPORT}/{place}", f"{REPORT}/{place}/replay", f"{REPORT}/{place}/hello",
                  f"{REPORT}/{place}/ack", f"{PROBE}/{place}",
                  f"{STATUS}/agent/{place}/availability", f"{STATUS}/agent/{place}/info"]
    names += [f"{REPORT}/london/x", f"{REPORT}/london/x/ack", f"{PROBE}/london/x", REPORT, PROBE,
              "echomesh", "echomesh/v2/x", "echomesh-report", "echomesh-report/v2/london", "foo/bar",
              "/echomesh/v1/x"]
    return names


def may_write(user, topic):
    if user == "london":
        return topic in LONDON_WRITES
    if user == "aggregator":
        levels = topic.split("/")
        is_ack = len(levels) == 4 and topic.startswith(f"{REPORT}/") and levels[3] == "ack"
        return is_ack or topic.startswith(f"{STATUS}/")
    return False  # a viewer


def may_read(user, topic):
    if user == "london":
        return topic in LONDON_READS
    if user == "aggregator":  # `…/#` covers its parent level too
        return topic == REPORT or topic.startswith((f"{REPORT}/", f"{STATUS}/"))
    return topic == "echomesh" or topic.startswith("echomesh/")  # a viewer


class Client:
    """One MQTT connection that keeps what it hears."""

    def __init__(self, port, user, password, protocol=mqtt.MQTTv5, cafile=None):
        self.heard = queue.Queue()
        self.acks = queue.Queue()
        self.connack = queue.Queue()
        self.client = mqtt.Client(client_id=f"test-{user}-{time.monotonic_ns()}", protocol=protocol)
        if user:
            self.client.username_pw_set(user, password)
        if cafile:
            self.client.tls_set(str(cafile), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self.client.on_connect = lambda *found: self.connack.put(found[3])
        self.client.on_message = lambda _c, _u, message: self.heard.put(message)
        self.client.on_publish = lambda _c, _u, token: self.acks.put(token)
        self.client.on_subscribe = lambda *_: self.acks.put("suback")
        self.client.connect("localhost" if cafile else "127.0.0.1", port)
        self.client.loop_start()
        code = self.connack.get(timeout=PATIENCE)
        self.accepted = getattr(code, "value", code) == 0

    def subscribe(self, *filters):
        self.client.subscribe([(name, mqtt.SubscribeOptions(qos=1)) for name in filters])
        while self.acks.get(timeout=PATIENCE) != "suback":
            pass

    def publish(self, topic, payload, retain=False):
        self.client.publish(topic, payload, qos=1, retain=retain)
        self.acks.get(timeout=PATIENCE)

    def hear_until(self, topic, payload):
        """All (topic, payload) heard up to that one."""
        heard = []
        while True:
            message = self.heard.get(timeout=PATIENCE)
            if (message.topic, message.payload) == (topic, payload):
                return heard
            heard.append((message.topic, message.payload))

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class BrokerRolesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.port = free_port()
        self.broker = None

    def configure(self, *arguments):
        subprocess.run([SCRIPTS / "broker-config", "--dir", self.folder, "--port", str(self.port),
                        "--agents", "london,tokyo", *arguments], check=True, capture_output=True)
        subprocess.run(["mosquitto_passwd", "-b", self.folder / "passwd", "auditor", "auditor"],
                       check=True, capture_output=True)
        with open(self.folder / "acl", "a", encoding="utf-8") as acl:
            acl.write("user auditor\ntopic readwrite #\n")

    def start(self):
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        self.broker = subprocess.Popen(["mosquitto", "-c", self.folder / "mosquitto.conf"],
                                       stdout=log, stderr=log)
        self.addCleanup(self.stop, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.broker.poll() is not None or time.monotonic() > deadline:
                    self.fail((self.folder / "log").read_text())
                time.sleep(0.02)

    def stop(self, number):
        if self.broker and self.broker.poll() is None:
            self.broker.send_signal(number)
            self.broker.wait(timeout=PATIENCE)

    def connect(self, user, **options):
        path = self.folder / "passwords" / f"{user}.password"
        password = path.read_text().strip() if path.exists() else user
        client = Client(self.port, user, password, **options)
        self.addCleanup(client.close)
        return client

    def test_each_role_writes_its_own_topics_and_nothing_else(self):
        self.configure()
        self.start()
        auditor = self.connect("auditor")
        auditor.subscribe("#", "/#")
        for protocol in (mqtt.MQTTv5, mqtt.MQTTv311):
            for user in ("london", "aggregator", "viewer"):
                payload = f"{user} {protocol}".encode()
                client = self.connect(user, protocol=protocol)
                self.assertTrue(client.accepted)
                for topic in topics():
                    client.publish(topic, payload)
                auditor.publish(END, payload)
                heard = {t for t, p in auditor.hear_until(END, payload) if p == payload}
                self.assertEqual(heard, {t for t in topics() if may_write(user, t)}, user)

    def test_each_role_hears_its_own_topics_and_nothing_else(self):
        self.configure()
        self.start()
        auditor = self.connect("auditor")
        for retain in (True, False):
            for user in ("london", "aggregator", "viewer"):
                self.hears(auditor, user, retain)

    def hears(self, auditor, user, retain):
        """Live ones come to one who waits for them, retained ones to one who comes later."""
        payload = f"to {user}".encode()
        allowed = {t for t in topics() if may_read(user, t)}
        end = sorted(allowed)[-1]
        client = self.connect(user)
        if not retain:
            client.subscribe("#", "/#", *topics())
        for topic in topics():
            auditor.publish(topic, payload, retain)
        if retain:
            client.subscribe("#", "/#", *topics())
        auditor.publish(end, b"end")
        heard = {t for t, p in client.hear_until(end, b"end") if p == payload}
        self.assertEqual(heard, allowed, f"{user}, retain={retain}")
        if retain:
            for topic in topics():
                auditor.publish(topic, b"", retain=True)

    def test_nobody_comes_in_without_the_right_name_and_password(self):
        self.configure()
        self.start()
        for user, password in ((None, None), ("london", "wrong"), ("operator", "x"), ("london", "")):
            client = Client(self.port, user, password)
            self.addCleanup(client.close)
            self.assertFalse(client.accepted, user)

    def test_a_will_can_not_speak_where_its_owner_can_not(self):
        self.configure()
        self.start()
        auditor = self.connect("auditor")
        auditor.subscribe("#")
        password = (self.folder / "passwords" / "london.password").read_text().strip()
        for topic in (f"{STATUS}/agent/tokyo/availability", f"{STATUS}/agent/london/availability"):
            with socket.create_connection(("127.0.0.1", self.port)) as raw:
                raw.sendall(connect_packet("london", password, topic, b"will"))
                raw.settimeout(PATIENCE)
                raw.recv(16)
        # Their connections ended without DISCONNECT, so the wills are due.
        self.assertEqual(auditor.heard.get(timeout=PATIENCE).topic,
                         f"{STATUS}/agent/london/availability")
        auditor.publish(END, b"end")
        self.assertEqual(auditor.hear_until(END, b"end"), [])

    def test_a_payload_over_the_limit_is_not_passed_on(self):
        self.configure()
        self.start()
        auditor = self.connect("auditor")
        auditor.subscribe(f"{STATUS}/#")
        # In 3.1.1: paho's MQTT 5 does not know the reason code 149 that it would be told.
        aggregator = self.connect("aggregator", protocol=mqtt.MQTTv311)
        aggregator.publish(f"{STATUS}/event/eu", b"x" * 262144)
        aggregator.publish(f"{STATUS}/event/us", b"x" * 262145)
        auditor.publish(END, b"")
        heard = [(t, len(p)) for t, p in auditor.hear_until(END, b"")]
        self.assertEqual(heard, [(f"{STATUS}/event/eu", 262144)])

    def test_the_tls_listener_is_known_by_name_and_wants_the_password(self):
        certs = self.folder / "certs"
        subprocess.run([SCRIPTS / "make-certs", certs], check=True, capture_output=True)
        self.configure("--certfile", certs / "server.crt", "--keyfile", certs / "server.key")
        self.start()
        self.assertTrue(self.connect("london", cafile=certs / "ca.crt").accepted)
        self.assertFalse(self.connect("operator", cafile=certs / "ca.crt").accepted)

    def test_retained_topics_outlive_a_killed_broker_with_persistence(self):
        self.configure("--persistence")
        self.start()
        aggregator = self.connect("aggregator")
        for number in range(200):
            aggregator.publish(f"{STATUS}/region/r{number}/state", b"operational", retain=True)
        self.stop(signal.SIGKILL)
        self.start()
        viewer = self.connect("viewer")
        viewer.subscribe("echomesh/#")
        auditor = self.connect("auditor")
        auditor.publish(END, b"end")
        # Saved after every 50 changes: what the last of them brought may be lost, no more.
        self.assertGreaterEqual(len(viewer.hear_until(END, b"end")), 150)


def connect_packet(user, password, will_topic, will):
    """An MQTT 3.1.1 CONNECT with a will; the socket can then be closed without DISCONNECT."""
    def text(value):
        raw = value if isinstance(value, bytes) else value.encode()
        return len(raw).to_bytes(2, "big") + raw
    body = text("MQTT") + bytes([4, 0b11000110, 0, 60]) + text(f"raw-{will_topic[-20:]}")
    body += text(will_topic) + text(will) + text(user) + text(password)
    size, length = len(body), b""
    while True:
        size, digit = size // 128, size % 128
        length += bytes([digit | (128 if size else 0)])
        if not size:
            return b"\x10" + length + body


if __name__ == "__main__":
    unittest.main(verbosity=2)
