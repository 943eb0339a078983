"""What tests of brokers publish, and who hears it."""

import asyncio
from collections.abc import Callable

from tidings.broker import Broker
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position

NOW = "2026-11-23T08:00:00.000Z"


def draft(id: str, payload: bytes = b"{}", key: str | None = None) -> Draft:
    return Draft("note", payload, NOW, id, key)


class Follower:
    """A manager's place: it gathers what is delivered, and can wait for it."""

    def __init__(self, broker: Broker) -> None:
        self.delivered: list[tuple[str, Entry]] = []
        self.resets: list[tuple[str, Position]] = []
        self._came = asyncio.Event()
        broker.attach(self)

    def deliver(self, channel: str, entry: Entry) -> None:
        self.delivered.append((channel, entry))
        self._came.set()

    def reset(self, channel: str, position: Position) -> None:
        self.resets.append((channel, position))
        self._came.set()

    def of(self, channel: str) -> list[Position]:
        return [entry.position for name, entry in self.delivered if name == channel]

    async def has(self, channel: str, count: int) -> list[Position]:
        """The positions delivered for a channel, once there are so many."""
        await self.until(lambda: len(self.of(channel)) >= count)
        assert not self.resets
        return self.of(channel)

    async def reaches(self, channel: str, position: Position) -> None:
        """Wait until this is what was delivered last."""
        await self.until(lambda: self.of(channel)[-1:] == [position])

    async def is_reset(self) -> Position:
        """The position of the last reset, once there is one."""
        await self.until(lambda: self.resets)
        return self.resets[-1][1]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for what holds after a delivery or a reset."""
        async with asyncio.timeout(20):
            while not condition():
                self._came.clear()
                await self._came.wait()
