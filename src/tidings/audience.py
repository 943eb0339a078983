"""Who listens to which channel in this process: readers that are caught up, and cursors of those that are not."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from tidings.broker import Broker
from tidings.metrics import Metrics
from tidings.protocol.log import Entry, Position
from tidings.tracing import Tracing
from tidings.transport import Encode, Write


class Reader(Protocol):
    """What an audience needs of a connection: how messages become frames, and where frames go."""

    @property
    def encode(self) -> Encode: ...
    @property
    def write(self) -> Write: ...
    @property
    def paused(self) -> bool: ...

    def catch_up(self) -> None:
        """Read on from the cursors."""

    def reset(self, audience: "Audience") -> None:
        """What comes next cannot be had: start anew from the audience's position."""


class Cursor(NamedTuple):
    """Where a reader stands that is not live. `slow`: because it reads slowly, not because it asked for a replay."""

    position: Position
    slow: bool


class Audience:
    """The readers of one channel.

    `position` is that of the last entry delivered here. A live reader has everything up to it; a lagging reader has
    everything up to its cursor, which it reads on from; a waiting reader has all that can be read, perhaps more than
    was delivered here, and goes on with a later delivery. With `conflates`, slow readers need only the last event of
    each key. While it is held, nobody is live or waits.
    """

    __slots__ = ("_lagging", "_live", "_only", "_waiting", "conflates", "held", "name", "position")

    def __init__(self, name: str, position: Position, *, conflates: bool = False, held: bool = False) -> None:
        self.name, self.position, self.conflates, self.held = name, position, conflates, held
        # One group for each kind of transport: its frames are alike, so each is built once. Mostly one. A user's own
        # channel has one reader mostly: as long as there was never another one, it needs no group.
        self._only: Reader | None = None
        self._live: Sequence[tuple[Encode, dict[Reader, Write]]] = ()
        self._lagging: dict[Reader, Cursor] | None = None
        self._waiting: dict[Reader, Cursor] | None = None

    def __len__(self) -> int:
        behind = len(self._lagging or ()) + len(self._waiting or ())
        return sum(len(writes) for _, writes in self._live) + behind + (self._only is not None)

    def __iter__(self) -> Iterator[Reader]:
        if self._only is not None:
            yield self._only
        for _, writes in self._live:
            yield from tuple(writes)
        yield from tuple(self._lagging or ())
        yield from tuple(self._waiting or ())

    def deliver(self, entry: Entry) -> int:
        """Write the entry to every live reader: one frame per kind of transport, one synchronous write each. Returns
        how many there are.

        A write may turn its own reader into a cursor; the position is moved first, so that the cursor stands behind
        this entry.
        """
        self.position = entry.position
        written = 0
        if (only := self._only) is not None:
            written = 1
            only.write(only.encode(entry.message))
        else:
            for encode, writes in self._live:
                if writes:
                    frame = encode(entry.message)
                    written += len(writes)
                    for write in tuple(writes.values()):
                        write(frame)
        if self._waiting:
            self._wake()
        return written

    def reset(self, position: Position) -> None:
        """The log goes on from this position; nobody can be sent what lies before it."""
        self.position = position
        for reader in tuple(self):
            reader.reset(self)

    def hold(self) -> None:
        """Have every reader be a cursor until `resume`."""
        self.held = True
        for reader in tuple(self):
            if self.cursor(reader) is None:
                self.lag(reader, self.place(reader), slow=False)

    def resume(self) -> None:
        """Let the readers go on: live where they have everything."""
        self.held = False
        for reader, cursor in list((self._lagging or {}).items()):
            if cursor.position == self.position and not reader.paused:
                self.go_live(reader)
            else:
                reader.catch_up()

    def go_live(self, reader: Reader) -> None:
        """From now on the reader is written to. Its duty: it has everything up to `position`."""
        self._forget_cursor(reader)
        if not self._live and (self._only is None or self._only is reader):
            self._only = reader
            return
        if (only := self._only) is not None:
            self._only = None
            self._join_group(only)
        self._join_group(reader)

    def lag(self, reader: Reader, position: Position | None = None, *, slow: bool = True) -> None:
        """From now on the reader is a cursor: at the given position, or else behind what it was written."""
        live, cursor = self._remove_live(reader), self._forget_cursor(reader)
        if position is not None:
            cursor = Cursor(position, slow)
        elif live:
            cursor = Cursor(self.position, slow)
        if cursor is not None:
            self._lagging = self._lagging if self._lagging is not None else {}
            self._lagging[reader] = cursor

    def arrive(self, reader: Reader) -> None:
        """The reader has been written all that can be read: it goes live, or waits for the next delivery."""
        cursor = self._forget_cursor(reader)
        if cursor is None or cursor.position == self.position:
            self.go_live(reader)
        else:
            self._waiting = self._waiting if self._waiting is not None else {}
            self._waiting[reader] = cursor

    def cursor(self, reader: Reader) -> Cursor | None:
        """Where a lagging reader stands; None where it is live, waits, or is no reader of this channel."""
        return self._lagging.get(reader) if self._lagging else None

    def place(self, reader: Reader) -> Position:
        """The last event that the reader was sent."""
        cursor = self.cursor(reader) or (self._waiting or {}).get(reader)
        return self.position if cursor is None else cursor.position

    def leave(self, reader: Reader) -> None:
        """The reader is no longer of this audience."""
        if not self._remove_live(reader):
            self._forget_cursor(reader)

    def _wake(self) -> None:
        """Have those go on whom the delivery has reached: live, where it is just what they have read already."""
        for reader, cursor in list((self._waiting or {}).items()):
            if cursor.position == self.position:
                self.go_live(reader)
            elif cursor.position.offset <= self.position.offset:
                self.lag(reader, cursor.position, slow=cursor.slow)
                reader.catch_up()

    def _forget_cursor(self, reader: Reader) -> Cursor | None:
        for cursors in (self._lagging, self._waiting):
            if cursors and (cursor := cursors.pop(reader, None)) is not None:
                return cursor
        return None

    def _join_group(self, reader: Reader) -> None:
        for encode, writes in self._live:
            if encode is reader.encode:
                writes[reader] = reader.write
                return
        self._live = (*self._live, (reader.encode, {reader: reader.write}))

    def _remove_live(self, reader: Reader) -> bool:
        if reader is self._only:
            self._only = None
            return True
        return any(writes.pop(reader, None) is not None for _, writes in self._live)


