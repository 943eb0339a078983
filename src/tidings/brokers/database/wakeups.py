"""How a process learns that another one has committed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import ARRAY, Connection, Text, TwoPhaseTransaction, bindparam, func, select

from tidings.brokers.database.access import Access, Run

Notified = Callable[[str | None], None]

ALIVE = 30.0  # seconds after which a connection that tells nothing is asked whether it still stands
_ANSWER = 10.0  # seconds that it has for the answer


def notify(connection: Connection, signal: str, payloads: list[str]) -> None:
    """Tell whoever listens (Postgres) under `signal`, when this transaction commits."""
    # What is prepared for a second phase may not notify; it is found by those who look without being told.
    two_phases = isinstance(connection.get_transaction(), TwoPhaseTransaction)
    if connection.dialect.name != "postgresql" or two_phases:
        return
    payload = func.unnest(bindparam("told", payloads, ARRAY(Text))).column_valued("payload")
    connection.execute(select(func.pg_notify(signal, payload))).all()


async def listen(access: Access, signal: str | None, poll: float, notified: Notified) -> None:
    """Call `notified` with what Postgres was told under `signal`; with None where anything may have changed, which is
    so at the beginning. Runs until it is cancelled; raises when the connection is lost.

    Without a signal, and where the driver cannot listen, it looks every `poll` seconds; in SQLite, whether any other
    connection has committed.
    """
    listens = _LISTENS.get((access.driver, access.is_async))
    if access.dialect == "sqlite":
        async with access.connection() as run:
            await _watch_sqlite(run, poll, notified)
    elif signal is not None and listens is not None:
        async with access.connection() as run:
            await listens(run, signal, notified)
    else:
        await _poll(poll, notified)


async def _poll(poll: float, notified: Notified) -> None:
    while True:
        notified(None)
        await asyncio.sleep(poll)


async def _watch_sqlite(run: Run, poll: float, notified: Notified) -> None:
    seen = None
    while True:
        version = await run(_data_version)
        if version != seen:
            notified(None)
        seen = version
        await asyncio.sleep(poll)


def _data_version(connection: Connection) -> Any:
    """A number that changes with each commit of another connection (sqlite.org/pragma.html#pragma_data_version)."""
    try:
        return connection.exec_driver_sql("PRAGMA data_version").scalar_one()
    finally:
        connection.rollback()


async def _listen_asyncpg(run: Run, signal: str, notified: Notified) -> None:
    driver, lost = await run(_driver), asyncio.Event()
    driver.add_termination_listener(lambda _: lost.set())
    await driver.add_listener(signal, lambda connection, pid, channel, payload: notified(payload))
    notified(None)
    while not lost.is_set():
        try:
            async with asyncio.timeout(ALIVE):
                await lost.wait()
        except TimeoutError:
            await driver.execute("SELECT 1", timeout=_ANSWER)
    raise ConnectionError("the connection that listens was closed")


async def _listen_psycopg(run: Run, signal: str, notified: Notified) -> None:
    driver = await run(_driver)
    await driver.set_autocommit(True)
    await driver.execute(f'LISTEN "{signal}"')
    notified(None)
    while True:
        async for notification in driver.notifies(timeout=ALIVE):
            notified(notification.payload)
        async with asyncio.timeout(_ANSWER):
            await driver.execute("SELECT 1")


async def _listen_in_threads(run: Run, signal: str, notified: Notified) -> None:
    def begin(connection: Connection) -> Any:
        driver = _driver(connection)
        driver.autocommit = True
        driver.execute(f'LISTEN "{signal}"')
        return driver

    def take(connection: Connection) -> list[str]:
        return [notification.payload for notification in _driver(connection).notifies(timeout=0)]

    driver, loop, readable = await run(begin), asyncio.get_running_loop(), asyncio.Event()
    notified(None)
    watched = driver.fileno()  # which a connection that is lost does not tell any more
    loop.add_reader(watched, readable.set)
    try:
        while True:
            try:
                async with asyncio.timeout(ALIVE):
                    await readable.wait()
            except TimeoutError:
                async with asyncio.timeout(_ANSWER):
                    await run(lambda connection: _driver(connection).execute("SELECT 1"))
            readable.clear()
            for payload in await run(take):
                notified(payload)
    finally:
        loop.remove_reader(watched)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


_LISTENS: dict[tuple[str, bool], Callable[[Run, str, Notified], Awaitable[None]]] = {
    ("asyncpg", True): _listen_asyncpg,
    ("psycopg", True): _listen_psycopg,
    ("psycopg", False): _listen_in_threads,
}
"""By the driver, and whether it is used with an AsyncEngine."""
