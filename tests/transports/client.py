"""A client for tests that speaks the protocol in the open, one message at a time."""

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

DEADLINE = 20.0  # seconds; only a failure waits so long


class Client:
    """One connection. Every wait has a deadline."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ids = map(str, itertools.count(1))

    async def send(self, type: str, payload: Any = None, **fields: Any) -> str:
        """Send a message; returns its id."""
        message = {"type": type, "payload": payload or {}, "id": next(self._ids), **fields}
        await self.socket.send(json.dumps(message))
        return str(message["id"])

    async def next(self) -> dict[str, Any]:
        """The next message, whatever it is."""
        async with asyncio.timeout(DEADLINE):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def ask(self, type: str, payload: Any = None, **fields: Any) -> dict[str, Any]:
        """Send a message and return the next that comes, which must answer it."""
        id = await self.send(type, payload, **fields)
        answer = await self.next()
        assert answer.get("reply_to") == id, answer
        return answer

    async def subscribe(self, *channels: str, **positions: Any) -> dict[str, Any]:
        """Subscribe; returns the payload of `subscribed`."""
        answer = await self.ask("subscribe", {"channels": list(channels), "positions": positions})
        assert answer["type"] == "subscribed", answer
        payload: dict[str, Any] = answer["payload"]
        return payload

    async def error(self) -> str:
        """The code of the next message, which is an error."""
        message = await self.next()
        assert message["type"] == "connection:error", message
        return str(message["payload"]["code"])

    async def closed(self) -> int:
        """The code that the server closes with. What comes before it is thrown away."""
        async with asyncio.timeout(DEADLINE):
            with suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
        frame = self.socket.protocol.close_rcvd
        assert frame is not None, "the server went without a close frame"
        return frame.code

    async def alive(self) -> bool:
        """Whether the server answers."""
        return bool((await self.ask("ping"))["type"] == "pong")


@asynccontextmanager
async def opened(url: str, query: str = "", **options: Any) -> AsyncIterator[Client]:
    """A connection that has sent nothing yet."""
    options = {
        "compression": None,
        "max_size": None,
        "open_timeout": DEADLINE,
        "close_timeout": 2.0,
        "proxy": None,
    } | options
    async with connect(url.replace("http", "ws") + "/ws" + query, **options) as socket:
        yield Client(socket)


@asynccontextmanager
async def signed_in(url: str, user: str, **options: Any) -> AsyncIterator[Client]:
    """A connection of a user; `client.established` is the payload of the greeting."""
    async with opened(url, **options) as client:
        answer = await client.ask("auth", {"token": user})
        assert answer["type"] == "connection:established", answer
        yield client


async def flooded(url: str, texts: Iterable[str]) -> int | None:
    """The code that the server closes with while these messages are sent, however it answers.

    On the bare socket: a server that closes with input unread resets TCP, at which a client library throws away what it
    has not read, the close frame among it. The kernel keeps that.
    """
    loop = asyncio.get_running_loop()
    address = urlsplit(url)
    protocol = ClientProtocol(parse_uri(f"ws://{address.netloc}/ws"))
    with socket.socket() as sock:
        sock.setblocking(False)
        async with asyncio.timeout(DEADLINE):
            await loop.sock_connect(sock, (str(address.hostname), int(address.port or 80)))
            protocol.send_request(protocol.connect())
            await loop.sock_sendall(sock, b"".join(protocol.data_to_send()))
            while protocol.state is State.CONNECTING:
                protocol.receive_data(await loop.sock_recv(sock, 65_536))
            sending = asyncio.create_task(_send_on(sock, texts))
            with suppress(ConnectionError):
                while protocol.close_rcvd is None and (data := await loop.sock_recv(sock, 65_536)):
                    protocol.receive_data(data)
            sending.cancel()
            await asyncio.wait([sending])
    return None if protocol.close_rcvd is None else protocol.close_rcvd.code


async def _send_on(sock: socket.socket, texts: Iterable[str]) -> None:
    with suppress(ConnectionError):
        for text in texts:
            frame = Frame(Opcode.TEXT, text.encode()).serialize(mask=True)
            await asyncio.get_running_loop().sock_sendall(sock, frame)


def position(message: dict[str, Any]) -> dict[str, Any]:
    """Where a reader of this event is."""
    return {name: message[name] for name in ("epoch", "offset", "id")}
