"""What agents reported, read by a client that knows nothing of them: outcomes by slot."""

import time

from watcher import Watcher


class Reports:
    """Listens on the brokers given (the client itself sits where the broker is)."""

    def __init__(self, test, *brokers):
        self.watchers = []
        for broker in brokers:
            with broker.place.entered():
                self.watchers.append(Watcher(test, broker.port, "echomesh-report/v1/+"))

    def entries(self, location, region):
        """slot -> entries of that path, in the order that they came."""
        found = {}
        for watcher in self.watchers:
            for message in watcher.on(f"echomesh-report/v1/{location}"):
                for entry in message.json["echoes"]:
                    if entry["region"] == region:
                        found.setdefault(message.json["slot"], []).append(entry)
        return found

    def outcomes(self, location, region):
        """slot -> "ok", "slow", "void: CAUSE" or "miss: CAUSE", by the first entry that decides;
        an echo that came late does not."""
        decided = {}
        for slot, entries in self.entries(location, region).items():
            words = [word_of(entry) for entry in entries if "late_ms" not in entry]
            if len(words) > 1:
                raise AssertionError(f"{location}, {region}, slot {slot}: told twice: {entries}")
            if words:
                decided[slot] = words[0]
        return decided

    def first_ok(self, location, region, after=0.0):
        """The first slot that began after then (Unix seconds) and was ok, or None."""
        return next((slot for slot, word in sorted(self.outcomes(location, region).items())
                     if word == "ok" and slot > after), None)


def word_of(entry):
    if "rtt_ms" in entry:
        return "ok"
    kind = "miss" if "miss" in entry else "void"
    return f"{kind}: {entry[kind]}"


def slot_of(at, slot_s=5):
    return int(at) // slot_s


def unix():
    return time.time()
