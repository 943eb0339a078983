"""A database broker whose every step is taken on the loop of a test, so that a run can be repeated exactly.

The tables, and all that reads and writes them, are real; what is left out is the thread
(tidings.concurrency.background), which has its own tests in test_broker.py.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, select

from tidings.brokers.database import DatabaseBroker
from tidings.brokers.database.access import Access
from tidings.brokers.database.source import DatabaseSource
from tidings.brokers.database.tables import tables
from tidings.concurrency.background import Background
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position

T = TypeVar("T")


class OnTheLoop(Background[Access]):
    """Does its work on the loop of whoever asks for it, in tasks."""

    def __init__(self, open: Callable[[], Access]) -> None:
        super().__init__("tidings-database", open)
        self._access: Access | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def do(self, work: Callable[[Access], Coroutine[Any, Any, T]], *, cancel: bool = False) -> T:
        if self._access is None:
            self._access = self._open()
        task = asyncio.get_running_loop().create_task(work(self._access))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await (task if cancel else asyncio.shield(task))

    async def close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        access, self._access = self._access, None
        if access is not None:
            await access.close()


class SteppedBroker(DatabaseBroker):
    """A database broker for an engine without async, on a loop whose `run_in_executor` uses no threads.

    It tells `appended` of each entry that it was given a number for, whoever follows the channel.
    """

    _source: DatabaseSource

    def __init__(self, engine: Engine, *, appended: Callable[[str, Entry], object], events: int, **bounds: Any) -> None:
        super().__init__(engine, events=events, **bounds)
        self._background = self._source._background = OnTheLoop(self._background._open)
        self._engine, self._appended, self._bound = engine, appended, events

    async def append(self, channel: str, draft: Draft) -> Entry:
        entry = await super().append(channel, draft)
        self._appended(channel, entry)
        return entry

    async def covers(self, channel: str, position: Position) -> bool:
        """Whether the log has everything after the position, as its rows say. Once it has not, it never will again."""
        epoch, offset, id = position
        log, channels, events = self.tables.log.c, self.tables.channels.c, self.tables.events.c
        with self._engine.connect() as connection:
            row = connection.execute(select(self.tables.channels).where(channels.name == channel)).one_or_none()
            if row is None:
                return position == (connection.execute(select(log.epoch)).scalar_one(), 0, "")
            if epoch != row.epoch or not max(row.start, row.top - self._bound) <= offset <= row.top:
                return False
            at = select(events.id).where(events.channel == channel, events.offset == offset)
            kept: str = row.start_id if offset == row.start else connection.execute(at).scalar_one()
            return id == kept


def throwaway(path: str) -> Engine:
    """An engine on a new SQLite file with the tables, which is not kept safe from a crash of the machine."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def unsafe(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    tables().metadata.create_all(engine)
    return engine
