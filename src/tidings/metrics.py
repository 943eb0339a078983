"""What a manager counts: plain numbers, written where things happen and read when somebody asks."""

import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence

from tidings.protocol.codes import ErrorCode

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
EVENTS = (0, 1, 3, 10, 30, 100, 300, 1_000)

Gauges = Mapping[str, float]
"""Values of what is not counted but there now, by their names in `tidings.prometheus.families`."""


class Histogram:
    """How often a value was in which range; `bounds` are the upper ends, inclusive, and the last range has none."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Metrics:
    """The numbers of one manager since it was made; they only grow.

    Written on the manager's event loop, but for publishes, which may be counted by several threads at once. `gauges`
    are functions that say what is there now, by a name of whoever gives it; some have to wait for it. `clock` gives
    seconds, for durations.
    """

    __slots__ = (
        "clock",
        "closed",
        "conflated",
        "deliveries",
        "delivery_seconds",
        "establish_seconds",
        "gauges",
        "opened",
        "publish_seconds",
        "publishes",
        "recoveries",
        "refusals",
        "replay_events",
        "replayed",
        "resets",
        "slowed",
        "upgrades_refused",
    )

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.gauges: dict[object, Callable[[], Gauges | Awaitable[Gauges]]] = {}
        self.opened = 0
        self.deliveries = self.replayed = self.conflated = 0  # events written to clients, and left out for later ones
        self.slowed = self.resets = 0
        self.closed: dict[str, int] = {}  # by close code; "lost" where the socket was gone first
        self.publishes = {"appended": 0, "committed": 0, "failed": 0}
        self.recoveries = {"recovered": 0, "reset": 0}
        self.refusals: dict[str, int] = {}  # by error code
        self.upgrades_refused: dict[str, int] = {}  # by HTTP status
        self.publish_seconds = Histogram(SECONDS)  # a successful append to all logs of an event
        self.delivery_seconds = Histogram(SECONDS)  # from an event's append to its write to the last live reader here
        self.establish_seconds = Histogram(SECONDS)  # from the upgrade to `connection:established`
        self.replay_events = Histogram(EVENTS)  # between a client's position and the top, where the log covers them

    def ended(self, code: int | str) -> None:
        """A connection was closed from this side with a code, or was "lost"."""
        self.closed[str(code)] = self.closed.get(str(code), 0) + 1

    def refused(self, reason: str) -> None:
        """A client was told of an error. What is no code of the protocol's counts as the application's."""
        known = reason if isinstance(reason, ErrorCode) else "application"
        self.refusals[known] = self.refusals.get(known, 0) + 1

    def upgrade_refused(self, status: int) -> None:
        """An upgrade was answered with this status."""
        self.upgrades_refused[str(status)] = self.upgrades_refused.get(str(status), 0) + 1

    def returned(self, missed: int | None) -> None:
        """A client gave a position, after which the log holds so many events; None where it does not cover it."""
        if missed is None:
            self.recoveries["reset"] += 1
        else:
            self.recoveries["recovered"] += 1
            self.replay_events.observe(missed)
