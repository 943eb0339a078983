"""What the tests of the core share: declared channels, a transport that records, users on it, and a clock by hand.

`RecordingTransport` implements the Transport port; nothing of tidings itself is replaced.
"""

import asyncio
import itertools
import json
from collections import Counter, deque
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVarTuple

from tidings import Channel, ConnectionManager, Event, Handshake, Limits, MemoryBroker, TokenExpired, User, UserChannel
from tidings.broker import Broker
from tidings.connection import Connection
from tidings.protocol.log import Entry, Position
from tidings.transport import Encode

Message = dict[str, Any]
Ts = TypeVarTuple("Ts")

TURNS = 5_000  # of the loop, in which whatever can happen without a clock has happened


class NotePosted(Event, type="note:posted", key="note_id", version="version"):
    note_id: int
    text: str = ""
    version: int = 1


class Shouted(Event, type="shouted"):
    text: str


class Notes(Channel[NotePosted], name="notes"): ...


class Room(Channel[NotePosted], name="room:{room_id}"):
    room_id: int


class Me(UserChannel[NotePosted]): ...


class Hearing:
    """A broker's listener that calls a function for each entry; a reset is one too many."""

    def __init__(self, deliver: Callable[[str, Entry], object]) -> None:
        self._deliver = deliver

    def deliver(self, channel: str, entry: Entry) -> None:
        self._deliver(channel, entry)

    def reset(self, channel: str, position: Position) -> None:
        raise AssertionError(f"{channel} was reset to {position}")


def frame_of(message: bytes) -> bytes:
    """The frame of a recording transport: the message itself."""
    return message


class RecordingTransport:
    """Keeps what is written until the client reads it.

    `room` is the high-water mark in frames: with more of them waiting it calls the connection's `pause`, and its
    `resume` when the client has read all. Writing after the end is an error, and so is an event after `pause`.
    """

    encode: Encode = staticmethod(frame_of)

    def __init__(self, room: int | None = None) -> None:
        self.connection: Connection | None = None
        self.room = room
        self.waiting: deque[bytes] = deque()
        self.reading, self.pings = True, 0
        self.on_ping: Callable[[], None] = lambda: None
        self.closed: tuple[int, str] | None = None
        self.aborted = False

    def write(self, frame: bytes) -> None:
        assert self.closed is None, f"written after the close: {frame!r}"
        if self.connection is not None and self.connection.paused:
            assert "offset" not in json.loads(frame), f"an event to a paused reader: {frame!r}"
        self.waiting.append(frame)
        if self.room is not None and len(self.waiting) > self.room and self.connection is not None:
            self.connection.pause()

    def close(self, code: int, reason: str) -> None:
        assert self.closed is None, "closed twice"
        self.closed = code, reason

    def abort(self) -> None:
        self.aborted = True

    def ping(self) -> None:
        self.pings += 1
        self.on_ping()

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def read(self, count: int | None = None) -> list[Message]:
        """The next messages (all that wait), taken out as a client does that reads them."""
        count = len(self.waiting) if count is None else min(count, len(self.waiting))
        messages = [json.loads(self.waiting.popleft()) for _ in range(count)]
        if not self.waiting and self.connection is not None:
            self.connection.resume()
        return messages


class Client:
    """One connection as its client sees it."""

    def __init__(self, manager: ConnectionManager, handshake: Handshake, room: int | None) -> None:
        self.transport = RecordingTransport(room)
        self.connection = manager.open(self.transport, handshake)
        self.transport.connection = self.connection
        self._ids = map(str, itertools.count(1))

    def closed_with(self) -> int | None:
        """The code that the server closed with; None while the connection lives."""
        return self.transport.closed and self.transport.closed[0]

    def send(self, type: str, payload: Any = None, **fields: Any) -> str:
        """Send a message; returns its id."""
        message = {"type": type, "payload": payload or {}, "id": next(self._ids), **fields}
        self.connection.receive(json.dumps(message))
        return str(message["id"])

    def reads(self) -> bool:
        """Whether the server reads what the client sends."""
        return self.transport.reading

    def read(self, count: int | None = None) -> list[Message]:
        """The messages that wait."""
        return self.transport.read(count)

    def one(self) -> Message:
        """The only message that waits."""
        messages = self.read()
        assert len(messages) == 1, messages
        return messages[0]

    def error(self) -> str:
        """The code of the only message that waits, a `connection:error`."""
        message = self.one()
        assert message["type"] == "connection:error", message
        return str(message["payload"]["code"])

    def numbers(self) -> list[int]:
        """The ids of the notes among the messages that wait."""
        return [message["payload"]["note_id"] for message in self.read() if message["type"] == "note:posted"]


