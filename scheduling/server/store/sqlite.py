"""A SQLite file in WAL mode: readers never wait, writers take turns."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from .backend import PATIENCE_MS, DatabaseUnavailable
from .sqlite_driver import connect

PRAGMAS = (
    f"PRAGMA busy_timeout = {PATIENCE_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


@dataclass(frozen=True)
class SqliteFile:
    """The Backend that is a file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def reading(self) -> Mapping[str, Any]:
        return {}

    def engine(self) -> AsyncEngine:
        engine = create_async_engine(self._url("aiosqlite"), async_creator=partial(connect, self.path))
        _configure(engine.sync_engine)
        return engine

    def migrating(self) -> Engine:
        engine = create_engine(self._url("pysqlite"), execution_options={"write": True})
        _configure(engine)
        return engine

    def prepare(self) -> None:
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnavailable(f"The folder {folder} cannot be made: {error.strerror}.") from error

    def revision(self) -> str | None:
        """Looks by the plain driver, as aiosqlite leaves a thread behind where it cannot open a file; makes no file."""
        if not self.path.exists():
            return None
        try:
            with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
                found: tuple[str] | None = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.Error as error:
            if "no such table" in str(error):
                return None
            raise self.unavailable(error) from error
        return found[0] if found else None

    def is_busy(self, error: DBAPIError) -> bool:
        return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY

    def unavailable(self, error: BaseException | None) -> DatabaseUnavailable:
        return DatabaseUnavailable(f"The database {self} cannot be opened: {error}.")

    def _url(self, driver: str) -> URL:
        return URL.create(f"sqlite+{driver}", database=str(self.path))


def _configure(engine: Engine) -> None:
    """Give each connection our pragmas and each transaction our way to begin.

    The driver's own transaction handling is switched off: it begins late and deferred, and not at all for DDL.
    """
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


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
