"""When a client connects again: full-jitter backoff by the length of the outage, and what ends it.

Pure: time and chance come in as arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass

LOWEST_CEILING = 1.0  # seconds
HIGHEST_CEILING = 30.0
STABLE_AFTER = 5.0  # seconds that a connection stands before it counts as stable, and the outage as over
GOODBYES = 3  # servers in a row that say they are going, as workers that are replaced do; then that is an outage, too
REFUSALS = 3  # tries that failed before the connection opened, then the client says that it is refused

Random = Callable[[], float]
"""Uniform in [0, 1)."""


def backoff(ceiling: float, random: Random) -> float:
    """Seconds to wait: uniform below `ceiling` seconds, which count as at least 1 and at most 30."""
    return random() * min(max(ceiling, LOWEST_CEILING), HIGHEST_CEILING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How a connection ended. `code` is the server's error code, where it sent one; `reason` is for people. `error` is
    an exception of the application's own code, whose place the log tells.
    """

    reason: str
    again: bool  # whether the client should try again by itself
    code: str | None = None
    before_open: bool = False  # it never got as far as an accepted upgrade
    error: Exception | None = None


class Retries:
    """The memory between connections. Times are seconds of any monotonic clock.

    An outage begins when a connection is lost, or the first try failed, and is over once a connection has stood for
    STABLE_AFTER. The ceiling of each wait is its length so far.
    """

    def __init__(self, random: Random, *, renewable: bool) -> None:
        self._random = random
        self._renewable = renewable  # whether an expired token can be had anew
        self.attempt = 0  # tries since a connection was last stable
        self.refusals = 0  # tries in a row that failed before the connection opened
        self.announced = False  # the server said that it is going: the next connection needs no wait
        self._renewed = False
        self._since: float | None = None
        self._outage_began = 0.0  # means nothing before an attempt

    @property
    def refused(self) -> bool:
        """Whether so many tries were refused that people should be told."""
        return self.refusals >= REFUSALS

    def established(self, now: float) -> None:
        """A connection stands."""
        self.refusals, self.announced, self._renewed, self._since = 0, False, False, now

    def lost(self, loss: Loss, now: float) -> float | None:
        """Seconds until the next try; None where there is to be none."""
        stood = self._since is not None
        if self._since is not None and now - self._since >= STABLE_AFTER:
            self.attempt = 0
        self._since = None
        self.refusals = self.refusals + 1 if loss.before_open else 0
        if not (loss.again or self._renew(loss)):
            return None
        if self.attempt == 0 or (stood and self.announced and self.attempt <= GOODBYES):
            self._outage_began = now
        # Servers that say goodbye one after the other are met with backoff from the second time on.
        wait = 0.0 if self.announced and self.attempt == 0 else backoff(now - self._outage_began, self._random)
        self.attempt += 1
        return wait

    def _renew(self, loss: Loss) -> bool:
        """Once between two connections: the token had expired on the way."""
        renew = loss.code == "token_expired" and self._renewable and not self._renewed
        self._renewed = self._renewed or renew
        return renew
