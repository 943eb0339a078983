"""The database file: how it is opened and what a transaction on it guarantees."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from scheduling.server.services.errors import Busy

from .driver import connect
from .repositories import (
    SqlAnswers,
    SqlCalendarLinks,
    SqlLocations,
    SqlNeeds,
    SqlOffers,
    SqlSchedules,
    SqlSessions,
    SqlStaff,
    SqlTemplates,
    SqlTimeOff,
)
from .tables import REVISION

BUSY_TIMEOUT_MS = 5_000
"""How long one process waits for another's write."""

PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


class DatabaseUnavailable(Exception):
    """The database cannot be opened or is not ready; the message says which, why and what to do."""


class SqlTransaction:
    """The repositories over one SQLAlchemy session."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.staff = SqlStaff(session)
        self.locations = SqlLocations(session)
        self.needs = SqlNeeds(session)
        self.schedules = SqlSchedules(session)
        self.time_off = SqlTimeOff(session)
        self.offers = SqlOffers(session)
        self.templates = SqlTemplates(session)
        self.calendar_links = SqlCalendarLinks(session)
        self.sessions = SqlSessions(session)
        self.answers = SqlAnswers(session)


class Database:
    """The Store of `services.ports` on a SQLite file in WAL mode: readers never wait, writers take turns."""

    def __init__(self, path: Path) -> None:
        """Opens nothing yet. `path` must have been migrated."""
        self._path = path
        self._readers = create_async_engine(url(path, "aiosqlite"), async_creator=partial(connect, path))
        configure(self._readers.sync_engine)
        self._writers = self._readers.execution_options(write=True)
        # Whoever waits for its turn here holds no connection, and gets it in the order of asking; SQLite has no queue.
        self._turn = asyncio.Lock()

    @property
    def engine(self) -> AsyncEngine:
        """The connections to the file, for the logs of events that are kept in it."""
        return self._readers

    async def open(self) -> Self:
        """Look at the file now rather than with the first request. Raises DatabaseUnavailable."""
        revision = await asyncio.to_thread(revision_of, self._path)
        if revision is None:
            raise DatabaseUnavailable(f"The database {self._path} is not set up: run `scheduling migrate` first.")
        if revision != REVISION:
            raise DatabaseUnavailable(
                f"The database {self._path} is at revision {revision} and this program needs {REVISION}: "
                "run `scheduling migrate` first."
            )
        return self

    async def close(self) -> None:
        await self._readers.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlTransaction]:
        async with AsyncSession(self._readers) as session:
            yield SqlTransaction(session)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqlTransaction]:
        async with self._turn, AsyncSession(self._writers) as session, session.begin():
            # Begun now, not at the first statement: from here on nobody else writes.
            try:
                await session.connection()
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise
                raise Busy("Others are writing just now. Try again in a moment.") from error
            yield SqlTransaction(session)


def url(path: Path, driver: str) -> URL:
    return URL.create(f"sqlite+{driver}", database=str(path))


def configure(engine: Engine) -> None:
    """Give each connection our pragmas and each transaction our way to begin.

    The driver's own transaction handling is switched off: it begins late and deferred, and not at all for DDL.
    """
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


def unavailable(path: Path, error: BaseException | None) -> DatabaseUnavailable:
    """What the driver's `error` means to whoever started the program."""
    return DatabaseUnavailable(f"The database {path} cannot be opened: {error}.")


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Turn what a damaged or locked file or a full disk raises into DatabaseUnavailable: for work at start."""
    try:
        yield
    except DBAPIError as error:
        raise DatabaseUnavailable(
            f"The database {path} cannot be used: {error.orig} (a damaged one must be restored or moved away)."
        ) from error


def revision_of(path: Path) -> str | None:
    """The migration that the database is at; None where it was never migrated. Raises DatabaseUnavailable.

    Looks by the plain driver, as aiosqlite leaves a thread behind where it cannot open a file; and makes no file.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            found: tuple[str] | None = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return None
        raise unavailable(path, error) from error
    return found[0] if found else None


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once, so nobody can write between what we check and what we save.
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
