"""The portable transport: any ASGI server, TestClient, and endpoints of the application's own.

What ASGI cannot do: drop a reader that is stuck in the server's buffer, or bound that buffer. The native transport
does both.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

from tidings.connection import Connection
from tidings.handshake import Handshake, Refusal
from tidings.protocol.codes import CloseCode, close_reason
from tidings.transport import Encode
from tidings.transports.logs import guard_logs

if TYPE_CHECKING:
    from tidings.manager import ConnectionManager

log = logging.getLogger("tidings")

_CLOSE_TIMEOUT = 5.0  # seconds that a client has to answer a close


class Socket(Protocol):
    """What is needed of a WebSocket: Starlette's has it."""

    @property
    def scope(self) -> MutableMapping[str, Any]: ...
    async def accept(self) -> None: ...
    async def receive(self) -> MutableMapping[str, Any]: ...
    async def send(self, message: MutableMapping[str, Any]) -> None: ...
    async def send_text(self, data: str) -> None: ...
    async def close(self, code: int = 1000, reason: str | None = None) -> None: ...


def _text(message: bytes) -> str:
    return message.decode()


class AsgiTransport:
    """Writes to one ASGI WebSocket with one task. Above the high-water mark, events stay in the log."""

    encode: Encode = staticmethod(_text)

    def __init__(self, socket: Socket, high_water: int) -> None:
        self._socket = socket
        self._high, self._low = high_water, high_water // 4
        self._frames: deque[str] = deque()
        self._size = 0
        self._close: tuple[int, str] | None = None
        self.connection: Connection | None = None
        self.reader: asyncio.Task[None] | None = None  # what waits for the client's next message, where we do
        self.lost_with: int = CloseCode.ABNORMAL  # the client's code, once it has closed
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._wake, self._readable = asyncio.Event(), asyncio.Event()
        self._readable.set()
        self._task = self._loop.create_task(self._send())

    def attach(self, connection: Connection) -> None:
        """The connection to call back."""
        self.connection = connection

    def write(self, frame: str) -> None:
        """Queue a text. May be called from another thread: each TestClient has a loop of its own."""
        self._frames.append(frame)
        self._size += len(frame)
        self._signal(self._wake)
        if self._size > self._high and self.connection is not None:
            self.connection.pause()

    def close(self, code: int, reason: str) -> None:
        """Close after what was written."""
        self._close = self._close or (code, reason)
        self._signal(self._wake)
        self._signal(self._readable)

    def abort(self) -> None:
        """Drop what was not written, and close."""
        self._frames.clear()
        self.close(1011, "")

    def ping(self) -> None:
        """ASGI has no ping. uvicorn pings by itself, and ends who does not answer; where the server does not
        (docs/deploy.md), a client that is cut off without a word stays until TCP gives it up.
        """
        if self.connection is not None:
            self.connection.heard()

    def pause_reading(self) -> None:
        """Let `readable` wait."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """Let `readable` pass."""
        self._signal(self._readable)

    async def readable(self) -> None:
        """Wait until the client may be read from."""
        await self._readable.wait()

    async def finish(self) -> None:
        """Wait for the close that was asked for; cut what would keep it."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await asyncio.shield(self._task)
        except TimeoutError:
            self._task.cancel()

    def cut(self) -> None:
        """The socket is gone: nothing more is written."""
        self._task.cancel()

    def _signal(self, event: asyncio.Event) -> None:
        if threading.get_ident() == self._thread:
            event.set()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(event.set)

    async def _send(self) -> None:
        try:
            while self._close is None:
                await self._flush()
                await self._wake.wait()
                self._wake.clear()
            await self._flush()
            await self._stop_reader()
            await self._socket.close(*self._close)
        except Exception:  # each server and framework raises its own where the client has gone
            log.debug("a client was gone before it was written to", exc_info=True)
            if self.connection is not None:
                self.connection.lost()
        finally:
            self._readable.set()

    async def _stop_reader(self) -> None:
        """Granian sends no close frame while a `receive` is pending."""
        if self.reader is not None and not self.reader.done():
            self.reader.cancel()
            await asyncio.wait([self.reader])

    async def _flush(self) -> None:
        while self._frames:
            frame = self._frames.popleft()
            await self._socket.send_text(frame)
            self._size -= len(frame)
            if self._size <= self._low and self.connection is not None:
                self.connection.resume()


async def serve(manager: "ConnectionManager", socket: Socket) -> None:
    """Serve one WebSocket until its end: refuse or accept it, and give the manager what it sends."""
    guard_logs()
    handshake = handshake_of(socket.scope)
    refusal = manager.refusal(handshake)
    if refusal is not None:
        await _deny(socket, refusal)
        return
    await socket.accept()
    transport = AsgiTransport(socket, manager.limits.write_buffer)
    connection = manager.open(transport, handshake)
    transport.attach(connection)
    transport.reader = asyncio.create_task(_receive(socket, transport, connection))
    try:
        await asyncio.wait([transport.reader])
        if not transport.reader.cancelled():
            transport.reader.result()
        if connection.closed:
            await transport.finish()
    except asyncio.CancelledError:  # so hypercorn says that it stops, when its graceful timeout is over
        connection.announce(0.0)
        connection.drain()
        await transport.finish()
        raise
    finally:
        transport.reader.cancel()
        connection.lost(transport.lost_with)
        transport.cut()


async def adopt(socket: Socket, high_water: int) -> AsgiTransport:
    """Accept a WebSocket that the application reads; its transport ends with the calling task."""
    guard_logs()
    await socket.accept()
    transport = AsgiTransport(socket, high_water)
    task = asyncio.current_task()
    if task is not None:
        task.add_done_callback(lambda _: _abandon(transport))
    return transport


def handshake_of(scope: Mapping[str, Any]) -> Handshake:
    """What an ASGI scope (ASGI 3, WebSocket 2.3) says of the upgrade request."""
    client = scope.get("client")
    return Handshake(
        path=scope["path"],
        query_string=scope.get("query_string", b"").decode("latin-1"),
        headers=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]],
        client=client[0] if client else None,
        scheme=scope.get("scheme", "ws"),
        state=scope.get("state") or {},
    )


async def _receive(socket: Socket, transport: AsgiTransport, connection: Connection) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            transport.lost_with = message.get("code") or CloseCode.NO_STATUS
            return
        text = message.get("text")
        if text is not None:
            connection.receive(text)
        else:
            connection.receive_binary(message.get("bytes") or b"")
        await transport.readable()
        if connection.closed:
            return


def _abandon(transport: AsgiTransport) -> None:
    if transport.connection is not None:
        transport.connection.lost()
    transport.cut()


async def _deny(socket: Socket, refusal: Refusal) -> None:
    """Refuse the upgrade with its status where the server can (ASGI's denial response), else with a bare 403."""
    if "websocket.http.response" not in socket.scope.get("extensions", {}):
        await socket.close(1008, close_reason(refusal.message))
        return
    body = refusal.problem()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await socket.send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await socket.send({"type": "websocket.http.response.body", "body": body})
