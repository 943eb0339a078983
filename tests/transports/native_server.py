"""The native transport in the test's own event loop, with a recording stand-in for the manager and its connections."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from ssl import SSLContext
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.extensions import ClientExtensionFactory, Extension
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from tidings import ConnectionManager, Handshake, Limits
from tidings.connection import Connection
from tidings.handshake import Refusal
from tidings.transport import Transport
from tidings.transports.http import HttpProtocol
from tidings.transports.native import NativeProtocol
from tidings.transports.watch import watch_of
from tidings.transports.websocket import WebSocketTransport

DEADLINE = 30.0  # seconds; only a failure waits so long


class Recorder:
    """The side of a connection that a transport calls. What it is called with can be waited for, in order."""

    def __init__(self, transport: WebSocketTransport, handshake: Handshake, user_id: str | None) -> None:
        self.transport, self.handshake, self.user_id = transport, handshake, user_id
        self.calls: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.is_lost = asyncio.Event()
        self.is_paused = asyncio.Event()
        self.is_alive = asyncio.Event()

    async def next(self) -> tuple[str, Any]:
        """What it was called with next. Signs of life are not counted as calls."""
        async with asyncio.timeout(DEADLINE):
            return await self.calls.get()

    async def lost_in_time(self) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.is_lost.wait()

    async def paused_in_time(self) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.is_paused.wait()

    def send(self, text: str) -> None:
        self.transport.write(self.transport.encode(text.encode()))

    def receive(self, text: str) -> None:
        self.calls.put_nowait(("text", text))

    def receive_binary(self, data: bytes) -> None:
        self.calls.put_nowait(("binary", data))

    def receive_oversized(self) -> None:
        self.calls.put_nowait(("oversized", None))

    def heard(self) -> None:
        self.is_alive.set()

    def pause(self) -> None:
        self.is_paused.set()

    def resume(self) -> None:
        self.is_paused.clear()
        self.calls.put_nowait(("resume", None))

    def lost(self, code: int) -> None:
        self.lost_with = code
        self.is_lost.set()


class RecordingManager:
    """The side of a manager that the native transport calls."""

    def __init__(self, limits: Limits | None = None, *, user_id: str | None = "ann", compression: bool = False) -> None:
        self.limits, self.compression = limits or Limits(), compression
        self.refused: Refusal | None = None
        self.drained: list[float] = []  # the times that it was given to send everybody away
        self._user_id = user_id
        self._opened: asyncio.Queue[Recorder] = asyncio.Queue()

    async def opened(self) -> Recorder:
        """The next connection that was made."""
        async with asyncio.timeout(DEADLINE):
            return await self._opened.get()

    def refusal(self, handshake: Handshake) -> Refusal | None:
        return self.refused

    def open(self, transport: Transport, handshake: Handshake) -> Connection:
        recorder = Recorder(cast(WebSocketTransport, transport), handshake, self._user_id)
        self._opened.put_nowait(recorder)
        return cast(Connection, recorder)

    def drain(self, within: float) -> None:
        self.drained.append(within)


class Running:
    """A listening server: its address, and what uvicorn keeps of it."""

    def __init__(self, port: int, state: ServerState) -> None:
        self.port, self.state = port, state

    async def until(self, condition: Callable[[set[Any]], bool]) -> None:
        """Wait until the connections that uvicorn knows of meet a condition."""
        async with asyncio.timeout(DEADLINE):
            while not condition(cast(set[Any], self.state.connections)):  # noqa: ASYNC110  # a set has no event
                await asyncio.sleep(0)

    async def emptied(self) -> None:
        """Wait until uvicorn knows of no connection."""
        await self.until(lambda connections: not connections)

    def later(self, seconds: float) -> None:
        """Have what is under watch look at the clock as it will be in so many seconds."""
        loop = asyncio.get_running_loop()
        for item in tuple(watch_of(self.state, loop)._watched):
            item.check(loop.time() + seconds)


@contextlib.asynccontextmanager
async def native(
    manager: RecordingManager | ConnectionManager,
    *,
    http: type[Any] = HttpProtocol,
    app: Any = None,
    ssl: SSLContext | None = None,
    **options: Any,
) -> AsyncIterator[Running]:
    """A manager at /ws on the native transport, and `app` on everything else."""
    config = uvicorn.Config(app or _nothing, ws=NativeProtocol, http=http, log_config=None, **options)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    app_state = {"tidings:/ws": manager}
    server = await loop.create_server(
        lambda: http(config=config, server_state=state, app_state=app_state), "127.0.0.1", 0, ssl=ssl
    )
    running = Running(server.sockets[0].getsockname()[1], state)
    try:
        yield running
    finally:
        server.close()
        for connection in list[Any](state.connections):
            getattr(connection, "transport", connection).abort()
        await running.emptied()


class RawClient:
    """A client that frames by hand, so that it may also do what no library would."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, protocol: ClientProtocol) -> None:
        self.reader, self.writer, self._protocol = reader, writer, protocol
        self._frames: list[Frame] = []
        self.ended = False  # the server closed TCP

    @property
    def local_port(self) -> int:
        return int(self.writer.get_extra_info("sockname")[1])

    @property
    def extensions(self) -> list[Extension]:
        """What was agreed on."""
        return self._protocol.extensions

    def send(self, opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> None:
        """Send one frame, masked."""
        self.writer.write(Frame(opcode, data, fin).serialize(mask=True))

    def send_text(self, text: str) -> None:
        self.send(Opcode.TEXT, text.encode())

    async def frame(self) -> Frame | None:
        """The next frame; None when the server has ended the stream."""
        async with asyncio.timeout(DEADLINE):
            while not self._frames and not self.ended:
                try:
                    data = await self.reader.read(65_536)
                except ConnectionError:
                    data = b""
                if not data:
                    self.ended = True
                    break
                self._protocol.receive_data(data)
                self._protocol.data_to_send()  # it answers pings and closes: this client does so itself, if at all
                self._frames += cast(list[Frame], self._protocol.events_received())
        return self._frames.pop(0) if self._frames else None

    async def text(self) -> str:
        """The text of the next frame."""
        frame = await self.frame()
        assert frame is not None, "the server ended the stream"
        assert frame.opcode is Opcode.TEXT, frame
        return bytes(frame.data).decode()

    async def close_code(self) -> int | None:
        """The code of the server's close frame; None where it ended the stream without one."""
        while (frame := await self.frame()) is not None:
            if frame.opcode is Opcode.CLOSE:
                return int.from_bytes(bytes(frame.data)[:2], "big")
        return None

    async def end(self) -> None:
        """Wait until the server has closed TCP."""
        while await self.frame() is not None:
            pass


@contextlib.asynccontextmanager
async def raw_client(
    port: int,
    path: str = "/ws",
    *,
    receive_buffer: int | None = None,
    extensions: Sequence[ClientExtensionFactory] = (),
) -> AsyncIterator[RawClient]:
    """A client whose upgrade was made."""
    sock = socket.socket()
    sock.setblocking(False)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=4_096)
    protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}{path}"), max_size=None, extensions=extensions or None)
    protocol.send_request(protocol.connect())
    writer.write(b"".join(protocol.data_to_send()))
    try:
        async with asyncio.timeout(DEADLINE):
            protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
        response = protocol.events_received()[0]
        assert isinstance(response, Response)
        assert protocol.state is State.OPEN, response
        yield RawClient(reader, writer, protocol)
    finally:
        writer.transport.abort()


async def request(port: int, data: bytes) -> bytes:
    """Send bytes; returns all that the server says until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(DEADLINE):
            return await reader.read()
    finally:
        writer.transport.abort()


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close"})
