"""Calls to the server, whichever kind it is, from one event loop."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from importlib.resources import files
from typing import Any, Self, TypeVar

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthorizationError,
    ClusterDownError,
    NoScriptError,
    ReadOnlyError,
    RedisClusterException,
    TryAgainError,
)
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import TimeoutError as TimedOut

from tidings.brokers.redis.address import Address
from tidings.brokers.redis.line import Command, Line, pack

log = logging.getLogger("tidings")

T = TypeVar("T")

Call = tuple[Sequence[str], Sequence[str | bytes | int]]  # of a script: keys and arguments

# What a call may meet that passes: it is tried again.
PASSING = (
    Disconnected,
    TimedOut,
    TimeoutError,
    ReadOnlyError,
    ClusterDownError,
    TryAgainError,
    AskError,
    RedisClusterException,
)


class Script:
    """A Lua script of this package, which the server keeps by its hash."""

    def __init__(self, name: str) -> None:
        import hashlib

        self.text = files(__package__).joinpath("scripts", f"{name}.lua").read_text(encoding="utf-8")
        self.hash = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    def command(self, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Command:
        """The call of it."""
        return ("EVALSHA", self.hash, len(keys), *keys, *arguments)


class Server:
    """Connections to the server: few, opened when they are needed, used again.

    No call takes longer than `timeout` seconds. A call goes on where its caller is cancelled, so that what is left of
    it on a connection is never taken for the answer to another; what takes too long loses its connection.
    `connected` is called whenever a connection was made anew: another server may be behind it than before.
    """

    def __init__(self, address: Address, *, timeout: float, connected: Callable[[], None]) -> None:
        self.address, self._timeout, self._connected = address, timeout, connected
        self._client: Redis | RedisCluster | None = None
        self._sentinel: Sentinel | None = None
        self._idle: list[Line] = []  # to one server, most recently used last; a cluster's client has its own
        self._busy: set[Line] = set()
        self._settled: asyncio.Future[None] | None = None  # set when no line is busy
        self._calls: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def is_cluster(self) -> bool:
        """Whether keys of different partitions may be on different nodes."""
        return self.address.kind == "cluster"

    async def run(self, script: Script, calls: Sequence[Call]) -> list[Any]:
        """The answers to a script for these keys and arguments. Raises what the server or the driver raises."""
        answers = await self.call([script.command(*call) for call in calls])
        missing = [index for index, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if missing:  # a new server, or SCRIPT FLUSH
            again = [("EVAL", script.text, *script.command(*calls[index])[2:]) for index in missing]
            for index, answer in zip(missing, await self.call(again), strict=True):
                answers[index] = answer
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to commands that are sent together; each is what the server answered, or its exception."""
        client = self._opened()
        if isinstance(client, Redis):
            answers = await self._ask(client, commands)
        else:
            answers = await self._finish(self._ask_cluster(client, commands))
        if any(isinstance(answer, PASSING) for answer in answers):
            self._forsake(client)
        return answers

    async def info(self) -> dict[str, str]:
        """What the server says of itself; of a cluster, one of its nodes. Raises what the driver raises."""
        async with asyncio.timeout(self._timeout):
            client = self._opened()
            if isinstance(client, RedisCluster):
                await client.initialize()
                facts = await client.info(target_nodes=client.get_random_node())
            else:
                facts = await client.info()
            return {str(name): str(value) for name, value in facts.items()}

    async def close(self) -> None:
        """Close all connections, after the calls that are under way."""
        while self._calls or self._busy:
            self._settled = asyncio.get_running_loop().create_future()
            self._settle()
            await asyncio.wait([*self._calls, self._settled])
        client, self._client = self._client, None
        idle, self._idle = self._idle, []
        for line in idle:
            line.close()
        if client is not None:
            await client.aclose()
        sentinel, self._sentinel = self._sentinel, None
        for watcher in sentinel.sentinels if sentinel is not None else ():
            await watcher.aclose()

    async def listeners(self) -> dict[str, AbstractConnection]:
        """New connections to listen on, by the node's name: one, or one for each node of a cluster."""
        made: dict[str, AbstractConnection] = {}
        abandoned = asyncio.Event()
        try:
            await self._finish(self._listeners(made, abandoned))
        except asyncio.CancelledError:
            abandoned.set()
            for connection in made.values():  # cancelled in the moment in which they had come
                await connection.disconnect(nowait=True)
            raise
        return made

    async def node_of(self, key: str) -> str:
        """The name of the node that has a key."""
        client = self._opened()
        if isinstance(client, RedisCluster):
            await client.initialize()
            if (node := client.get_node_from_key(key)) is not None:
                return node.name
        return ""

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work returns. It goes on to its end where the caller is cancelled, which the driver might not
        notice, or notice too late.
        """
        task = asyncio.get_running_loop().create_task(work)
        self._calls.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        except RuntimeError as error:
            if "handler is closed" not in str(error):
                raise
            # What uvloop says of a connection that went while it was greeted, and the driver lets through.
            raise Disconnected(f"Redis at {self.address} closed the connection") from error

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """Work is over. Who was cancelled does not ask how it failed."""
        self._calls.discard(task)
        if not task.cancelled():
            task.exception()

    async def _listeners(self, made: dict[str, AbstractConnection], abandoned: asyncio.Event) -> None:
        client = self._opened()
        if isinstance(client, RedisCluster):
            await client.initialize()
            nodes = client.get_primaries()
            new: dict[str, AbstractConnection] = {it.name: it.connection_class(**it.connection_kwargs) for it in nodes}
        else:
            new = {"": client.connection_pool.make_connection()}  # type: ignore[no-untyped-call]
        try:
            for connection in new.values():
                await connection.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            abandoned.set()
            self._forsake(client)
            raise
        finally:
            if abandoned.is_set():
                for connection in new.values():
                    await connection.disconnect(nowait=True)
        made |= new

    async def _ask(self, client: Redis, commands: Sequence[Command]) -> list[Any]:
        """The answers of one server. Who is cancelled leaves them to the line."""
        packed, deadline = pack(commands), asyncio.get_running_loop().time() + self._timeout
        while (line := self._take_idle()) is None:
            await self._finish(self._add_line(client, deadline))
        self._busy.add(line)
        return await line.ask(packed, len(commands), deadline, self._overdue())

    def _take_idle(self) -> Line | None:
        while self._idle:
            if (line := self._idle.pop()).is_open:
                return line
        return None

    async def _add_line(self, client: Redis, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                connection = await _connected(client.connection_pool)
        except TimeoutError:
            self._forsake(client)
            raise TimeoutError(self._overdue()) from None
        except (*PASSING, RuntimeError):
            self._forsake(client)
            raise
        self._idle.append(Line(connection, freed=self._freed, ended=partial(self._line_ended, client)))

    def _freed(self, line: Line) -> None:
        self._busy.discard(line)
        self._idle.append(line)
        self._settle()

    def _line_ended(self, client: Redis, line: Line, _: Exception) -> None:
        was_busy = line in self._busy
        self._busy.discard(line)
        if line in self._idle:
            self._idle.remove(line)
        self._settle()
        if was_busy:
            self._forsake(client)

    def _settle(self) -> None:
        if self._settled is not None and not self._busy and not self._settled.done():
            self._settled.set_result(None)

    async def _ask_cluster(self, client: RedisCluster, commands: Sequence[Command]) -> list[Any]:
        """The answers of a cluster's nodes."""
        try:
            async with asyncio.timeout(self._timeout), client.pipeline(transaction=False) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                return list(await pipe.execute(raise_on_error=False))
        except TimeoutError:
            self._forsake(client)
            raise TimeoutError(self._overdue()) from None
        except (*PASSING, RuntimeError):
            self._forsake(client)
            raise

    def _overdue(self) -> str:
        return f"Redis at {self.address} did not answer within {self._timeout:g} s"

    def _forsake(self, client: Redis | RedisCluster) -> None:
        """The servers at the end of these connections may not be the right ones any more: ask anew which are."""
        self._connected()
        idle, self._idle = self._idle, []
        for line in idle:
            line.close()
        if isinstance(client, RedisCluster):
            if self._client is client:
                self._client = None
            task = asyncio.get_running_loop().create_task(client.aclose())
            self._calls.add(task)
            task.add_done_callback(self._closed)

    def _closed(self, task: "asyncio.Task[None]") -> None:
        self._calls.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.debug("connections that were given up could not be closed: %r", error)

    def _opened(self) -> Redis | RedisCluster:
        if self._client is None:
            self._client = self._open()
        return self._client

    def _open(self) -> Redis | RedisCluster:
        limits: dict[str, Any] = {
            "socket_timeout": self._timeout,
            "socket_connect_timeout": self._timeout,
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),
        }
        address = self.address
        if address.kind == "cluster":
            nodes = [ClusterNode(host, port) for host, port in address.hosts]
            return RedisCluster(startup_nodes=nodes, **address.options | limits)
        limits["redis_connect_func"] = self._greet
        if address.kind == "sentinel":
            options = dict(address.options)
            asking = {name: limits[name] for name in ("socket_timeout", "socket_connect_timeout", "protocol")}
            asking["password"] = options.pop("sentinel_password", None)
            asking["username"] = options.pop("sentinel_username", None)
            self._sentinel = Sentinel(address.hosts, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
            master: Redis = self._sentinel.master_for(address.service, **options | limits)
            return master
        return Redis.from_pool(ConnectionPool(**address.options | limits))

    async def _greet(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        self._connected()


async def _connected(pool: ConnectionPool) -> AbstractConnection:
    connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return connection


def is_passing(error: BaseException) -> bool:
    """Whether another try may end otherwise."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return False
    return isinstance(error, PASSING)
