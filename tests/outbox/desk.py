"""A table of the application, sessions on it, and a log that the events of their transactions go to."""

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

from tests.stage import NotePosted, Notes
from tidings import Channel, ConnectionManager
from tidings.outbox import Outbox
from tidings.protocol.log import Entry, Position


class Table(DeclarativeBase): ...


class Note(Table):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(default="")


Publish = Callable[..., str]
Scenario = Callable[[Session], Any]


class Desk:
    """What a test acts on: `publish(session, event, *channels, id=None)` is the form that it is about."""

    def __init__(self, manager: ConnectionManager, engine: Engine | AsyncEngine, publish: Publish) -> None:
        self.manager, self.engine, self._publish = manager, engine, publish

    def post(self, session: Session | AsyncSession, number: int, *channels: Channel[NotePosted], **more: Any) -> str:
        """Save a note, and publish it."""
        session.add(Note(id=number))
        return self.publish(session, number, *channels, **more)

    def publish(self, session: Session | AsyncSession, number: int, *channels: Channel[NotePosted], **more: Any) -> str:
        return self._publish(session, NotePosted(note_id=number), *(channels or (Notes(),)), **more)

    async def run(self, scenario: Scenario, **options: Any) -> None:
        """Let a scenario have a session, on a thread or in a greenlet; it is closed at the end."""
        if isinstance(self.engine, AsyncEngine):
            async with AsyncSession(self.engine, **options) as session:
                await session.run_sync(scenario)
        else:
            await asyncio.to_thread(self._run, self.engine, scenario, options)

    def _run(self, engine: Engine, scenario: Scenario, options: dict[str, Any]) -> None:
        with Session(engine, **options) as session:
            scenario(session)

    async def connected(self, act: Callable[[Connection], Any]) -> Any:
        """What a function returns for a connection, in a transaction of its own."""
        if isinstance(self.engine, AsyncEngine):
            async with self.engine.begin() as connection:
                return await connection.run_sync(act)
        return await asyncio.to_thread(self._connected, self.engine, act)

    def _connected(self, engine: Engine, act: Callable[[Connection], Any]) -> Any:
        with engine.begin() as connection:
            return act(connection)

    async def saved(self) -> list[int]:
        """The notes in the table."""
        rows = await self.connected(lambda connection: connection.scalars(select(Note.id).order_by(Note.id)).all())
        return list(rows)

    async def log(self, channel: str = "notes") -> list[str]:
        """The ids of the events in a channel's log, from its beginning."""
        return [entry.position.id for entry in await self.entries(channel)]

    async def entries(self, channel: str = "notes") -> list[Entry]:
        top = await self.manager.broker.follow(channel)
        self.manager.broker.unfollow(channel)
        found = await self.manager.broker.since(channel, Position(top.epoch, 0, ""), 10_000)
        assert found is not None
        return found


class Relayed(Desk):
    """A desk whose log is elsewhere; a test relays as it reads."""

    def __init__(self, manager: ConnectionManager, engine: Engine | AsyncEngine, **options: Any) -> None:
        self.outbox = Outbox(manager, engine, **options)
        super().__init__(manager, engine, self.outbox.publish)

    async def entries(self, channel: str = "notes") -> list[Entry]:
        assert self.outbox.relay is not None
        await self.outbox.relay.step()
        return await super().entries(channel)


def by_the_book(engine: Engine) -> Engine:
    """SQLite with transactions that begin when they are told to, as SQLAlchemy's documentation has it."""

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA busy_timeout = 30000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
