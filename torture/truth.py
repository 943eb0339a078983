"""What the database and the logs hold: the measure of what screens show."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from tidings.protocol.log import Position
from tidings.testing.history import History
from torture import tables
from torture.live import Item, Items, OwnedItems
from torture.logs import Logs
from torture.screen import rows_of


class Truth:
    """Reads the database, past the application."""

    def __init__(self, engine: AsyncEngine, logs: Logs) -> None:
        self._engine, self._logs = engine, logs

    async def tops(self) -> dict[str, Position]:
        """The top of each channel's log that has one, once all that is committed is in the logs."""
        return await self._logs.tops()

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
        last: dict[str, int] = {}
        for channel, (epoch, offset, id), key in await self._logs.held(tops):
            history.logged(channel, Position(epoch + mark, offset, id), key=key)
            if offset != last.get(channel, offset - 1) + 1:
                wrong.append(f"the log of {channel} has a gap between {last[channel]} and {offset}")
            last[channel] = offset
        wrong += [
            f"the log of {name} ends at {last.get(name, 0)}, its top is {top.offset}"
            for name, top in tops.items()
            if last.get(name, 0) != top.offset
        ]
        self._expect(history, await self.items(), [*tops])
        return wrong

    def _expect(self, history: History, items: list[Item], channels: list[str]) -> None:
        history.expected(Items().name, rows_of(items))
        for channel in channels:
            owned = OwnedItems.parse(channel)
            if owned is not None:
                history.expected(channel, rows_of([item for item in items if item.owner == owned.owner]))
