"""What the database holds: the measure of what screens show."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from tidings.brokers.database import DatabaseBroker
from tidings.protocol.log import Position
from tidings.testing.history import History
from torture import tables
from torture.live import Item, Items, OwnedItems
from torture.screen import rows_of


class Truth:
    """Reads the database, past the application."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._logs = DatabaseBroker(engine).tables

    async def tops(self) -> dict[str, Position]:
        """The top of each channel's log that has one."""
        channels = self._logs.channels.c
        query = select(channels.name, channels.epoch, channels.top, channels.top_id)
        async with self._engine.connect() as connection:
            return {name: Position(*top) for name, *top in await connection.execute(query)}

    async def items(self) -> list[Item]:
        """The table of items."""
        async with self._engine.connect() as connection:
            return [Item.model_validate(row) for row in await connection.execute(select(tables.items))]

    async def changes(self) -> set[str]:
        """The changes that are committed."""
        async with self._engine.connect() as connection:
            return set(await connection.scalars(select(tables.changes.c.id)))

    async def record(self, history: History, mark: str = "") -> list[str]:
        """Record what the logs hold, `mark` added to their epochs, and what screens must show; returns what is wrong
        with the logs themselves.
        """
        wrong = []
        tops = await self.tops()
        events = self._logs.events.c
        query = select(events.channel, events.offset, events.id, events.key).order_by(events.channel, events.offset)
        last: dict[str, int] = {}
        async with self._engine.connect() as connection:
            for channel, offset, id, key in await connection.execute(query):
                history.logged(channel, Position(tops[channel].epoch + mark, offset, id), key=key)
                if offset != last.get(channel, offset - 1) + 1:
                    wrong.append(f"the log of {channel} has a gap between {last[channel]} and {offset}")
                last[channel] = offset
        wrong += [
            f"the log of {name} ends at {last.get(name)}, its top is {top.offset}"
            for name, top in tops.items()
            if last.get(name) != top.offset
        ]
        self._expect(history, await self.items(), [*tops])
        return wrong

    def _expect(self, history: History, items: list[Item], channels: list[str]) -> None:
        history.expected(Items().name, rows_of(items))
        for channel in channels:
            owned = OwnedItems.parse(channel)
            if owned is not None:
                history.expected(channel, rows_of([item for item in items if item.owner == owned.owner]))
