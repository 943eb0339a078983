"""The in-process client's wire to the native transport: the protocol that uvicorn would run, over a pair of sockets."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from tidings.testing.deadline import within
from tidings.testing.wire import Ears, UpgradeRefused
from tidings.transports.native import NativeProtocol

_ANSWER_TIMEOUT = 10.0  # real seconds
_TURNS = 1_000  # of the loop, in which the server's end is told that ours has gone


class NativeWire(asyncio.Protocol):
    """The client's end of a socket pair whose other end is the server's."""

    def __init__(self, state: Mapping[str, Any], url: str, headers: Mapping[str, str], ears: Ears) -> None:
        self._state, self._headers, self._ears = dict(state), headers, ears
        self._frames = ClientProtocol(parse_uri(url), max_size=None)
        self._transport: asyncio.Transport
        loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._server = ServerState()

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        mine, theirs = socket.socketpair()
        await loop.connect_accepted_socket(self._serve, theirs)
        await loop.create_connection(lambda: self, sock=mine)
        request = self._frames.connect()
        for name, value in self._headers.items():
            request.headers[name] = value
        self._frames.send_request(request)
        self._flush()
        await within(_ANSWER_TIMEOUT, self._answered, self._gone)
        if self._frames.state is State.OPEN:
            return
        await self.close()
        error = self._frames.handshake_exc
        if isinstance(error, InvalidStatus):
            raise UpgradeRefused(error.response.status_code, bytes(error.response.body or b"").decode(errors="replace"))
        raise AssertionError(f"the upgrade was not answered: {error}")

    def send(self, text: str) -> None:
        if self._frames.state is State.OPEN:
            self._frames.send_text(text.encode())
            self._flush()

    async def close(self) -> None:
        if self._frames.state is State.OPEN:
            self._frames.send_close(1000)
            self._flush()
        if not await within(_ANSWER_TIMEOUT, self._gone):
            self._transport.abort()
            raise AssertionError(f"the server did not end within {_ANSWER_TIMEOUT:g} s after its client had closed")
        for _ in range(_TURNS):
            if not self._server.connections:
                break
            await asyncio.sleep(0)

    def _serve(self) -> NativeProtocol:
        config = Config(_nothing, log_config=None, lifespan="off")
        return NativeProtocol(config, self._server, self._state)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ours."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Read the answer and what follows it."""
        self._frames.receive_data(data)
        for event in self._frames.events_received():
            if isinstance(event, Response):
                if not self._answered.done():
                    self._answered.set_result(None)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._ears.text(bytes(event.data).decode())
        self._flush()

    def eof_received(self) -> None:
        """The server says no more."""
        self._frames.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, with the code that the server gave."""
        if self._frames.state is not State.CLOSED:
            self._frames.receive_eof()
        self._ears.ended(self._frames.close_code or 1006, self._frames.close_reason or "")
        if not self._gone.done():
            self._gone.set_result(None)

    def _flush(self) -> None:
        for data in self._frames.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """uvicorn's configuration wants an application; the native protocol is asked for a manager's path only."""
