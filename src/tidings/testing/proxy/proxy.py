"""A TCP proxy that does to connections what networks do: delay, slow, lose, hold, cut and reset them."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Self, cast

from tidings.testing.proxy.pipe import End, Pipe, Way

Address = tuple[str, int]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST
_CONNECT_TIMEOUT = 10.0  # seconds


class FaultProxy:
    """Carries connections to `upstream`, through the faults that are set, from any moment on:

        async with FaultProxy(("127.0.0.1", 8000)) as proxy:
            proxy.address                          # connect here
            proxy.to_client.delay = 0.2            # seconds; and rate, blackhole, drop, cut_after, cut_in_frame
            proxy.refusing = True                  # new connections are reset
            proxy.reset()                          # every open connection, or proxy.links[0].reset()
            proxy.heal()

    It listens on a free port of `host` unless told otherwise. `upstream` may be set anew, for a server that comes back
    elsewhere; where nobody listens, connections are reset. At most `connections` are open at once (more are reset),
    and each holds at most `buffer` bytes per direction, and as much again in the event loop and in the kernel. So
    `buffer / delay` bounds a connection's bytes per second. One event loop; not to be used from other threads.
    """

    def __init__(
        self,
        upstream: Address,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        connections: int = 20_000,
        buffer: int = 262_144,
    ) -> None:
        self.upstream = upstream
        self.refusing = False
        self.links: list[Link] = []
        self.to_server = Way(lambda: (link.to_server for link in self.links))
        self.to_client = Way(lambda: (link.to_client for link in self.links))
        self.accepted = self.refused = self.unreachable = 0
        self._host, self._port, self._connections, self.buffer = host, port, connections, buffer
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), self._host, self._port, backlog=4_096)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            self.reset()
            await self._server.wait_closed()

    @property
    def address(self) -> Address:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the proxy listens inside `async with FaultProxy(…)`")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    def reset(self) -> None:
        """Reset every open connection, towards both ends."""
        for link in list(self.links):
            link.reset()

    def close(self) -> None:
        """Close every open connection in order, towards both ends."""
        for link in list(self.links):
            link.close()

    def heal(self) -> None:
        """No faults from now on; what was held goes on."""
        self.refusing = False
        self.to_server.heal()
        self.to_client.heal()

    def take(self, client: "_Socket") -> None:
        """A client has connected: connect it to the server, or refuse it."""
        link = Link(self, client)
        self.links.append(link)
        if self.refusing or len(self.links) > self._connections:
            self.refused += 1
            link.reset()
        else:
            self.accepted += 1


class Link:
    """One connection through the proxy; `to_server` and `to_client` are its pipes, with its one-time faults."""

    def __init__(self, proxy: FaultProxy, client: "_Socket") -> None:
        self._proxy, self._client, self._server = proxy, client, _Socket()
        self.to_server = Pipe(proxy.to_server, self._client, self._server, self._cut, proxy.buffer)
        self.to_client = Pipe(proxy.to_client, self._server, self._client, self._cut, proxy.buffer)
        self._client.attach(self.to_server, self.to_client, self._forget)
        self._server.attach(self.to_client, self.to_server, self._forget)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    @property
    def port(self) -> int | None:
        """The port that it was connected to the server from, by which the server knows it; None before and after."""
        return self._server.port

    def reset(self) -> None:
        """Reset it towards both ends."""
        self._end(End.RESET, End.RESET)

    def close(self) -> None:
        """Close it in order towards both ends; what has not passed is lost."""
        self._end(End.CLOSED, End.CLOSED)

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                await asyncio.get_running_loop().create_connection(lambda: self._server, *self._proxy.upstream)
        except OSError:  # nobody listens there; TimeoutError is one, too
            self._proxy.unreachable += 1
            self._client.finish(End.RESET)
        else:
            self._client.start()
            self._server.start()

    def _cut(self, pipe: Pipe) -> None:
        if pipe is self.to_client:
            self._end(End.CLOSED, End.RESET)
        else:
            self._end(End.RESET, End.CLOSED)

    def _end(self, client: End, server: End) -> None:
        self.to_server.stop()
        self.to_client.stop()
        self._connecting.cancel()
        self._client.finish(client)
        self._server.finish(server)

    def _forget(self) -> None:
        if self._client.gone and self._server.gone and self in self._proxy.links:
            self._proxy.links.remove(self)


class _Socket(asyncio.Protocol):
    """One end of a link: puts what it receives into one pipe, and is the target of the other.

    It reads nothing before `start`. Before its connection is made, and after its end, it is `gone`.
    """

    def __init__(self) -> None:
        self.gone = True
        self._transport: asyncio.Transport
        self._into: Pipe
        self._out_of: Pipe
        self._forget: Callable[[], None]
        self._started = self._paused = self._heard_end = self._said_end = False

    def attach(self, into: Pipe, out_of: Pipe, forget: Callable[[], None]) -> None:
        """The pipe that it fills, the one that fills it, and what to call at the end."""
        self._into, self._out_of, self._forget = into, out_of, forget

    @property
    def port(self) -> int | None:
        """Where it is connected from."""
        if self.gone:
            return None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def start(self) -> None:
        """Both ends are there: read."""
        self._started = True
        if not self.gone:
            self._transport.resume_reading()

    # What a pipe calls.

    def write(self, data: bytes) -> None:
        """Send it."""
        if not self.gone:
            self._transport.write(data)

    def end(self, how: End) -> None:
        """The other end has said or met its end."""
        if how is End.RESET or self._heard_end or not self._transport.can_write_eof():
            self.finish(how)
        elif not self.gone:
            self._said_end = True
            self._transport.write_eof()

    def finish(self, how: End) -> None:
        """End this connection, in both directions."""
        if self.gone:
            self._forget()
            return
        self._heard_end = True  # nothing more is said of it
        if how is End.CLOSED:
            self._transport.close()
            return
        sock = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # the peer was faster
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def pause_reading(self) -> None:
        """The pipe is full."""
        if not (self._paused or self.gone or self._heard_end):
            self._paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """The pipe takes more."""
        if self._paused:
            self._paused = False
            if self._started and not self.gone:
                self._transport.resume_reading()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the other end."""
        self.gone = False
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Put it into the pipe."""
        self._into.put(data)

    def eof_received(self) -> bool:
        """The peer says no more; it may still listen."""
        self._heard_end = True
        self._into.put_end(End.CLOSED)
        return not self._said_end

    def pause_writing(self) -> None:
        """The peer does not read."""
        self._out_of.target_is_full(True)

    def resume_writing(self) -> None:
        """The peer reads on."""
        self._out_of.target_is_full(False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self.gone = True
        self._out_of.stop()
        if not self._heard_end or exc is not None:
            self._into.put_end(End.RESET)
        self._forget()


class _Client(_Socket):
    """The end of a client that has just connected."""

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__()
        self._proxy = proxy

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, and connect to the server; or refuse it."""
        super().connection_made(transport)
        self._proxy.take(self)
