"""Calls to the server, whichever kind it is, from one event loop."""

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Sequence
from importlib.resources import files
from typing import Any, Self, TypeVar

from hiredis import pack_command
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
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import TimeoutError as TimedOut

from tidings.brokers.redis.address import Address

log = logging.getLogger("tidings")

T = TypeVar("T")

Command = Sequence[str | bytes | int]
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
        self._idle: list[AbstractConnection] = []  # most recently used last; to a cluster, its client has all
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
        return await self._finish(self._call(commands))

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
        while self._calls:
            await asyncio.wait(self._calls)
        client, self._client = self._client, None
        idle, self._idle = self._idle, []
        await _disconnect(idle)
        if client is not None:
            await client.aclose()
        sentinel, self._sentinel = self._sentinel, None
        for watcher in sentinel.sentinels if sentinel is not None else ():
            await watcher.aclose()

    async def listeners(self) -> dict[str, AbstractConnection]:
        """New connections to listen on, by the node's name: one, or one for each node of a cluster."""
        abandoned = asyncio.Event()
        try:
            return await self._finish(self._listeners(abandoned))
        except asyncio.CancelledError:
            abandoned.set()
            raise

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

    async def _listeners(self, abandoned: asyncio.Event) -> dict[str, AbstractConnection]:
        client = self._opened()
        if isinstance(client, RedisCluster):
            await client.initialize()
            nodes = client.get_primaries()
            made: dict[str, AbstractConnection] = {it.name: it.connection_class(**it.connection_kwargs) for it in nodes}
        else:
            made = {"": client.connection_pool.make_connection()}  # type: ignore[no-untyped-call]
        try:
            for connection in made.values():
                await connection.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            abandoned.set()
            self._forsake(client)
            raise
        finally:
            if abandoned.is_set():
                for connection in made.values():
                    await connection.disconnect(nowait=True)
        return made

    async def _call(self, commands: Sequence[Command]) -> list[Any]:
        client = self._opened()
        try:
            if isinstance(client, Redis):
                answers = await self._exchange(client.connection_pool, commands)
            else:
                async with asyncio.timeout(self._timeout):
                    answers = await _pipelined(client, commands)
        except TimeoutError:
            self._forsake(client)
            raise TimeoutError(f"Redis at {self.address} did not answer within {self._timeout:g} s") from None
        except (*PASSING, RuntimeError):
            self._forsake(client)
            raise
        if any(isinstance(answer, PASSING) for answer in answers):
            self._forsake(client)
        return answers

    async def _exchange(self, pool: ConnectionPool, commands: Sequence[Command]) -> list[Any]:
        """The answers of one server: what the driver's pipelines do, for half of what they cost."""
        deadline = asyncio.get_running_loop().time() + self._timeout
        if (connection := await self._take_idle()) is None:
            async with asyncio.timeout_at(deadline):
                connection = await _connect(pool)
        try:
            async with asyncio.timeout_at(deadline):
                await connection.send_packed_command([_packed(it) for it in commands], check_health=False)
                answers = [await _answer(connection) for _ in commands]
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._idle.append(connection)
        return answers

    async def _take_idle(self) -> AbstractConnection | None:
        """A connection that was used before and has not been closed since."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_connected and not await connection.can_read():  # which also tells the end
                return connection
            await connection.disconnect(nowait=True)
        return None

    def _forsake(self, client: Redis | RedisCluster) -> None:
        """The servers at the end of these connections may not be the right ones any more: ask anew which are."""
        self._connected()
        if isinstance(client, Redis):
            idle, self._idle = self._idle, []
            closing: Coroutine[Any, Any, None] = _disconnect(idle)
        else:
            if self._client is client:
                self._client = None
            closing = client.aclose()
        task = asyncio.get_running_loop().create_task(closing)
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


async def _connect(pool: ConnectionPool) -> AbstractConnection:
    connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    connection.socket_timeout = None  # the driver's own clock makes a task of each write (`asyncio.wait_for`)
    return connection


async def _disconnect(connections: Sequence[AbstractConnection]) -> None:
    for connection in connections:
        await connection.disconnect(nowait=True)


def _packed(command: Command) -> bytes:
    packed: bytes = pack_command(tuple(command))  # type: ignore[arg-type]
    return packed


async def _answer(connection: AbstractConnection) -> Any:
    """What the server says to one command. What is raised has closed the connection."""
    try:
        return await connection.read_response(timeout=math.inf)
    except ResponseError as refusal:
        return refusal


async def _pipelined(client: RedisCluster, commands: Sequence[Command]) -> list[Any]:
    """The answers of a cluster's nodes."""
    async with client.pipeline(transaction=False) as pipe:
        for command in commands:
            pipe.execute_command(*command)
        return list(await pipe.execute(raise_on_error=False))


def is_passing(error: BaseException) -> bool:
    """Whether another try may end otherwise."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return False
    return isinstance(error, PASSING)
