"""Brokers that forge echoes: each before and after the true one, which comes when it should."""

import json

HOLD = 0.3  # from an echo's coming to the broker to its return
EARLY, AFTER = 0.05, 0.45
OTHER_RUN = "0123456789abcdef"
JUNK = [b"", b"{", b"[]", b"null", b'{"n":1e999}', b"[" * 2000, b"\0", b"ok", b"\xff\xfe"]


def change(**keys):
    return lambda forger, publish: [(publish.topic, {**publish.echo, **keys}, False)]


def number(forged):
    return lambda forger, publish: [
        (publish.topic, {**publish.echo, "n": forged(publish.echo["n"])}, False)]


def of_another_region(forger, publish):
    others = [other.latest for other in forger.all if other is not forger and other.latest]
    return [(publish.topic, other, False) for other in others[:1]]


def of_an_older_run(forger, publish):
    """Its own echoes of the run before, as they were, and with the number of now."""
    if not forger.old:
        return []
    return [(publish.topic, forger.old, False),
            (publish.topic, {**publish.echo, "run": forger.old["run"]}, False)]


KINDS = {
    "another-run": change(run=OTHER_RUN),
    "an-older-run": of_an_older_run,
    "a-number-not-sent-yet": number(lambda n: n + 1),
    "a-number-done-with": number(lambda n: n - 1),
    "a-number-far-off": number(lambda n: n + 10 ** 12),
    "a-number-as-text": number(str),
    "another-region": of_another_region,
    "another-location": change(location="paris"),
    "another-topic": lambda forger, publish: [
        (f"{publish.topic}/more", publish.echo, False),
        (publish.topic.replace("london", "paris"), publish.echo, False)],
    "retained": lambda forger, publish: [(publish.topic, publish.echo, True)],
    "junk": lambda forger, publish: [(publish.topic, junk, False) for junk in JUNK]
    + [(publish.topic, publish.payload[:-1], False), (publish.topic, publish.payload * 2, False)],
}
# Where the true echo has not come back, its number is not forged but a late return of it.
LATE = {"a-number-done-with"}


class Forger:
    """The habit of one ScriptedBroker. `returns`: whether the true echo comes back at all."""

    all = []

    def __init__(self, forge, returns):
        self.forge, self.returns = forge, returns
        self.old = self.latest = None
        self.forged = self.repeated = 0
        self.resting = False
        Forger.all.append(self)

    def on_publish(self, connection, publish):
        self.latest = publish.echo
        if not self.resting:
            connection.later(EARLY, self.send, connection, publish)
            connection.later(AFTER, self.send, connection, publish)
        if self.returns:
            connection.later(HOLD, connection.publish, publish.topic, publish.payload)

    def send(self, connection, publish):
        for topic, payload, retain in self.forge(self, publish):
            self.forged += 1
            connection.publish(topic, payload, retain)

    def new_run(self):
        """What has been seen so far is of an older run."""
        self.old, self.latest = self.latest, None
        self.forged = self.repeated = 0


class Repeater(Forger):
    """Returns the true echo several times, the later ones long after it."""

    def __init__(self):
        super().__init__(None, returns=True)

    def send(self, connection, publish):
        if json.loads(publish.payload)["n"] != self.latest["n"]:
            return
        for _ in range(2):
            self.repeated += 1
            connection.publish(publish.topic, publish.payload)

    def on_publish(self, connection, publish):
        self.latest = publish.echo
        connection.later(HOLD, connection.publish, publish.topic, publish.payload)
        if not self.resting:
            connection.later(HOLD, self.send, connection, publish)
            connection.later(AFTER, self.send, connection, publish)
