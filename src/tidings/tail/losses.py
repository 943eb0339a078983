"""Logs that have lost what was read of them, told in few lines."""

import asyncio
import logging

from tidings.protocol.log import Position

log = logging.getLogger("tidings")

_TOGETHER = 1.0  # seconds without a further one, after which the others are told
_AT_LAST = 60.0  # seconds after which they are told in any case


class Losses:
    """Tells of the first log what it has lost, and of those that follow soon after it how many they are: a server that
    comes back empty has lost all of them.
    """

    def __init__(self) -> None:
        self._others, self._seen = 0, 0
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def note(self, name: str, what: str, *, top: Position, seen: Position) -> None:
        """The log of a channel is at `top`, and was read here up to `seen`."""
        if self._timer is not None:
            self._others += 1
            return
        log.warning("the log of %s %s: it is at %s, and was read here up to %s", name, what, tuple(top), tuple(seen))
        self._until = asyncio.get_running_loop().time() + _AT_LAST
        self._wait()

    def close(self) -> None:
        """Tell what was not told yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._tell()

    def _wait(self) -> None:
        self._seen = self._others
        self._timer = asyncio.get_running_loop().call_later(_TOGETHER, self._look)

    def _look(self) -> None:
        if self._others > self._seen and asyncio.get_running_loop().time() < self._until:
            self._wait()
        else:
            self._tell()

    def _tell(self) -> None:
        others, self._others, self._timer = self._others, 0, None
        if others:
            log.warning("%d further logs have lost what was read of them here; their readers start anew", others)
