"""aiosqlite's connection with statements that cross to its thread and back once each.

By itself a statement crosses four times: to make the cursor, to execute, to fetch and to close. A changed shift takes
eleven statements; on busy cores each crossing waits for its turn, and the others who write wait with it.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite

_CHUNK = 64  # rows that aiosqlite fetches at once where it is asked for some of them; SQLAlchemy asks for all


class Connection(aiosqlite.Connection):
    """As SQLAlchemy's dialect uses one: its cursors are read to their end at once, and none is kept open."""

    def cursor(self) -> "Cursor":  # type: ignore[override]
        return Cursor(self)


class Cursor:
    """A statement and all its rows: what SQLAlchemy's dialect needs of a cursor that it does not stream from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        return await self._run(lambda cursor: cursor.execute(sql, parameters))  # type: ignore[arg-type]

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        return await self._run(lambda cursor: cursor.executemany(sql, parameters))  # type: ignore[arg-type]

    async def fetchall(self) -> Sequence[Any]:
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Nothing is open."""

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> Self:
        await self._connection._execute(self._read, statement)  # type: ignore[no-untyped-call]
        return self

    def _read(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        """Runs in the connection's thread."""
        cursor = self._connection._conn.cursor()
        try:
            statement(cursor)
            self._rows = cursor.fetchall()
            self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


async def connect(path: Path) -> Connection:
    """Opens the file, and makes it where there is none. Raises what sqlite3 raises."""
    connection = Connection(lambda: sqlite3.connect(path, check_same_thread=False), _CHUNK)
    connection._thread.daemon = True  # as SQLAlchemy has it: who forgets to close it can still end
    await connection
    return connection
