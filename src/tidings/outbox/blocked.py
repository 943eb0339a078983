"""The channels that a relay has to wait for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from tidings.protocol.errors import in_one_line

log = logging.getLogger("tidings")

MOST_BLOCKED = 1_000
"""Channels that wait for another try; with so many, it is the broker, and the rest waits too."""

STRIKES = 10
"""Failures of a row, while others succeed, before its patience may end."""


@dataclass(slots=True)
class _Blocked:
    """A channel whose oldest row failed: since when, how often, how often of these while others succeeded, and when it
    is tried again."""

    since: float
    failures: int = 0
    strikes: int = 0
    seen: int = 0
    until: float = 0.0


class BlockedChannels:
    """Channels whose oldest row could not be appended. Times are seconds of one clock.

    `backoff` gives the seconds until another try after so many failures; `patience` those that a row may hold its
    channel up while others succeed.
    """

    def __init__(self, *, patience: float, backoff: Callable[[int], float]) -> None:
        self._patience, self._backoff = patience, backoff
        self._channels: dict[str, _Blocked] = {}
        self._appended = 0  # rows, in all

    def __contains__(self, channel: str) -> bool:
        return channel in self._channels

    @property
    def full(self) -> bool:
        """Whether no more are told apart."""
        return len(self._channels) >= MOST_BLOCKED

    def appended(self, channel: str) -> None:
        """A row of the channel was appended."""
        self._appended += 1
        self.clear(channel)

    def clear(self, channel: str) -> None:
        """Nothing holds the channel up any more."""
        self._channels.pop(channel, None)

    def failed(self, channel: str, error: Exception, now: float) -> str | None:
        """A row could not be appended; returns the reason to give it up, if its patience has ended."""
        blocked = self._channels.setdefault(channel, _Blocked(now))
        if not blocked.failures:
            reason = in_one_line(error)
            log.warning("channel %s cannot be appended to; it is tried again until it can: %s", channel, reason)
        blocked.strikes += blocked.failures > 0 and self._appended > blocked.seen
        blocked.seen, blocked.until = self._appended, now + self._backoff(blocked.failures)
        blocked.failures += 1
        if blocked.strikes >= STRIKES and now - blocked.since >= self._patience:
            return f"it has failed for {now - blocked.since:.0f} s: {in_one_line(error)}"
        return None

    def held_up(self, now: float) -> list[str]:
        """Those that are not to be tried yet."""
        return [name for name, blocked in self._channels.items() if blocked.until > now]

    def forget_due(self, now: float) -> None:
        """Those that could have been tried by `now` have no rows any more."""
        self._channels = {name: blocked for name, blocked in self._channels.items() if blocked.until > now}

    def next_try(self, now: float) -> float:
        """Seconds until the first of them is to be tried; infinite where there is none."""
        return min((blocked.until - now for blocked in self._channels.values()), default=float("inf"))
