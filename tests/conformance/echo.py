"""An application that echoes, on the transports as they are shipped: what an Autobahn client drives.

A stand-in takes the manager's place, for tidings' own protocol has no messages that are echoed as they came.
"""

from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, cast

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.frames import Frame, Opcode

from tidings import ConnectionManager, Handshake, Limits
from tidings.handshake import Refusal
from tidings.transport import Transport
from tidings.transports import asgi


class Echo:
    """The side of a connection that a transport calls."""

    user_id = "echo"  # established: messages of up to four times the limit are read
    closed = False

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def receive(self, text: str) -> None:
        self.transport.write(self.transport.encode(text.encode()))

    def receive_binary(self, data: bytes) -> None:
        as_text = isinstance(self.transport.encode(b""), str)
        self.transport.write(data if as_text else Frame(Opcode.BINARY, data).serialize(mask=False))

    def receive_oversized(self) -> None:
        self.transport.close(1009, "too large to echo")

    def heard(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def lost(self, code: int = 1006) -> None: ...


class EchoManager:
    """The side of a manager that a transport calls."""

    limits = Limits(compression_threshold=0)

    def __init__(self, *, compression: bool = False) -> None:
        self.compression = compression

    def refusal(self, handshake: Handshake) -> Refusal | None:
        return None

    def open(self, transport: Transport, handshake: Handshake) -> Echo:
        return Echo(transport)


class BinarySocket:
    """A Starlette WebSocket whose `send_text` sends bytes as what they are."""

    def __init__(self, socket: WebSocket) -> None:
        self.scope, self.accept, self.receive = socket.scope, socket.accept, socket.receive
        self.send, self.close = cast(Any, socket.send), socket.close

    async def send_text(self, data: str | bytes) -> None:
        kind = "bytes" if isinstance(data, bytes) else "text"
        message: MutableMapping[str, Any] = {"type": "websocket.send", kind: data}
        await self.send(message)


def echoing(manager: ConnectionManager) -> Starlette:
    """An application that serves it at /."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        yield {"tidings:/": manager}

    async def endpoint(websocket: WebSocket) -> None:
        await asgi.serve(manager, BinarySocket(websocket))

    return Starlette(routes=[WebSocketRoute("/", endpoint)], lifespan=lifespan)


app = echoing(cast(ConnectionManager, EchoManager()))
compressing = echoing(cast(ConnectionManager, EchoManager(compression=True)))
