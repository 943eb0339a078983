"""The tables of the application under torture, and the engine on them."""

from typing import Any

from sqlalchemy import URL, Column, Integer, MetaData, String, Table, Text, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tidings.brokers.database import DatabaseBroker
from tidings.outbox.rows import OutboxTable

metadata = MetaData()

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("text", Text, nullable=False),
)

# What was changed already: a client that got no answer asks again, with the same id.
changes = Table("changes", metadata, Column("id", String(64), primary_key=True))

# Who may follow which of the guarded channels.
guests = Table(
    "guests",
    metadata,
    Column("user", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
)

# What waits for the relay, where the logs are not in the database.
outbox = OutboxTable()


def engine(url: URL, connections: int = 10) -> AsyncEngine:
    """An engine with at most so many connections. They wait for locks of others, and are looked at before use."""
    waits: dict[str, Any] = {"connect_args": {"timeout": 20}} if url.get_backend_name() == "sqlite" else {}
    made = create_async_engine(url, pool_size=connections, max_overflow=0, pool_pre_ping=True, **waits)
    if url.get_backend_name() == "sqlite":
        event.listen(made.sync_engine, "connect", _read_while_others_write)
    return made


def _read_while_others_write(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a process that is killed loses nothing


async def create(url: URL) -> None:
    """Make the application's tables, those of its broker and those of its outbox, in an empty database."""
    made = engine(url)
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(DatabaseBroker(made).metadata.create_all)
        await connection.run_sync(outbox.metadata.create_all)
    await made.dispose()
