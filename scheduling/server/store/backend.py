"""What a database has to do for the store, wherever it is: a SQLite file or Postgres."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

PATIENCE_MS = 5_000
"""How long one process waits for another's write."""


class DatabaseUnavailable(Exception):
    """The database cannot be opened or is not ready; the message says which, why and what to do."""


class Backend(Protocol):
    """A database: how it is reached, and how transactions on it begin.

    Those of a connection with the execution option `write` exclude each other from their beginning on.
    """

    @property
    def reading(self) -> Mapping[str, Any]:
        """Execution options by which all that a transaction reads is as of one instant."""
        ...

    def __str__(self) -> str:
        """What it is called in messages, without its password."""
        ...

    def engine(self) -> AsyncEngine: ...
    def migrating(self) -> Engine:
        """For the migrations, whose transactions write."""
        ...

    def prepare(self) -> None:
        """Make what a new database must be in. Raises DatabaseUnavailable."""
        ...

    def revision(self) -> str | None:
        """The migration that it is at; None where it was never migrated. Raises DatabaseUnavailable."""
        ...

    def is_busy(self, error: DBAPIError) -> bool:
        """Whether this is how a transaction ends in which nothing was done, and which may come again in a moment."""
        ...

    def unavailable(self, error: BaseException | None) -> DatabaseUnavailable:
        """What the driver's `error` means to whoever started the program."""
        ...
