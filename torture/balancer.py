"""What stands before several servers: connections and requests in turn, to those that have started and take them."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import cast

import httpx2
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake, InvalidMessage

from tidings.client import connect
from tidings.client.connection import Socket
from torture.crowd.kernel import sockets_of
from torture.outcome import Outcome
from torture.server import Server

_NOT_TAKEN = (OSError, InvalidHandshake, InvalidMessage)  # refused, reset, or answered with 503


class Balancer:
    """Spreads connections over servers, as a load balancer does that knows of no session. `made` counts them."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers, self.made = servers, 0
        self._turns = _turns(servers)

    async def connect(self, url: str) -> Socket:
        """A connection to the next server that takes it, whatever host the URL names. Raises what the last raised."""
        *others, last = _ready(next(self._turns))
        for server in others:
            with suppress(*_NOT_TAKEN):
                return await self.reach(server)
        return await self.reach(last)

    async def reach(self, server: Server) -> Socket:
        """A connection to this server."""
        socket = await connect(server.websocket)
        self.made += 1
        return socket

    def http(self) -> httpx2.AsyncClient:
        """Requests, spread as connections are."""
        limits = httpx2.Limits(max_connections=200)
        return httpx2.AsyncClient(
            base_url=self.servers[0].url, timeout=30.0, transport=_Requests(self.servers, limits), trust_env=False
        )


class Spread(Balancer):
    """Spreads the first so many connections over the workers, too. Left to the kernel, whichever worker is first takes
    a connection, and some may get none.
    """

    def __init__(self, servers: Sequence[Server], connections: int) -> None:
        super().__init__(servers)
        self._workers = {server: cycle(server.workers) for server in servers}
        self._connections = connections
        self._ports: set[int] = set()

    async def reach(self, server: Server) -> Socket:
        """A connection to the server's next worker in turn: while it is made, the others are stopped. Later ones are
        left to the kernel.
        """
        if len(self._ports) == self._connections:
            return await super().reach(server)
        with _alone(next(self._workers[server]), server):
            socket = await super().reach(server)
        self._ports.add(cast(ClientConnection, socket).local_address[1])
        return socket

    def judge(self, outcome: Outcome) -> None:
        """Every worker has some, by what the kernel says."""
        screens = []
        for server in self.servers:
            connections = {held.inode for held in sockets_of(server.port) if held.peer_port in self._ports}
            screens += [len(connections & _sockets(worker)) for worker in server.workers]
        outcome.figures["screens of each worker, at the beginning"] = said = ", ".join(map(str, screens))
        outcome.require(all(screens), f"the screens are not spread over all workers, which have {said}")


class _Requests(httpx2.AsyncBaseTransport):
    """Sends each request to the next server that takes it."""

    def __init__(self, servers: Sequence[Server], limits: httpx2.Limits) -> None:
        self._turns = _turns(servers)
        self._transport = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        *others, last = _ready(next(self._turns))
        for server in others:
            with suppress(httpx2.ConnectError):
                return await self._ask(server, request)
        return await self._ask(last, request)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _ask(self, server: Server, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(port=server.port)
        return await self._transport.handle_async_request(request)


def _turns(servers: Sequence[Server]) -> Iterator[Sequence[Server]]:
    """For ever: all servers, each time from the next one on."""
    return cycle([[*servers[first:], *servers[:first]] for first in range(len(servers))])


def _ready(servers: Sequence[Server]) -> Sequence[Server]:
    """Those that have started: others would have who comes wait for that. All, where there are none."""
    return [server for server in servers if server.ready] or servers


@contextmanager
def _alone(worker: int, server: Server) -> Iterator[None]:
    others = [other for other in server.workers if other != worker]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


def _sockets(process: int) -> set[int]:
    """The inodes of a process's open sockets."""
    inodes = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            name = str(descriptor.readlink())
            if name.startswith("socket:["):
                inodes.add(int(name[8:-1]))
    return inodes
