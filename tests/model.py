"""A client that does what spec/protocol.md, section 7, says, and watches that the server keeps its side."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tests.stage import Client, Message, Stage
from tidings.protocol.codes import CloseCode
from tidings.protocol.log import Position

Covers = Callable[[str, Position], Awaitable[bool]]


class Truth:
    """What was published: each log's events in order, and the newest version of each entity, as a database has it."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, str], list[tuple[str, str, int]]] = {}  # (id, key, version), by channel and epoch
        self.database: dict[str, int] = {}

    def log(self, channel: str, epoch: str) -> list[tuple[str, str, int]]:
        return self.logs.setdefault((channel, epoch), [])

    def superseded(self, channel: str, after: Position, before: int) -> bool:
        """Whether each event between was followed by a later one of the same entity."""
        log = self.log(channel, after.epoch)
        return all(
            any(later == key for _, later, _ in log[offset:])
            for offset, (_, key, _) in enumerate(log[after.offset : before - 1], after.offset + 1)
        )


class ModelClient:
    """One client over several connections. It keeps its positions when a connection is cut.

    `hear` raises AssertionError where the server sends what section 7 forbids: an event that is not the next one, a
    conflated one that hides something from the client, a reset although the log covers what is missing (`covers`), an
    event of a channel that was left. `grid` is what its screen shows: the version of each entity, over all channels.
    """

    def __init__(self, stage: Stage, user: str, room: int | None, covers: Covers, truth: Truth) -> None:
        self.stage, self.user, self.room, self.covers, self.truth = stage, user, room, covers, truth
        self.grid: dict[str, int] = {}
        self.own = f"user:{user}"
        self.positions: dict[str, Position] = {}
        self.applied: dict[str, list[str]] = {}  # ids, by channel
        self.resets = self.conflated = 0
        self.client: Client | None = None
        self._forget_connection()

    def _forget_connection(self) -> None:
        self.awaited: dict[str, tuple[str, Position | None]] = {}  # by channel: the request, and the position in it
        self.following: dict[str, Position] = {}  # by channel: the last that the server sent, or where it begins
        self._must_reset: set[str] = set()

    @property
    def connected(self) -> bool:
        """Whether it has a connection."""
        return self.client is not None

    # What the client does.

    def connect(self) -> None:
        """Open a connection and authenticate, with the position in the user's own channel."""
        self.client = self.stage.opened(room=self.room)
        position = self.positions.get(self.own)
        given = {} if position is None else {self.own: position.document()}
        request = self.client.send("auth", {"token": self.user, "positions": given})
        self.awaited[self.own] = request, position

    def cut(self) -> None:
        """Lose the connection, with all that was under way."""
        assert self.client is not None
        self.client.connection.lost()
        self.client = None
        self._forget_connection()

    async def part(self, count: int) -> None:
        """Read at most `count` messages of a server that has stopped, and lose the connection."""
        assert self.client is not None
        assert self.client.closed_with() == CloseCode.SERVICE_RESTART
        for message in self.client.read(count):
            await self.hear(message)
        self.cut()

    def resume(self, channels: Iterable[str]) -> None:
        """Open a connection and subscribe to what it had of these channels, from its positions."""
        self.connect()
        for channel in channels:
            if channel in self.positions:
                self.subscribe(channel, self.positions[channel])

    def subscribe(self, channel: str, position: Position | None) -> None:
        """Subscribe; until the answer, what comes of the channel is dropped."""
        assert self.client is not None
        given = {} if position is None else {channel: position.document()}
        request = self.client.send("subscribe", {"channels": [channel], "positions": given})
        self.awaited[channel] = request, position
        self.following.pop(channel, None)

    def unsubscribe(self, channel: str) -> None:
        """Leave; what still comes is dropped."""
        assert self.client is not None
        self.client.send("unsubscribe", {"channels": [channel]})
        self.awaited.pop(channel, None)
        self.following.pop(channel, None)
        self._must_reset.discard(channel)

    async def read(self, count: int | None = None) -> None:
        """Take messages from the transport."""
        assert self.client is not None
        for message in self.client.read(count):
            await self.hear(message)
        assert self.client.closed_with() is None

    # What the client hears.

    async def hear(self, message: Message) -> None:
        """Apply one message."""
        type = message["type"]
        if type in {"connection:established", "subscribed"}:
            await self._answered(message["reply_to"], message["payload"])
        elif type == "channel:reset":
            await self._reset(message["payload"])
        elif "channel" in message:
            self._event(message)
        elif type == "unsubscribed":
            for channel in message["payload"]["channels"]:
                if "reason" in message["payload"]:
                    self.following.pop(channel, None)
        else:
            assert type in {"pong", "connection:closing"}, message

    async def _answered(self, request: str, payload: dict[str, Any]) -> None:
        for channel, top in payload["positions"].items():
            awaited, given = self.awaited.get(channel, (None, None))
            if awaited != request:  # the channel was left, or asked for again, since
                continue
            del self.awaited[channel]
            recovered = payload["recovered"][channel]
            if recovered:
                assert given is not None
                self.following[channel] = given
            else:
                assert given is None or not await self.covers(channel, given), (
                    "not recovered although the log covers it"
                )
                self.following[channel] = begin = Position(**top)
                mine = self.positions.get(channel)
                # What it had asked for from an older position may still be on its way, and was applied before.
                if given is not None or mine is None or mine.epoch != begin.epoch or mine.offset <= begin.offset:
                    self.positions[channel] = begin
                self._fetch()
                if given is not None:
                    self._must_reset.add(channel)

    async def _reset(self, payload: dict[str, Any]) -> None:
        channel, position = payload["channel"], Position(**payload["position"])
        if channel not in self.following:
            return
        if channel in self._must_reset:  # the one that follows an answer without recovery
            self._must_reset.remove(channel)
            assert position == self.following[channel]
        else:
            assert not await self.covers(channel, self.following[channel]), (
                "reset although the log covers what is missing"
            )
        self.positions[channel] = self.following[channel] = position
        self.resets += 1
        self._fetch()

    def _fetch(self) -> None:
        """The state, as the database has it."""
        self.grid |= self.truth.database

    def _event(self, message: Message) -> None:
        channel = message["channel"]
        position = Position(message["epoch"], message["offset"], message["id"])
        if channel in self.awaited or channel not in self.following:
            return
        assert channel not in self._must_reset, "an event before the reset"
        last, after = self.following[channel], message.get("after", message["offset"] - 1)
        assert (position.epoch, after) == (last.epoch, last.offset), f"after {last} came {position}, {after=}"
        assert self.truth.superseded(channel, last, position.offset), f"{position} hides what came after {last}"
        self.conflated += after + 1 < position.offset
        self.following[channel] = position
        mine = self.positions[channel]
        if position.epoch == mine.epoch and after <= mine.offset < position.offset:
            self.positions[channel] = position
            self.applied.setdefault(channel, []).append(position.id)
            self.grid[message["key"]] = max(message["version"], self.grid.get(message["key"], 0))
        else:  # the table's other rows: dropped, because it was applied before
            assert position.epoch == mine.epoch
            assert position.offset <= mine.offset
