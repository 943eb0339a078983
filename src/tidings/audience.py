"""Who listens to which channel in this process: readers that are caught up, and cursors of those that are not."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

from tidings.broker import Broker
from tidings.protocol.log import Entry, Position
from tidings.transport import Encode, Write


class Reader(Protocol):
    """What an audience needs of a connection: how messages become frames, and where frames go."""

    @property
    def encode(self) -> Encode: ...
    @property
    def write(self) -> Write: ...


class Audience:
    """The readers of one channel.

    `position` is that of the last entry delivered here. A live reader has everything up to it; a lagging reader has
    everything up to its cursor.
    """

    __slots__ = ("_lagging", "_live", "name", "position")

    def __init__(self, name: str, position: Position) -> None:
        self.name, self.position = name, position
        # One group for each kind of transport: its frames are alike, so each is built once. Mostly one.
        self._live: list[tuple[Encode, dict[Reader, Write]]] = []
        self._lagging: dict[Reader, Position] | None = None

    def __len__(self) -> int:
        return sum(len(writes) for _, writes in self._live) + len(self._lagging or ())

    def __iter__(self) -> Iterator[Reader]:
        for _, writes in self._live:
            yield from tuple(writes)
        yield from tuple(self._lagging or ())

    def deliver(self, entry: Entry) -> None:
        """Write the entry to every live reader: one frame per kind of transport, one synchronous write each.

        A write may turn its own reader into a cursor; the position is moved first, so that the cursor stands behind
        this entry.
        """
        self.position = entry.position
        for encode, writes in self._live:
            if writes:
                frame = encode(entry.message)
                for write in tuple(writes.values()):
                    write(frame)

    def go_live(self, reader: Reader) -> None:
        """From now on the reader is written to. Its duty: it has everything up to `position`."""
        if self._lagging:
            self._lagging.pop(reader, None)
        for encode, writes in self._live:
            if encode is reader.encode:
                writes[reader] = reader.write
                return
        self._live.append((reader.encode, {reader: reader.write}))

    def lag(self, reader: Reader, cursor: Position | None = None) -> None:
        """From now on the reader is a cursor: at the given position, or, if it was live, behind what it was written."""
        live = self._remove_live(reader)
        if self._lagging is None:
            self._lagging = {}
        if cursor is not None:
            self._lagging[reader] = cursor
        elif live:
            self._lagging[reader] = self.position

    def cursor(self, reader: Reader) -> Position | None:
        """Where a lagging reader stands; None where it is live or no reader of this channel."""
        return self._lagging.get(reader) if self._lagging else None

    def leave(self, reader: Reader) -> None:
        """The reader is no longer of this audience."""
        if not self._remove_live(reader) and self._lagging:
            self._lagging.pop(reader, None)

    def _remove_live(self, reader: Reader) -> bool:
        return any(writes.pop(reader, None) is not None for _, writes in self._live)


class Entrance(NamedTuple):
    """A channel that somebody is about to enter: with the position they gave, and whether the log covers it."""

    audience: Audience
    position: Position | None
    covered: bool


class Audiences:
    """The audiences of this process, one for each channel that is followed here.

    A channel is followed at the broker from its first reader to its last; `take` holds it open until `release`, so
    that it cannot be closed between the look at its log and the entry.
    """

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._audiences: dict[str, Audience] = {}
        self._holds: dict[str, int] = {}
        self._opening: dict[str, asyncio.Event] = {}
        self._delivered_early: dict[str, Entry] = {}
        broker.attach(self.deliver)

    def get(self, name: str) -> Audience | None:
        """The audience of a channel, where it has one here."""
        return self._audiences.get(name)

    def clear(self) -> None:
        """Forget all: the loop that the readers were on has ended."""
        for name in self._audiences:
            self.broker.unfollow(name)
        self._audiences.clear()
        self._holds.clear()
        self._opening.clear()
        self._delivered_early.clear()

    def deliver(self, channel: str, entry: Entry) -> None:
        """An entry was appended to a channel's log."""
        audience = self._audiences.get(channel)
        if audience is not None:
            audience.deliver(entry)
        elif channel in self._opening:
            self._delivered_early[channel] = entry

    async def take(self, name: str, position: Position | None) -> Entrance:
        """Hold a channel open, and see whether its log covers the position."""
        self._holds[name] = self._holds.get(name, 0) + 1
        try:
            audience = self._audiences.get(name) or await self._open(name)
            covered = position is not None and await self.broker.since(name, position, 1) is not None
        except BaseException:
            self._release(name)
            raise
        return Entrance(audience, position, covered)

    def release(self, entrances: Iterable[Entrance]) -> None:
        """The channels were entered, or will not be."""
        for entrance in entrances:
            self._release(entrance.audience.name)

    @asynccontextmanager
    async def hold(self, name: str, position: Position | None) -> AsyncIterator[Entrance]:
        """`take`, and `release` at the end."""
        entrance = await self.take(name, position)
        try:
            yield entrance
        finally:
            self.release([entrance])

    def close_if_unused(self, name: str) -> None:
        """Stop following a channel that nobody here listens to or is about to."""
        audience = self._audiences.get(name)
        if audience is not None and not len(audience) and name not in self._holds:
            del self._audiences[name]
            self.broker.unfollow(name)

    async def _open(self, name: str) -> Audience:
        while (opening := self._opening.get(name)) is not None:
            await opening.wait()
        if (audience := self._audiences.get(name)) is not None:
            return audience
        opened = self._opening[name] = asyncio.Event()
        try:
            position = await self.broker.follow(name)
            early = self._delivered_early.get(name)  # between the broker's answer and this line
            if early is not None and early.position.offset > position.offset:
                position = early.position
            audience = self._audiences[name] = Audience(name, position)
            return audience
        finally:
            self._delivered_early.pop(name, None)
            del self._opening[name]
            opened.set()

    def _release(self, name: str) -> None:
        self._holds[name] -= 1
        if not self._holds[name]:
            del self._holds[name]
            self.close_if_unused(name)