def authenticate(handshake: Handshake, token: str | None) -> User | None:
    """A token is its user's id, or `<id>@<seconds since 1970 of its expiry>`; `nobody` and `old` are refused."""
    user_id, _, expires_at = (token or "nobody").partition("@")
    if user_id == "old":
        raise TokenExpired
    return None if user_id == "nobody" else User(user_id, expires_at=float(expires_at) if expires_at else None)


class Gate:
    """Lets a test hold code at a point: `await gate.reached()`, then `gate.open()`."""

    def __init__(self) -> None:
        self.asked = 0
        self._standing = False
        self._open = asyncio.Event()

    async def reached(self) -> None:
        """Let the loop turn until somebody stands at the gate."""
        for _ in range(TURNS):
            if self._standing:
                self._standing = False
                return
            await asyncio.sleep(0)
        raise AssertionError("nobody came to the gate")

    def open(self) -> None:
        """Let everybody pass, from now on."""
        self._open.set()

    def close(self) -> None:
        """Hold whoever comes next."""
        self._open.clear()

    async def passed(self) -> None:
        """Stand at the gate until it is open."""
        self.asked += 1
        if not self._open.is_set():
            self._standing = True
            await self._open.wait()


class HeldBroker(MemoryBroker):
    """A memory broker that counts its followers, and whose `follow` and `since` can be held at a gate.

    `since_gate` is passed after the log of a channel (other than a user's own) was read, so that what is published
    meanwhile is not in what it returns; besides, that takes `turns` turns of the loop.
    """

    def __init__(self, **bounds: Any) -> None:
        super().__init__(**bounds)
        self.following: Counter[str] = Counter()
        self.follow_gate, self.since_gate = Gate(), Gate()
        self.follow_gate.open()
        self.since_gate.open()
        self.failure: Exception | None = None
        self.turns = 0
        self.holds_looks = True  # whether a look if a position is covered waits at the gate, too

    async def follow(self, channel: str) -> Position:
        await self.follow_gate.passed()
        top = await super().follow(channel)
        self.following[channel] += 1
        return top

    def unfollow(self, channel: str) -> None:
        super().unfollow(channel)
        self.following[channel] -= 1
        if not self.following[channel]:
            del self.following[channel]

    async def covers(self, channel: str, position: Position) -> bool:
        """Whether the log has everything after the position, past the gate. Once it has not, it never will again."""
        return await super().since(channel, position, 1) is not None

    async def since(self, channel: str, position: Position, limit: int) -> list[Entry] | None:
        if self.failure is not None:
            raise self.failure
        entries = await super().since(channel, position, limit)
        if not channel.startswith("user:") and (limit > 1 or self.holds_looks):
            await self.since_gate.passed()
        for _ in range(self.turns):
            await asyncio.sleep(0)
        return entries


def position(message: Message) -> dict[str, Any]:
    """Where a reader of this event is."""
    return {name: message[name] for name in ("epoch", "offset", "id")}


def held_authentication(gate: Gate) -> Callable[..., Any]:
    """An `authenticate` that waits at the gate."""

    async def held(handshake: Handshake, token: str | None) -> User | None:
        await gate.passed()
        return authenticate(handshake, token)

    return held


