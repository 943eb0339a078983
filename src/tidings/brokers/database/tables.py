"""The tables that the logs are kept in."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal,
    select,
)
from sqlalchemy.exc import DBAPIError

from tidings.brokers.database.dialects import is_undefined_table
from tidings.protocol.errors import TidingsError

PREFIX = "tidings_"

LOG_ROW = 1

_PREFIX = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)?", re.ASCII)

_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # an integer key of its own only as INTEGER, in SQLite


class TablesMissing(TidingsError, LookupError):
    """The database was not migrated; the message says how."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables under one prefix and in one schema.

    `log`: one row: the epoch of new logs. `channels`: for each channel its epoch, its top, the position
    that its events follow (`start`), and their bytes. `events`: what is held. `rejected`: what could not be decoded,
    with the reason. `leases`: who sweeps now. Times (`at`, `until`) are seconds since 1970.
    """

    metadata: MetaData
    log: Table
    channels: Table
    events: Table
    rejected: Table
    leases: Table

    @property
    def signal(self) -> str:
        """The name under which Postgres is told of commits: one for each set of tables."""
        return self.events.fullname.replace(".", "_")

    def used(self) -> AbstractContextManager[None]:
        """Raises TablesMissing where a statement in the block says that one of these is not there."""
        return made_by("tidings.brokers.database.migration", self.metadata)


@contextmanager
def made_by(migration: str, metadata: MetaData) -> Iterator[None]:
    """Raises TablesMissing, which names the migration, where a statement in the block lacks one of these tables."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip().partition("\n")[0]
        if not is_undefined_table(error) or not any(table.name in said for table in metadata.tables.values()):
            raise
        raise TablesMissing(
            f"the database lacks tables of tidings ({said}): run a migration that calls {migration}.upgrade(op)"
        ) from error


def look_at(metadata: MetaData, connection: Connection) -> None:
    """Read nothing from each of the tables, which raises where one is missing."""
    for table in metadata.sorted_tables:
        connection.execute(select(literal(1)).select_from(table).limit(0))


def tables(prefix: str = PREFIX, schema: str | None = None) -> Tables:
    """The tables with this prefix to their names.

    Raises ValueError for a prefix that is more than letters, digits and underscores, and where a name would be longer
    than the 63 characters that Postgres tells apart.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"prefix={prefix!r}: write a letter or '_', then letters, digits and '_', such as 'tidings_'")
    if len(f"{schema or ''}_{prefix}channels") > 63:
        raise ValueError(f"the schema {schema!r} and the prefix {prefix!r} together have more than 54 characters")
    metadata = MetaData(schema=schema)
    return Tables(metadata, *(make(metadata, prefix) for make in (_log, _channels, _events, _rejected, _leases)))


def _log(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}log",
        metadata,
        Column("id", Integer, autoincrement=False, nullable=False),
        Column("epoch", String(16), nullable=False),
        PrimaryKeyConstraint("id", name=f"pk_{prefix}log"),
    )


def _channels(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}channels",
        metadata,
        Column("name", String(255), nullable=False),
        Column("epoch", String(16), nullable=False),
        Column("top", BigInteger, nullable=False),
        Column("top_id", String(64), nullable=False),
        Column("start", BigInteger, nullable=False),
        Column("start_id", String(64), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("at", Double, nullable=False),
        PrimaryKeyConstraint("name", name=f"pk_{prefix}channels"),
        # Counters change all the time: no index but the key, and room beside them, keep that cheap in Postgres.
        postgresql_with={"fillfactor": 70},
    )


def _events(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}events",
        metadata,
        Column("channel", String(255), nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("id", String(64), nullable=False),
        Column("type", String(64), nullable=False),
        Column("key", Text),
        Column("message", LargeBinary, nullable=False),
        Column("size", Integer, nullable=False),
        Column("at", Double, nullable=False),
        PrimaryKeyConstraint("channel", "offset", name=f"pk_{prefix}events"),
        UniqueConstraint("channel", "id", name=f"uq_{prefix}events_channel_id"),
        Index(f"ix_{prefix}events_at", "at"),
    )


def _rejected(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}rejected",
        metadata,
        Column("id", _NUMBER, autoincrement=True, nullable=False),
        Column("channel", String(255), nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("message", LargeBinary, nullable=False),
        Column("reason", Text, nullable=False),
        Column("at", Double, nullable=False),
        PrimaryKeyConstraint("id", name=f"pk_{prefix}rejected"),
    )


def _leases(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}leases",
        metadata,
        Column("name", String(64), nullable=False),
        Column("holder", String(64), nullable=False),
        Column("until", Double, nullable=False),
        PrimaryKeyConstraint("name", name=f"pk_{prefix}leases"),
    )
