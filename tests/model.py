"""A client that does what spec/protocol.md, section 7, says, and watches that the server keeps its side."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.stage import Client, Message, Stage
from tidings.protocol.log import Position

Covers = Callable[[str, Position], Awaitable[bool]]


class ModelClient:
    """One client over several connections. It keeps its positions when a connection is cut.

    `hear` raises AssertionError where the server sends what section 7 forbids: an event that is not the next one, a
    reset although the log covers what is missing (`covers`), an event of a channel that was left.
    """

    def __init__(self, stage: Stage, user: str, room: int | None, covers: Covers) -> None:
        self.stage, self.user, self.room, self.covers = stage, user, room, covers
        self.own = f"user:{user}"
        self.positions: dict[str, Position] = {}
        self.applied: dict[str, list[str]] = {}  # ids, by channel
        self.resets = 0
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
            assert type == "pong", message

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
                self.positions[channel] = self.following[channel] = Position(**top)
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

    def _event(self, message: Message) -> None:
        channel = message["channel"]
        position = Position(message["epoch"], message["offset"], message["id"])
        if channel in self.awaited or channel not in self.following:
            return
        assert channel not in self._must_reset, "an event before the reset"
        last = self.following[channel]
        assert position[:2] == (last.epoch, last.offset + 1), f"after {last} came {position}"
        self.following[channel] = position
        mine = self.positions[channel]
        if position.epoch == mine.epoch and position.offset == mine.offset + 1:
            self.positions[channel] = position
            self.applied.setdefault(channel, []).append(position.id)
        else:  # the table's other rows: dropped, because it was applied before
            assert position.epoch == mine.epoch
            assert position.offset <= mine.offset