class Stage:
    """A manager on the running loop, and its clients."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        broker: Broker | None = None,
        authenticate: Callable[..., Any] = authenticate,
        rule: Callable[..., Any] = lambda channel, user: True,
        channels: tuple[type[Channel[Any]], ...] = (Notes, Room, Me),
    ) -> None:
        self._others = asyncio.all_tasks()
        loop = asyncio.get_running_loop()
        self.began = 1_800_000_000.0 - loop.time()
        self._broker = broker or HeldBroker()
        self.manager = ConnectionManager(
            channels=channels, authenticate=authenticate, broker=self._broker, limits=limits, clock=self.now
        )
        ruled = [channel for channel in channels if not issubclass(channel, UserChannel)]
        if ruled:
            self.manager.authorize(*ruled)(rule)

    @property
    def broker(self) -> HeldBroker:
        """The memory broker of a stage that was given no other kind."""
        assert isinstance(self._broker, HeldBroker)
        return self._broker

    def now(self) -> float:
        """Seconds since 1970, at the pace of the loop's clock."""
        return self.began + asyncio.get_running_loop().time()

    def opened(self, token: str | None = None, *, room: int | None = None) -> Client:
        """A connection that has said nothing, or whose URL has a token."""
        query = "" if token is None else f"token={token}"
        return Client(self.manager, Handshake(path="/ws", query_string=query), room)

    async def signed_in(self, token: str, *, room: int | None = None) -> Client:
        """An established connection whose greeting was read."""
        client = self.opened(token, room=room)
        await self.settled()
        assert client.one()["type"] == "connection:established"
        return client

    async def subscribed(self, token: str, *channels: str, room: int | None = None, **positions: Any) -> Client:
        """An established connection that has subscribed and read the answer; the replay may have begun."""
        client = await self.signed_in(token, room=room)
        client.send("subscribe", {"channels": list(channels), "positions": positions})
        await self.settled()
        assert client.read(1)[0]["type"] == "subscribed"
        return client

    async def post(self, first: int, last: int | None = None, *channels: Channel[NotePosted]) -> list[str]:
        """Publish notes first..last, on `notes` unless told otherwise."""
        return [
            await self.manager.publish(NotePosted(note_id=number), *(channels or (Notes(),)))
            for number in range(first, (last or first) + 1)
        ]

    async def settled(self) -> None:
        """Let the loop turn until everything that was started on this stage has ended: no clock is involved."""
        current, tasks = asyncio.current_task(), set[asyncio.Task[Any]]()
        for _ in range(TURNS):
            following = self.manager._control._task  # the one that never ends, where processes share the broker
            tasks = asyncio.all_tasks() - self._others - {current, following}
            if not tasks:
                return
            await asyncio.sleep(0)
        raise AssertionError(f"still at work: {tasks}")

    async def turns(self, count: int = 5) -> None:
        """Let the loop turn a few times, for what is to happen before something that is held."""
        for _ in range(count):
            await asyncio.sleep(0)


class HandLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still until `advance` moves it, from timer to timer."""

    def __init__(self) -> None:
        self._now = 1_000.25
        self._timers: list[asyncio.TimerHandle] = []
        super().__init__()

    def time(self) -> float:
        return self._now

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = super().call_at(when, callback, *args, context=context)
        self._timers.append(timer)
        return timer

    async def advance(self, seconds: float) -> None:
        """Let this time pass."""
        until = self._now + seconds
        while times := [timer.when() for timer in self._timers if not timer.cancelled() and timer.when() <= until]:
            self._now = max(self._now, min(times))
            self._timers = [timer for timer in self._timers if timer.when() > self._now]
            for _ in range(2):  # the loop takes what is due in its next turn, and runs it after this task
                await asyncio.sleep(0)
        self._now = until
        await asyncio.sleep(0)


def errors(messages: list[Message]) -> list[tuple[str, str | None]]:
    """Code and channel of each refusal."""
    return [
        (message["payload"]["code"], message["payload"].get("channel"))
        for message in messages
        if message["type"] == "connection:error"
    ]


def hand() -> HandLoop:
    """The running loop, in a module whose `anyio_backend` is `HAND_TURNED`."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HandLoop)
    return loop


HAND_TURNED = ("asyncio", {"loop_factory": HandLoop})
