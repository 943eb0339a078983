"""The broker whose logs are tables of the application's own database."""

import asyncio
import contextlib
import logging
import random as dice
import secrets
import time
import weakref
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, Engine, MetaData, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tidings.brokers.database.access import Access, check_engine
from tidings.brokers.database.dialects import clock_of, is_transient
from tidings.brokers.database.measures import Measures, measure
from tidings.brokers.database.reading import LogReader
from tidings.brokers.database.repairing import Repairer
from tidings.brokers.database.settings import Bounds, DatabaseSettings
from tidings.brokers.database.source import DatabaseSource
from tidings.brokers.database.sweeping import Sweeper, sweep
from tidings.brokers.database.tables import PREFIX, TablesMissing, look_at, tables
from tidings.brokers.database.writing import LogWriter, Written
from tidings.concurrency.background import Background
from tidings.concurrency.loops import Loop
from tidings.protocol.errors import in_one_line
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position
from tidings.tail import TailedBroker, retry_forever

log = logging.getLogger("tidings")

_CHECK_TIME = 5.0  # seconds that the start of a server waits for the database


class DatabaseBroker(TailedBroker):
    """Logs in Postgres, or in SQLite on one machine: for any number of processes, and kept over restarts.

    `engine` is the application's; its database has the tables (`metadata`, or `tidings.brokers.database.migration`).
    Connections are the broker's own, in a thread of its own. Replicas that lag must not be read from.

    `events`, `size` (bytes) and `age` (seconds) bound each channel's log, `total_size` all of them, and `channels` how
    many are numbered. `events` holds at once, the others after the next sweep, which one of the processes does: each
    that has published, read or followed, until `close`. Events are personal data where their payloads are: `age` is
    how long they are kept.

    Others' commits are learned of by LISTEN, or by polling; and the tops of all logs are compared in any case. How
    often, and how long a call may take, is in `settings`. What the driver raises is raised at the publisher.
    """

    def __init__(
        self,
        engine: Engine | AsyncEngine,
        *,
        events: int = 1_000,
        size: int = 1_048_576,
        age: float = 86_400.0,
        total_size: int = 1_073_741_824,
        channels: int = 100_000,
        settings: DatabaseSettings | None = None,
        prefix: str = PREFIX,
        schema: str | None = None,
        clock: Callable[[], float] = time.time,
        epochs: Callable[[], str] = lambda: secrets.token_urlsafe(6),
        random: Callable[[], float] = dice.random,
    ) -> None:
        check_engine(engine)
        bounds = Bounds(events=events, size=size, age=age, total_size=total_size, channels=channels)
        self._settings = settings = settings or DatabaseSettings()
        self._random, self._clock = random, clock
        self.tables = tables(prefix, schema)
        access = partial(Access, engine, timeout=settings.timeout, patience=settings.patience, random=random)
        self._writer = LogWriter(self.tables, clock, epochs)
        self._sweeper = Sweeper(self.tables, self._writer, bounds, clock, epochs)
        unfollowed = partial(_sweep_unfollowed, weakref.ref(self))
        background = Background("tidings-database", partial(access, explained=self.tables.used), unfollowed)
        source = DatabaseSource(
            LogReader(self.tables),
            self._writer,
            Repairer(self.tables, self._writer, clock, epochs),
            background=background,
            delivered=self._delivered,
            signal=self.tables.signal if settings.listen else None,
            poll=settings.poll,
        )
        super().__init__(source, background, settings, events=events, size=size, age=age, clock=clock, random=random)
        self._holder = ""  # of the lease to sweep: another name in each process
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def metadata(self) -> MetaData:
        """The tables, for Alembic's `target_metadata`."""
        return self.tables.metadata

    # The contract.

    def now(self) -> float:
        return self._clock()

    async def server_time(self) -> float | None:
        return await self._background.do(lambda access: access.read(clock_of))

    async def check(self) -> None:
        """Raises TablesMissing. A database that does not answer is logged: clients are served once it does."""
        try:
            async with asyncio.timeout(_CHECK_TIME):
                await self._background.do(lambda access: access.read(partial(look_at, self.metadata)))
        except TablesMissing:
            raise
        except Exception as error:  # noqa: BLE001
            log.warning("the database of the logs does not answer: %s", in_one_line(error))

    # Within the application's own transactions.

    def write(self, connection: Connection, drafts: Sequence[tuple[str, Draft]]) -> Sequence[Written]:
        """Number events (channel, draft) and write their rows, in the caller's transaction: once in it, as late as
        possible, because until it ends nobody else appends to these channels.

        Idempotent by channel and id. Give what it returns to `committed`. Raises TablesMissing.
        """
        with self.tables.used():
            written = self._writer.write(connection, drafts)
        self._background.start()  # which sweeps
        return written

    def committed(self, written: Sequence[Written]) -> None:
        """The transaction in which these were written is committed: deliver them here now. From any thread.

        Without this call they are delivered after the next wake-up.
        """
        home = self._home
        if self._is_home():
            self._tell(written)
        elif home is not None and home.is_running():
            with contextlib.suppress(RuntimeError):  # closed since: nobody is left to be told
                home.call_soon_threadsafe(self._tell, written)

    # How it does.

    async def measure(self) -> Measures:
        """How much the logs hold, and how far this process is behind."""
        held: Measures = await self._background.do(lambda access: access.read(partial(measure, self.tables)))
        return held._replace(followed=len(self._tails), tails=self._tails.size, behind=await self.behind())

    def _delivered(self, channel: str) -> Position | None:
        return self._tails.top(channel)

    def _tell(self, written: Sequence[Written]) -> None:
        for it in written:
            self._tails.committed(it.channel, it.entry, it.after)

    async def _append(self, drafts: Sequence[tuple[str, Draft]]) -> list[Entry | Exception]:
        try:
            write = partial(self._writer.write, drafts=drafts)
            written = await self._background.do(lambda access: access.write(write))
        except Exception as error:  # noqa: BLE001
            if len(drafts) == 1 or is_transient(error) or isinstance(error, TablesMissing):
                return [error] * len(drafts)
            half = len(drafts) // 2  # one that the database refuses fails alone
            return [*await self._append(drafts[:half]), *await self._append(drafts[half:])]
        self.committed(written)
        return [it.entry for it in written]

    def _settle(self, home: Loop) -> None:
        self._holder = secrets.token_hex(8)
        sweeping = retry_forever(self._sweep, "swept", patience=self._settings.sweep, random=self._random)
        self._sweeping = home.create_task(sweeping)

    async def _leave(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    async def _sweep(self, works: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(self._settings.sweep)
            await self._background.do(partial(sweep, sweeper=self._sweeper, holder=self._holder))
            works()


def database_broker(url: str) -> DatabaseBroker:
    """A broker on an engine of its own for the database with this URL. Raises ValueError for one that names none,
    without repeating its password.
    """
    try:
        at = make_url(url)
        engine = create_async_engine(at) if at.get_dialect().is_async else create_engine(at)
    except (ArgumentError, ImportError) as error:
        scheme = url.partition(":")[0][:40]
        reason = error if isinstance(error, ImportError | NoSuchModuleError) else "it cannot be read"
        raise ValueError(f"no database or Redis is at the URL {scheme}:…: {reason}") from None
    return DatabaseBroker(engine)


async def _sweep_unfollowed(whose: "weakref.ref[DatabaseBroker]", access: Access) -> None:
    """Sweep for a broker in whose process nobody follows, on its thread: a loop that only publishes may end at once."""
    if (broker := whose()) is None:
        return
    pause, random, sweeper, holder = broker._settings.sweep, broker._random, broker._sweeper, secrets.token_hex(8)
    del broker  # which is gone when nobody else has it

    async def sweep_once(works: Callable[[], None]) -> None:
        await asyncio.sleep(pause)
        if not _sweeps_at_home(whose()):
            # To its end: a driver that is interrupted leaves connections behind.
            await asyncio.shield(asyncio.ensure_future(sweep(access, sweeper, holder)))
            works()

    await retry_forever(sweep_once, "swept", patience=pause, random=random)


def _sweeps_at_home(broker: DatabaseBroker | None) -> bool:
    return broker is None or (broker._home is not None and broker._home.is_running())
