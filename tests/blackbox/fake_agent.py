"""Speaks an agent's reports by hand, to see what an aggregator makes of them."""

import itertools
import secrets
import time


def hex_id():
    return secrets.token_hex(8)


class FakeAgent:
    """One location. `publish(topic, payload, ...)` is how its messages leave."""

    def __init__(self, location, publish, slot_ms=5000, limit_ms=5000):
        self.location = location
        self.publish = publish
        self.slot_ms = slot_ms
        self.limit_ms = limit_ms
        self.epoch = hex_id()
        self.run = hex_id()
        self.numbers = itertools.count(1)

    @property
    def topic(self):
        return f"echomesh-report/v1/{self.location}"

    def slot(self, back=0):
        return int(time.time() * 1000) // self.slot_ms - back

    def document(self, slot, echoes, /, **changes):
        seq = next(self.numbers)
        report = {"epoch": self.epoch, "run": self.run, "seq": seq, "oldest": seq, "slot": slot,
                  "slot_ms": self.slot_ms, "limit_ms": self.limit_ms,
                  "sent_ms": int(time.time() * 1000), "clock": "own", "echoes": echoes}
        report.update(changes)
        return report

    def report(self, slot, /, *echoes, retain=False, **changes):
        document = self.document(slot, list(echoes), **changes)
        self.publish(self.topic, document, qos=1, retain=retain)
        return document


def ok(region, rtt_ms=48.2, **more):
    return {"region": region, "rtt_ms": rtt_ms, **more}


def miss(region, cause="timeout", **more):
    return {"region": region, "miss": cause, **more}


def void(region, cause="stalled", **more):
    return {"region": region, "void": cause, **more}


def late(region, late_ms=7312.4, **more):
    return {"region": region, "late_ms": late_ms, **more}
