"""A server by hand: sockets whose other end the test holds. It implements the port that the client's sockets have;
nothing of the client itself is replaced.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar, cast

from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from tests.stage import HandLoop
from tidings.client import Client, Position

T = TypeVar("T")

TURNS = 15  # of the loop, in which whatever can happen without a clock has happened


async def settled() -> None:
    """Let the loop turn."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class PatientLoop(HandLoop):
    """Its clock moves only when everything that can happen without it has happened."""

    async def advance(self, seconds: float) -> None:
        until = self.time() + seconds
        await settled()
        while times := [timer.when() for timer in self._timers if not timer.cancelled() and timer.when() <= until]:
            await super().advance(max(0.0, min(times) - self.time()))
            await settled()
        await super().advance(until - self.time())


HAND_TURNED = ("asyncio", {"loop_factory": PatientLoop})


async def passed(seconds: float) -> None:
    """Let this time pass, in a module whose `anyio_backend` is `HAND_TURNED`."""
    await cast(PatientLoop, asyncio.get_running_loop()).advance(seconds)


async def soon(work: Awaitable[T]) -> T:
    """What this gives without any time passing."""
    task = asyncio.ensure_future(work)
    await settled()
    if not task.done():
        task.cancel()
        raise AssertionError("it is still waited for")
    return task.result()


class Socket:
    """One connection, seen from the server."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.aborted = False
        self.closed = False
        self._coming: list[str] = []
        self._arrived = asyncio.Event()
        self._end: ConnectionClosed | None = None

    # The client's side.

    async def recv(self) -> str:
        while not self._coming:
            if self._end is not None:
                raise self._end
            self._arrived.clear()
            await self._arrived.wait()
        return self._coming.pop(0)

    async def send(self, message: str) -> None:
        if self._end is not None:
            raise self._end
        self.sent.append(json.loads(message))

    async def close(self) -> None:
        self.closed = True
        self.end(1000)

    def abort(self) -> None:
        self.aborted = True
        self.end(None)

    # The server's side.

    @property
    def unread(self) -> int:
        """How many messages the client has not read."""
        return len(self._coming)

    def types(self) -> list[str]:
        return [message["type"] for message in self.sent]

    def last(self, type: str) -> dict[str, Any]:
        """The last message of this type that the client sent."""
        return [message for message in self.sent if message["type"] == type][-1]

    def say(self, type: str, payload: Any = None, **fields: Any) -> None:
        message = {"type": type, "payload": payload or {}, "timestamp": "2026-11-23T08:00:00.000Z", "id": "s"} | fields
        self.say_text(json.dumps(message))

    def say_text(self, text: str) -> None:
        self._coming.append(text)
        self._arrived.set()

    def end(self, code: int | None, reason: str = "") -> None:
        """Close with a code; None: the connection just goes."""
        if self._end is None:
            frame = None if code is None else Close(code, reason)
            kind = ConnectionClosedOK if code == 1000 else ConnectionClosedError
            self._end = kind(frame, frame, None if frame is None else True)
            self._arrived.set()

    def establish(
        self, user: str = "ann", own: Position | None = None, *, recovered: bool = False, **more: Any
    ) -> None:
        name = f"user:{user}"
        positions = {name: (own or at(0)).document()}
        body = {"connection_id": "c", "user_id": user, "protocol": 1, "ping_interval": 25}
        self.say("connection:established", body | {"positions": positions, "recovered": {name: recovered}} | more)

    def enter(self, top: Position | None = None, *, recovered: bool = False) -> None:
        """Answer the last subscribe: all that it asks for is entered, at this top."""
        message = self.last("subscribe")
        names = message["payload"]["channels"]
        self.say(
            "subscribed",
            {
                "channels": names,
                "total": len(names),
                "positions": {name: (top or at(0)).document() for name in names},
                "recovered": dict.fromkeys(names, recovered),
            },
            reply_to=message["id"],
        )

    def note(self, offset: int, channel: str = "notes", epoch: str = "e", payload: Any = None, **fields: Any) -> None:
        """Say the event at this offset."""
        self.say(
            fields.pop("type", "note:posted"),
            {"note_id": offset} if payload is None else payload,
            **{"channel": channel, "epoch": epoch, "offset": offset, "id": f"{epoch}{offset}"} | fields,
        )

    def reset(self, position: Position, channel: str = "notes") -> None:
        self.say("channel:reset", {"channel": channel, "position": position.document(), "reason": "history"})


def at(offset: int, epoch: str = "e") -> Position:
    """The position of the event that `Socket.note` says."""
    return Position(epoch, offset, f"{epoch}{offset}" if offset else "")


class Server:
    """What the client connects to. `fates` are the ends of the next tries: an error, or None for a socket."""

    def __init__(self) -> None:
        self.sockets: list[Socket] = []
        self.fates: list[Exception | None] = []
        self.tries = 0
        self.hangs = False

    async def connect(self, url: str) -> Socket:
        self.tries += 1
        if self.hangs:
            await asyncio.Event().wait()
        fate = self.fates.pop(0) if self.fates else None
        if fate is not None:
            raise fate
        self.sockets.append(Socket())
        return self.sockets[-1]

    @property
    def socket(self) -> Socket:
        """The connection that was made last."""
        return self.sockets[-1]

    async def accept(self, **greeting: Any) -> Socket:
        """The connection of a client that has just tried, established."""
        await settled()
        self.socket.establish(**greeting)
        await settled()
        return self.socket


@contextlib.asynccontextmanager
async def running(
    server: Server, *, get_token: Any = lambda: "ann", random: Callable[[], float] = lambda: 0.5, **options: Any
) -> AsyncIterator[Client]:
    """A client of this server; its waits are half of what they may be."""
    async with Client(
        "ws://server.example/ws", connect=server.connect, get_token=get_token, random=random, **options
    ) as client:
        yield client
