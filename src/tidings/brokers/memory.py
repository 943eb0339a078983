"""The embedded default: logs in the memory of one process."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import chain

from tidings.broker import Broker, Listener
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Log, Position


class MemoryBroker(Broker):
    """Bounded logs in this process; they end with it. Append and delivery are one step, so a log's order is the order
    of delivery.

    `events`, `size` (bytes) and `age` (seconds) bound each channel's log, `total_size` all of them, and `channels`
    how many are numbered. A log that nobody follows is forgotten when there are too many; the broker's epoch then
    changes, so that its numbers are never mistaken.
    """

    multiprocess = False
    lacks = "other processes do not see its events, and a restart resets its clients"

    def __init__(
        self,
        *,
        events: int = 1_000,
        size: int = 1_048_576,
        age: float = 3_600.0,
        total_size: int = 268_435_456,
        channels: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
        epochs: Callable[[], str] = lambda: secrets.token_urlsafe(6),
    ) -> None:
        self._events, self._size, self._age = events, size, age
        self._max_total, self._max_channels = total_size, channels
        self._clock, self._epochs = clock, epochs
        self._initial = Position(epochs(), 0, "")
        # A log is in one of the two. In the first the least recently appended to comes first, and goes to the second
        # if it holds nothing then.
        self._filled: OrderedDict[str, Log] = OrderedDict()
        self._dry: OrderedDict[str, Log] = OrderedDict()  # they hold nothing, but are numbered
        self._followers: dict[str, int] = {}
        self._total = 0
        self._listeners: tuple[Listener, ...] = ()
        # Publishing before start-up may come from several threads, none of which has the event loop.
        self._lock = threading.RLock()

    @property
    def size(self) -> int:
        """Bytes that all logs hold."""
        return self._total

    def attach(self, listener: Listener) -> None:
        self._listeners = (*self._listeners, listener)

    def now(self) -> float:
        return self._clock()

    async def append(self, channel: str, draft: Draft) -> Entry:
        with self._lock:
            log = self._filled.get(channel)
            if log is None:
                log = self._fill(channel)
            now, before = self._clock(), log.size
            entry, new = log.append(draft, now)
            if new:
                log.trim(events=self._events, size=self._size, before=now - self._age)
                self._total += log.size - before
                self._filled.move_to_end(channel)
                self._bound(now)
                for listener in self._listeners:
                    listener.deliver(channel, entry)
            return entry

    async def since(self, channel: str, position: Position, limit: int) -> list[Entry] | None:
        with self._lock:
            log = self._log(channel)
            if log is None:
                return [] if position == self._initial else None
            self._trim(log, self._clock())
            return log.since(position, limit)

    async def follow(self, channel: str) -> Position:
        with self._lock:
            self._followers[channel] = self._followers.get(channel, 0) + 1
            log = self._log(channel)
            return self._initial if log is None else log.top

    def unfollow(self, channel: str) -> None:
        with self._lock:
            self._followers[channel] -= 1
            if not self._followers[channel]:
                del self._followers[channel]

    async def beginning(self, channel: str) -> Position:
        with self._lock:
            log = self._log(channel)
            if log is None:
                return self._initial
            self._trim(log, self._clock())
            return log.start

    async def refresh(self, *channels: str) -> None:
        """Append delivers at once: nothing is ever left."""

    def _log(self, channel: str) -> Log | None:
        log = self._filled.get(channel)
        return self._dry.get(channel) if log is None else log

    def _fill(self, channel: str) -> Log:
        """The log of a channel that is about to hold an event."""
        if channel not in self._dry and len(self._filled) + len(self._dry) >= self._max_channels:
            self._forget()  # and number this channel, if it is followed
        log = self._dry.pop(channel, None)
        if log is None:
            log = Log(channel, self._initial)
        self._filled[channel] = log
        return log

    def _trim(self, log: Log, now: float) -> None:
        before = log.size
        log.trim(events=self._events, size=self._size, before=now - self._age)
        self._total += log.size - before

    def _bound(self, now: float) -> None:
        """Drop what is too old or too much, from the logs that were quiet for longest."""
        while self._filled:
            name, log = next(iter(self._filled.items()))
            self._trim(log, now)
            while len(log) and self._total > self._max_total:
                self._total -= log.drop_oldest().size
            if len(log):
                return
            self._dry[name] = self._filled.pop(name)

    def _forget(self) -> None:
        """Give up the numbering of the quietest log that nobody follows, and with it this epoch for logs to come."""
        quietest = next((name for name in chain(self._dry, self._filled) if name not in self._followers), None)
        if quietest is None:
            return
        for followed in self._followers:
            if self._log(followed) is None:  # its followers hold positions of the old epoch
                self._dry[followed] = Log(followed, self._initial)
        self._total -= (self._dry if quietest in self._dry else self._filled).pop(quietest).size
        self._initial = Position(self._epochs(), 0, "")
