"""Running work on the application's database, whichever kind of engine it uses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from tidings.brokers.database.dialects import DIALECTS, is_transient

T = TypeVar("T")
Work = Callable[[Connection], T]
Run = Callable[[Work[Any]], Awaitable[Any]]

_THREADS = 6  # for an engine without async: as many statements at once


def check_engine(engine: Engine | AsyncEngine) -> None:
    """Raises TypeError for what is no engine, ValueError for a database that cannot hold logs."""
    if not isinstance(engine, Engine | AsyncEngine):
        raise TypeError(
            f"DatabaseBroker({engine!r}): write DatabaseBroker(create_async_engine(url)), or with the application's "
            "own Engine or AsyncEngine"
        )
    if engine.dialect.name not in DIALECTS:
        raise ValueError(f"logs are kept in Postgres or SQLite, not in {engine.dialect.name}")
    if isinstance(engine.pool, SingletonThreadPool | StaticPool):
        raise ValueError(  # noqa: TRY004
            "this engine's database is in memory, on one connection: use a file, or MemoryBroker"
        )


class Access:
    """Connections of its own to the database of the application's engine, in a pool like the engine's.

    The application's pool may be empty while those who hold its connections wait for us. An engine without async works
    in threads. No call takes longer than `timeout` seconds; a write that meets what may pass (a lock, a restart of
    the server) is tried again for `patience` seconds. `explained` says of errors what they mean.
    """

    def __init__(
        self,
        engine: Engine | AsyncEngine,
        *,
        explained: Callable[[], AbstractContextManager[None]],
        timeout: float,
        patience: float,
        random: Callable[[], float],
    ) -> None:
        self.dialect, self.driver, self.is_async = engine.dialect.name, engine.dialect.driver, engine.dialect.is_async
        self._explained, self._timeout, self._patience, self._random = explained, timeout, patience, random
        self._engine = _alike(engine)
        self._threads = None if self.is_async else ThreadPoolExecutor(_THREADS, "tidings-database")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def read(self, work: Work[T]) -> T:
        """What the work returns, which writes nothing. Raises what the driver raises."""
        return await self._run(work)

    async def write(self, work: Work[T]) -> T:
        """What the work returns, once it is committed; it may be tried several times. Raises what the driver raises."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + self._patience, 0.02
        while True:
            try:
                return await self._run(partial(_transact, work))
            except Exception as error:
                if not is_transient(error) or loop.time() >= end:
                    raise
            pause = min(1.0, pause * 2)
            await asyncio.sleep(self._random() * pause)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Run]:
        """A connection to keep, by a function that runs work on it. It does not count in the pool."""
        engine = _alike(self._engine)
        opened = _opened_async(engine) if isinstance(engine, AsyncEngine) else _opened_in_thread(engine)
        async with opened as run:
            yield run

    async def close(self) -> None:
        """Close all connections and end all threads."""
        if isinstance(self._engine, AsyncEngine):
            await self._engine.dispose()
        elif self._threads is not None:
            await _in_thread(self._threads, self._engine.dispose)
            self._threads.shutdown(wait=False)

    async def _run(self, work: Work[T]) -> T:
        with self._explained():
            async with asyncio.timeout(self._timeout):
                return await self._run_now(work)

    async def _run_now(self, work: Work[T]) -> T:
        if isinstance(self._engine, AsyncEngine):
            return await _connected_async(self._engine, work)
        return await _in_thread(self._threads, partial(_connected, self._engine, work))


async def _connected_async(engine: AsyncEngine, work: Work[T]) -> T:
    async with engine.connect() as connection:
        return await connection.run_sync(work)


@asynccontextmanager
async def _opened_async(engine: AsyncEngine) -> AsyncIterator[Run]:
    connection = engine.connect()
    try:
        await _to_the_end(connection.start())
        yield lambda work: _to_the_end(connection.run_sync(work))
    except Exception:
        if connection.sync_connection is not None:
            await connection.invalidate()  # it may be lost, and then a rollback would fail with a traceback in the log
        raise
    finally:
        try:
            if connection.sync_connection is not None:
                await connection.close()
        finally:
            await engine.dispose()


@asynccontextmanager
async def _opened_in_thread(engine: Engine) -> AsyncIterator[Run]:
    # One thread, so that the connection is not closed while work that nobody waits for any more still uses it.
    with ThreadPoolExecutor(1, "tidings-connection") as thread:
        kept = _Kept(engine)
        try:
            await _in_thread(thread, kept.open)
            yield lambda work: _in_thread(thread, partial(kept.run, work))
        except Exception:
            await _in_thread(thread, kept.invalidate)
            raise
        finally:
            await _in_thread(thread, kept.close)


async def _in_thread(threads: ThreadPoolExecutor | None, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work)


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns. Who is cancelled waits for its end: a driver that is interrupted leaves connections or
    locks behind.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


class _Kept:
    """A connection of an engine without async, used by one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def open(self) -> None:
        self._connection = self._engine.connect()

    def run(self, work: Work[T]) -> T:
        if self._connection is None:
            raise ConnectionError("the connection was not opened")
        return work(self._connection)

    def invalidate(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()

    def close(self) -> None:
        try:
            if self._connection is not None:
                self._connection.close()
        finally:
            self._engine.dispose()


def _alike(engine: Engine | AsyncEngine) -> Engine | AsyncEngine:
    """Another engine for the same database: the application's way to connect, its hooks on connections included."""
    options = {key: value for key, value in engine.get_execution_options().items() if key != "isolation_level"}
    settings: dict[str, Any] = {"pool": engine.pool.recreate(), "execution_options": options}
    if engine.dialect.name == "postgresql":
        settings["isolation_level"] = "READ COMMITTED"  # each statement sees what is committed when it begins
    return (
        create_async_engine(engine.url, **settings)
        if engine.dialect.is_async
        else create_engine(engine.url, **settings)
    )


def _connected(engine: Engine, work: Work[T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _transact(work: Work[T], connection: Connection) -> T:
    with connection.begin():
        # SQLite: take the lock of writers at once. One that has read before it writes is refused rather than waits.
        if connection.dialect.name == "sqlite" and not _driver(connection).in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        return work(connection)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
