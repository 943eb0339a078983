"""The database: where it is, and what a transaction on it guarantees."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from scheduling.server.services.errors import Busy

from .backend import Backend, DatabaseUnavailable
from .postgres import Postgres
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
from .sqlite import SqliteFile
from .tables import REVISION

_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}


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
    """The Store of `services.ports` on SQLite or Postgres: readers never wait, writers take turns."""

    def __init__(self, address: str | Path) -> None:
        """Opens nothing yet. `address` is what `backend_at` takes, and must have been migrated.

        Raises DatabaseUnavailable for what is no address.
        """
        self._backend = backend_at(address)
        self.engine: AsyncEngine = self._backend.engine()
        """The connections to the database, for the logs of events that are kept in it."""
        self._readers = self.engine.execution_options(**self._backend.reading)
        self._writers = self.engine.execution_options(write=True)
        # Whoever waits for its turn here holds no connection, and gets it in the order of asking; SQLite has no queue.
        self._turn = asyncio.Lock()

    async def open(self) -> Self:
        """Look at the database now rather than with the first request. Raises DatabaseUnavailable."""
        revision = await asyncio.to_thread(self._backend.revision)
        if revision is None:
            raise DatabaseUnavailable(f"The database {self._backend} is not set up: run `scheduling migrate` first.")
        if revision != REVISION:
            raise DatabaseUnavailable(
                f"The database {self._backend} is at revision {revision} and this program needs {REVISION}: "
                "run `scheduling migrate` first."
            )
        return self

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlTransaction]:
        with self._told():
            async with AsyncSession(self._readers) as session:
                yield SqlTransaction(session)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqlTransaction]:
        with self._told():
            async with self._turn, AsyncSession(self._writers) as session, session.begin():
                await session.connection()  # begun now, not at the first statement: from here on nobody else writes
                yield SqlTransaction(session)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raises Busy for what a moment may change."""
        try:
            yield
        except (DBAPIError, PoolTimeout) as error:
            if isinstance(error, DBAPIError) and not self._backend.is_busy(error):
                raise
            raise Busy("Others are writing just now. Try again in a moment.") from error


def backend_at(address: str | Path) -> Backend:
    """The database that is meant by a URL (`postgresql://user:password@host/name`, `sqlite:///path`) or a file's path.

    Raises DatabaseUnavailable for what is neither, without saying what it is, as it may hold a password.
    """
    if isinstance(address, Path) or "://" not in address:
        return SqliteFile(Path(address))
    scheme = address.partition("://")[0]
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is not None and scheme in _POSTGRES and url.database:
        return Postgres(url)
    if url is not None and scheme == "sqlite" and url.database:
        return SqliteFile(Path(url.database))
    raise DatabaseUnavailable(
        "The database's URL cannot be read: write postgresql://user:password@host:5432/name "
        "(with %-escapes in the password), or the path of a SQLite file."
    )


@contextmanager
def usable(address: str | Path) -> Iterator[None]:
    """Turn what a damaged or locked file or a full disk raises into DatabaseUnavailable: for work at start."""
    try:
        yield
    except DBAPIError as error:
        raise DatabaseUnavailable(
            f"The database {backend_at(address)} cannot be used: {error.orig} "
            "(a damaged one must be restored or moved away)."
        ) from error
