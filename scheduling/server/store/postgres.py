"""Postgres: for several machines, or where there is one anyway."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .backend import PATIENCE_MS, DatabaseUnavailable

STALLED_MS = 30_000
"""How long a process that has stopped in the middle of a write keeps the others from theirs."""

CONNECT_SECONDS = 5
"""How long a connection may take to be made."""

TURN = (726_501, 1)
"""The advisory lock that whoever writes has. Of two numbers, so that it is none of the outbox's, which are of one."""

_LOCK_NOT_AVAILABLE = "55P03"
_REASON = re.compile(r"(?:failed: )?(?:FATAL: +|error: )?([^\n:]+)$")


@dataclass(frozen=True)
class Postgres:
    """The Backend that is a database of a Postgres server."""

    url: URL

    def __str__(self) -> str:
        return self.url.set(drivername="postgresql").render_as_string(hide_password=True)

    @property
    def reading(self) -> Mapping[str, Any]:
        # As each statement of a transaction that is READ COMMITTED sees what was committed before it.
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def engine(self) -> AsyncEngine:
        engine = create_async_engine(self._url, connect_args=self._options, pool_pre_ping=True)
        event.listen(engine.sync_engine, "begin", _begin)
        return engine

    def migrating(self) -> Engine:
        return self._plain(write=True)

    def prepare(self) -> None:
        """Nothing: whoever runs the server makes its databases."""

    def revision(self) -> str | None:
        engine = self._plain()
        try:
            with engine.connect() as connection:
                if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                    return None
                found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        except DBAPIError as error:
            raise self.unavailable(error.orig) from error
        finally:
            engine.dispose()
        return found

    def is_busy(self, error: DBAPIError) -> bool:
        """Others write, or nobody answers."""
        state = getattr(error.orig, "sqlstate", None)
        return state == _LOCK_NOT_AVAILABLE or (state is None and not error.connection_invalidated)

    def unavailable(self, error: BaseException | None) -> DatabaseUnavailable:
        said = str(error)
        if "authentication failed" in said or "no password supplied" in said or re.search(r'role ".*" does not', said):
            return DatabaseUnavailable(
                f"The server of {self} refuses the user {self.url.username!r}: correct the user and the password "
                "in the database's URL."
            )
        if re.search(r'database ".*" does not exist', said):
            return DatabaseUnavailable(
                f"There is no database {self.url.database!r} on the server of {self}: make it "
                f"(`createdb {self.url.database}`), or correct the database's URL."
            )
        if getattr(error, "sqlstate", None) is None:
            return DatabaseUnavailable(
                f"No Postgres server answers at {self} ({_reason(said)}): start it, or correct the database's URL."
            )
        return DatabaseUnavailable(f"The database {self} cannot be used: {_reason(said)}.")

    def _plain(self, **options: Any) -> Engine:
        engine = create_engine(self._url, connect_args=self._options, poolclass=NullPool, execution_options=options)
        event.listen(engine, "begin", _begin)
        return engine

    @property
    def _url(self) -> URL:
        return self.url.set(drivername="postgresql+psycopg")

    @property
    def _options(self) -> Mapping[str, Any]:
        defaults = {"connect_timeout": CONNECT_SECONDS, "application_name": "scheduling"}
        return {name: value for name, value in defaults.items() if name not in self.url.query}


def _begin(connection: Connection) -> None:
    # The lock is had until the end of the transaction, so nobody can write between what we check and what we save:
    # as READ COMMITTED, each of its statements sees all that those who had the lock before have committed.
    if connection.get_execution_options().get("write", False):
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{PATIENCE_MS}', true),"
            f" set_config('idle_in_transaction_session_timeout', '{STALLED_MS}', true),"
            f" pg_advisory_xact_lock({TURN[0]}, {TURN[1]})"
        )


def _reason(said: str) -> str:
    """The last clause of a driver's first line, which says what is the matter."""
    line = said.strip().partition("\n")[0]
    found = _REASON.search(line)
    return (found[1] if found else line).strip().rstrip(".")
