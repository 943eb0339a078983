"""Ends what takes too long: one timer for all connections of a server."""

import asyncio
from typing import Protocol
from weakref import WeakKeyDictionary

TICK = 0.5  # seconds


class Watched(Protocol):
    """Something that may take too long."""

    def check(self, now: float) -> None:
        """Look at the clock (the loop's, seconds) and end what is overdue, or would be before the next look."""


class Watch:
    """Has everything under watch look at the clock every `TICK` seconds. The timer rests while nothing is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: Watched) -> None:
        """Call the item's `check` from now on."""
        self._watched.add(item)
        if self._timer is None:
            self._timer = self._loop.call_later(TICK, self._tick)

    def discard(self, item: Watched) -> None:
        """Call it no longer."""
        self._watched.discard(item)

    def __contains__(self, item: Watched) -> bool:
        return item in self._watched

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick) if self._watched else None
        now = self._loop.time()
        for item in tuple(self._watched):
            if item in self._watched:
                item.check(now)


_watches: WeakKeyDictionary[object, Watch] = WeakKeyDictionary()


def watch_of(server: object, loop: asyncio.AbstractEventLoop) -> Watch:
    """The one watch of a server, which lives as long as the server does."""
    watch = _watches.get(server)
    if watch is None:
        watch = _watches[server] = Watch(loop)
    return watch