class Entrance(NamedTuple):
    """A channel that somebody is about to enter: with the position they gave, and whether the log covers it."""

    audience: Audience
    position: Position | None
    covered: bool


class Audiences:
    """The audiences of this process, one for each channel that is followed here.

    A channel is followed at the broker from its first reader to its last; `take` holds it open until `release`, so
    that it cannot be closed between the look at its log and the entry. While all of them are held, nothing is read
    from the logs for readers either.
    """

    def __init__(
        self,
        broker: Broker,
        conflates: Callable[[str], bool] = lambda name: False,
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self.broker, self.metrics = broker, metrics or Metrics()
        self._tracing = tracing or Tracing(str)
        self._conflates = conflates
        self._audiences: dict[str, Audience] = {}
        self._holds: dict[str, int] = {}
        self._opening: dict[str, asyncio.Event] = {}
        self._early: dict[str, Position] = {}
        self._resumed: asyncio.Event | None = None  # while all are held
        broker.attach(self)

    def __len__(self) -> int:
        return len(self._audiences)

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
        self._early.clear()
        self._resumed = None

    def hold(self) -> None:
        """Deliver nothing until `resume`: every reader becomes a cursor, and whoever enters is one. Idempotent."""
        if self._resumed is None:
            self._resumed = asyncio.Event()
            for audience in self._audiences.values():
                audience.hold()

    def resume(self) -> None:
        """Let all readers go on from their cursors. Idempotent."""
        if self._resumed is not None:
            self._resumed.set()
            self._resumed = None
            for audience in list(self._audiences.values()):
                audience.resume()

    async def flowing(self) -> None:
        """Wait until nothing is held."""
        while self._resumed is not None:
            await self._resumed.wait()

    async def since(self, name: str, position: Position, limit: int) -> list[Entry] | None:
        """What the broker's `since` gives, for readers: not while they are held."""
        while True:
            await self.flowing()
            entries = await self.broker.since(name, position, limit)
            if self._resumed is None:
                return entries

    def deliver(self, channel: str, entry: Entry) -> None:
        """An entry was appended to a channel's log."""
        audience = self._audiences.get(channel)
        if audience is not None:
            span = self._tracing.delivery(channel, entry.message)
            readers = audience.deliver(entry)
            if span is not None:
                span.set_attribute("tidings.readers", readers)
                span.end()
            self.metrics.deliveries += readers
            self.metrics.delivery_seconds.observe(max(0.0, self.broker.now() - entry.at))
        elif channel in self._opening:
            self._early[channel] = entry.position

    def reset(self, channel: str, position: Position) -> None:
        """A channel's log goes on from this position."""
        audience = self._audiences.get(channel)
        if audience is not None:
            audience.reset(position)
        elif channel in self._opening:
            self._early[channel] = position

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
            early = self._early.get(name)  # between the broker's answer and this line
            if early is not None and (early.epoch != position.epoch or early.offset > position.offset):
                position = early
            audience = self._audiences[name] = Audience(
                name, position, conflates=self._conflates(name), held=self._resumed is not None
            )
            return audience
        finally:
            self._early.pop(name, None)
            del self._opening[name]
            opened.set()

    def _release(self, name: str) -> None:
        self._holds[name] -= 1
        if not self._holds[name]:
            del self._holds[name]
            self.close_if_unused(name)
