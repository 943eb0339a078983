"""The relay learns at once of what other processes commit, and not only when it looks.

Where the next look is an hour away, nothing but a notification can have woken it; the leases' clock stands still.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.outbox.conftest import DRIVERS
from tests.outbox.desk import Table
from tests.outbox.test_relay import NOW, Office
from tests.stage import Hearing
from tidings.outbox.relay import LEASE_LOOK
from tidings.outbox.rows import OutboxTable
from tidings.testing import FakeClock

HOUR = 3_600.0

LISTENING = ["psycopg", "psycopg_async", "asyncpg"]

on_postgres = pytest.mark.parametrize("driver", LISTENING)

Engines = Engine | AsyncEngine


class Process(Office):
    """A process that serves; `heard` has the ids of what it has relayed."""

    def __init__(self, engine: Engines, clock: FakeClock, **settings: Any) -> None:
        super().__init__(engine, clock, **{"poll": HOUR, **settings})
        self.heard = asyncio.Queue[str]()
        self.broker.attach(Hearing(lambda channel, entry: self.heard.put_nowait(entry.position.id)))

    async def hears(self) -> str:
        return await asyncio.wait_for(self.heard.get(), 30)

    async def listeners(self) -> list[int]:
        """The connections on which the outbox's commits are told."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
        return list(await self.connected(lambda connection: connection.scalars(text(query)).all()))

    async def listened_to(self, *, without: int = 0) -> int:
        """The one connection, once it is there and the one before is not."""
        async with asyncio.timeout(30):
            while len(found := await self.listeners()) != 1 or without in found:
                pass
        return found[0]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def here(engine: Engines, clock: FakeClock) -> Process:
    process = Process(engine, clock)
    await process.connected(process.outbox.metadata.create_all)
    await process.connected(Table.metadata.create_all)
    return process


@pytest.fixture
async def there(engine: Engines, clock: FakeClock) -> Process:
    return Process(engine, clock)


@pytest.fixture
async def relaying(here: Process) -> AsyncIterator[None]:
    async with here.outbox.relaying():
        await here.notes(0)
        assert await here.hears() == "note-0"
        yield


@pytest.mark.parametrize("driver", [*DRIVERS, "psycopg_async"])
@pytest.mark.usefixtures("relaying")
async def test_a_commit_in_another_process_wakes_the_relay(here: Process, there: Process):
    for number in range(1, 10):
        await there.notes(number)
        assert await here.hears() == f"note-{number}"
        while (await there.outbox.measure()).waiting:  # or the step in hand finds the next one, too
            pass


@on_postgres
async def test_only_the_process_with_the_lease_listens(here: Process, there: Process, clock: FakeClock):
    async with AsyncExitStack() as later:
        async with here.outbox.relaying():
            pid = await here.listened_to()
            await later.enter_async_context(there.outbox.relaying())
            for number in range(10):
                await there.notes(number)
                assert await here.hears() == f"note-{number}"
                assert await here.listeners() == [pid]
        clock.turn(LEASE_LOOK)
        await there.listened_to(without=pid)
        await here.notes(10)
        assert await there.hears() == "note-10"


@on_postgres
@pytest.mark.usefixtures("relaying")
async def test_a_listening_connection_that_breaks_loses_nothing(
    here: Process, there: Process, caplog: pytest.LogCaptureFixture
):
    pid = await here.listened_to()
    with caplog.at_level(logging.WARNING, "tidings"):
        await there.connected(lambda connection: connection.execute(select(func.pg_terminate_backend(pid))))
        await there.notes(1)  # nobody may be told of this one
        assert await here.hears() == "note-1"
        await here.listened_to(without=pid)
        await there.notes(2)
        assert await here.hears() == "note-2"
    told = [record.getMessage() for record in caplog.records if record.name == "tidings"]
    assert told[0].startswith("the outbox's commits cannot be listened to, which is tried until they can: ")
    assert not any(record.exc_info for record in caplog.records)  # nor of SQLAlchemy's


@pytest.mark.parametrize("driver", ["aiosqlite", "asyncpg"])
async def test_what_nobody_is_told_of_is_found_by_looking(engine: Engines, clock: FakeClock, here: Process):
    deaf = Process(engine, clock, poll=0.1, listen=False)
    async with deaf.outbox.relaying():
        for number in range(3):
            await here.notes(number)
            assert await deaf.hears() == f"note-{number}"


def test_each_schema_has_a_signal_that_postgres_can_take():
    names = [None, "elsewhere", "Ünïcode " * 20, 'a "name"']
    signals = {OutboxTable(name).signal for name in names}
    assert len(signals) == len(names)
    assert all(len(signal) <= 63 and signal.isidentifier() and signal.isascii() for signal in signals)
