"""How the process that relays learns that another one has committed."""

import asyncio
from collections.abc import Callable
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from tidings.brokers.database.access import Access
from tidings.brokers.database.wakeups import listen
from tidings.concurrency.background import Background
from tidings.outbox.rows import OutboxTable
from tidings.tail import retry_forever

LOOK = 0.05
"""Seconds between two looks whether anybody has committed, in SQLite."""

PATIENCE = 5.0
"""Seconds, at most, before a connection that was lost is tried again."""


class Listening:
    """Calls `wake` after others' commits, and whenever there may have been any: from `begin` until `end` or `close`.

    It has a connection of its own meanwhile. Postgres tells of commits; in SQLite it looks every LOOK seconds, and
    with a driver that cannot listen it wakes every `poll` seconds. It is a wake-up only: what is missed while the
    connection is lost, or not told, is for the caller's own looks to find.
    """

    def __init__(
        self,
        engine: Engine | AsyncEngine,
        table: OutboxTable,
        *,
        wake: Callable[[], None],
        poll: float,
        timeout: float,
        random: Callable[[], float],
    ) -> None:
        access = partial(Access, engine, explained=table.used, timeout=timeout, patience=PATIENCE, random=random)
        self._background = Background("tidings-outbox", access)
        self._signal, self._poll = table.signal, min(poll, LOOK) if engine.dialect.name == "sqlite" else poll
        self._wake, self._random = wake, random
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Listen from now on, on this event loop, unless it does."""
        if self._task is None:
            work = retry_forever(
                self._listen, "listened to", to="the outbox's commits", patience=PATIENCE, random=self._random
            )
            self._task = asyncio.get_running_loop().create_task(work)

    async def end(self) -> None:
        """Listen no more, and let go of the connection."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            # `close` must not be first to cancel what runs on the background: twice would cut off how it ends there.
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """End, and wait until the connection is closed."""
        await self.end()
        await self._background.close()

    async def _listen(self, works: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()

        def heard() -> None:
            works()
            self._wake()

        def notified(_: str | None) -> None:  # on the thread of the background
            loop.call_soon_threadsafe(heard)

        await self._background.do(lambda access: listen(access, self._signal, self._poll, notified), cancel=True)
