"""The pace at which a server that stops sends its clients away."""

from math import ceil
from typing import NamedTuple

TICK = 0.1  # seconds between two batches

_LEAST_RATE = 500  # closes a second that are allowed, however few clients there are
_SHARE = 20  # of many clients, one in so many may be closed each second
_PACE = 0.9  # of the rate that is allowed: whoever counts the closes sees some late, and the next in time
_RESERVE = 4.0  # seconds of the time given that are left for the last closing handshakes


class Plan(NamedTuple):
    """Clients are closed in batches of this size, one every `TICK`, the first at once."""

    batch: int

    def wait(self, place: int) -> float:
        """Seconds until the client at this place in the order (from 0) is closed."""
        return round(place // self.batch * TICK, 1)


def plan(clients: int, within: float) -> Plan:
    """A plan for so many clients, which has sent the last away in good time `within` so many seconds.

    It closes at most 500 a second, or a twentieth of many; more only where the time is too short for that. A few dozen
    clients are closed at once.
    """
    rate = max(_LEAST_RATE, clients / _SHARE)
    batches = max(1, int((within - _RESERVE) / TICK))
    return Plan(max(int(rate * _PACE * TICK), ceil(clients / batches)))
