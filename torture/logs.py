"""Where the logs of the application under torture are, and what they hold: read past the application."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, Protocol

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tidings.broker import Broker
from tidings.brokers.database import DatabaseBroker
from tidings.brokers.redis import RedisBroker
from tidings.protocol.log import Position
from torture import tables
from torture.live import Items, OwnedItems
from torture.settings import Settings
from torture.writer import OWNERS

_NO_BOUND = 1 << 30  # bytes of a log: what is kept is bounded by the number of events alone
_LOOK = 0.02  # seconds between two looks whether all was relayed
_NAMES = (Items().name, *(OwnedItems(owner=owner).name for owner in OWNERS))


def broker(settings: Settings, engine: AsyncEngine) -> Broker:
    """The application's."""
    if not settings.redis:
        return DatabaseBroker(engine, events=settings.events, size=_NO_BOUND)
    return RedisBroker(settings.redis, events=settings.events, size=_NO_BOUND)


class Held(NamedTuple):
    """An event that a log holds."""

    channel: str
    position: Position
    key: str | None


class Logs(Protocol):
    """The logs of all channels."""

    async def tops(self) -> dict[str, Position]:
        """The top of each channel's log that has one, once all that is committed is in the logs."""

    async def held(self, tops: dict[str, Position]) -> Sequence[Held]:
        """What they hold, each channel's in its order."""


class DatabaseLogs:
    """Logs in the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._tables = engine, DatabaseBroker(engine).tables

    async def tops(self) -> dict[str, Position]:
        """As the table of channels has them."""
        channels = self._tables.channels.c
        query = select(channels.name, channels.epoch, channels.top, channels.top_id)
        async with self._engine.connect() as connection:
            return {name: Position(*top) for name, *top in await connection.execute(query)}

    async def held(self, tops: dict[str, Position]) -> Sequence[Held]:
        """As the table of events has it."""
        events = self._tables.events.c
        query = select(events.channel, events.offset, events.id, events.key).order_by(events.channel, events.offset)
        async with self._engine.connect() as connection:
            return [
                Held(channel, Position(tops[channel].epoch, offset, id), key)
                for channel, offset, id, key in await connection.execute(query)
            ]


class BrokerLogs:
    """Logs elsewhere, read through a broker of our own, which follows nothing."""

    def __init__(self, broker: Broker, engine: AsyncEngine, events: int) -> None:
        self._broker, self._engine, self._events = broker, engine, events

    async def tops(self) -> dict[str, Position]:
        """As a follower would be told them."""
        while await self._waiting():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)
        return {name: await self._top(name) for name in _NAMES}

    async def held(self, tops: dict[str, Position]) -> Sequence[Held]:
        """As a reader would be sent it who asks for all. None of that can be trimmed."""
        held = []
        for name, top in tops.items():
            entries = await self._broker.since(name, Position(top.epoch, 0, ""), self._events)
            held += [Held(name, entry.position, entry.key) for entry in entries or ()]
        return held

    async def _top(self, name: str) -> Position:
        """As soon as it can be read."""
        while True:
            with suppress(RedisError, OSError):
                top = await self._broker.follow(name)
                self._broker.unfollow(name)
                return top
            await asyncio.sleep(_LOOK)

    async def _waiting(self) -> int:
        async with self._engine.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(tables.outbox.events)) or 0


@asynccontextmanager
async def read(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Logs]:
    """The logs that the application writes."""
    if not settings.redis:
        yield DatabaseLogs(engine)
        return
    reader = broker(settings, engine)
    try:
        yield BrokerLogs(reader, engine, settings.events)
    finally:
        await reader.close()
