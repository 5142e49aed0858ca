"""What an agent that is stopped now and then may say of a slot: a model of one rule.

A stop is a stretch in which the agent did not run. Its echo is due at `due` and takes `rtt`.
"""

from dataclasses import dataclass

LATE_START = 0.5  # an echo that the loop sends later than that is void
EDGE = 0.15  # how well the ends of a stop are known, with what a busy machine adds
OK, VOID, EITHER = "ok", "void", "either"


@dataclass
class Stop:
    begun: float  # Unix seconds: before the signal was sent
    ended: float  # after the signal to go on was sent


def verdict(due, rtt, stops):
    """`ok`: an RTT and no void; `void`: stalled; `either`: too near a boundary to tell, or the echo
    came back during a stop and counts only where the kernel knows when."""
    for stop in stops:
        late = stop.ended - due
        if stop.begun + EDGE < due < stop.ended:
            if late > LATE_START + EDGE:
                return VOID
            return OK if late < LATE_START - EDGE else EITHER
        if stop.begun - EDGE - rtt < due <= stop.begun + EDGE:
            return EITHER
    return OK


def in_flight(due, rtt, stops):
    """The echo was surely sent before the stop, and surely came back during it."""
    return any(stop.begun - rtt + 0.02 < due < stop.begun - 0.02 and stop.ended > due + rtt + EDGE
               for stop in stops)


def is_slept_through(due, limit, stops):
    """From its due time to its limit the agent did not run at all."""
    return any(stop.begun + EDGE < due and due + limit < stop.ended - EDGE for stop in stops)


def is_touched(due, rtt, stops):
    """A stop was near enough to bend the RTT."""
    return any(stop.begun - rtt - EDGE < due < stop.ended + EDGE for stop in stops)
