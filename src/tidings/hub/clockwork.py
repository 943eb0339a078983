"""The manager's one timer: once a second it looks at the connections that are due."""

import asyncio
import math
from collections.abc import Callable
from typing import Protocol

from tidings.protocol.deadlines import Deadlines


class Timed(Protocol):
    """What has times to keep; each look returns the next time, or None."""

    def check(self, now: float) -> float | None: ...
    def check_expiry(self, now: float) -> float | None: ...


class Clockwork:
    """Keeps the times of many connections on the loop's clock with one timer, which rests while there are none."""

    def __init__(self) -> None:
        self._lives: Deadlines[Timed] = Deadlines()
        self._expiries: Deadlines[Timed] = Deadlines()
        self._timer: asyncio.TimerHandle | None = None

    def watch_life(self, item: Timed, at: float) -> None:
        """Call the item's `check` in the second of `at`."""
        self._lives.add(at, item)
        self._wind()

    def watch_expiry(self, item: Timed, at: float) -> None:
        """Call the item's `check_expiry` in the second of `at`, at its beginning."""
        self._expiries.add(at, item)
        self._wind()

    def forget_expiry(self, item: Timed, at: float) -> None:
        """The item no longer waits for this time."""
        self._expiries.discard(at, item)

    def stop(self) -> None:
        """Forget everything; the timer with it."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._lives.clear()
        self._expiries.clear()

    def _wind(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(math.floor(loop.time()) + 1.0, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        looks: tuple[tuple[Deadlines[Timed], Callable[[Timed, float], float | None]], ...] = (
            (self._lives, lambda item, at: item.check(at)),
            (self._expiries, lambda item, at: item.check_expiry(at)),
        )
        for deadlines, look in looks:
            for item in list(deadlines.due(now)):
                following = look(item, now)
                if following is not None:
                    deadlines.add(max(following, now + 1), item)
        if self._lives or self._expiries:
            self._wind()
