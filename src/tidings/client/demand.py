"""Whether anybody waits for what a connection brings: decides what becomes of a slow consumer."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Demand:
    """Counts who waits for a message of the server.

    While somebody does, the socket is read, whoever else is slow; while nobody does, a full inbox may stop it.
    """

    def __init__(self) -> None:
        self._waiting = 0
        self._changed = asyncio.Event()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Somebody waits for as long as the block runs."""
        self._waiting += 1
        self.changed()
        try:
            yield
        finally:
            self._waiting -= 1

    def changed(self) -> None:
        """Somebody waits now, or an inbox has room."""
        self._changed.set()

    async def pause(self, full: Callable[[], bool]) -> None:
        """Wait for as long as this is full and nobody waits."""
        while full() and not self._waiting:
            self._changed.clear()
            await self._changed.wait()
