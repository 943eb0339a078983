"""Which channels are announced to this process."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from redis.asyncio.connection import AbstractConnection

from tidings.brokers.redis.keys import Keys
from tidings.brokers.redis.line import Line
from tidings.brokers.redis.server import Server

_AT_ONCE = 500  # names in one command


class Subscriptions:
    """Subscribed once for each channel that is followed here, on one connection, or one for each node of a cluster.

    Whenever a connection ends, all of them do, and `run` raises: when it runs again, everything that is wanted is
    subscribed again. A connection that is silent for `ping` seconds is tried, and given up after twice that.
    """

    def __init__(self, keys: Keys, *, ping: float) -> None:
        self._keys, self._ping = keys, ping
        self._wanted: dict[str, str] = {}  # where a channel is announced, by its name
        self._names: dict[bytes, str] = {}  # the reverse
        self._streams: dict[str, _Stream] = {}  # by node
        self._nodes: dict[str, str] = {}  # of partitions, by the key of their epoch

    def __len__(self) -> int:
        return len(self._wanted)

    async def join(self, channels: Iterable[str]) -> None:
        """Returns when whatever is announced of these channels from now on is heard; at once while nothing is
        connected, because everything is compared after that.
        """
        waiting: list[asyncio.Future[None]] = []
        for channel in channels:
            if channel not in self._wanted:
                name = self._wanted[channel] = self._keys.log(channel)
                self._names[name.encode()] = channel
                if (stream := self._stream(channel)) is not None:
                    stream.change(name, wanted=True)
            if (stream := self._stream(channel)) is not None:
                waiting += stream.unconfirmed(self._wanted[channel])
        for confirmed in waiting:
            await confirmed

    def leave(self, channel: str) -> None:
        """Nobody here follows this channel any more."""
        name = self._wanted.pop(channel, None)
        if name is not None:
            self._names.pop(name.encode(), None)
            if (stream := self._stream(channel)) is not None:
                stream.change(name, wanted=False)

    async def run(self, server: Server, hear: Callable[[str, bytes], None], ready: Callable[[], None]) -> None:
        """Call `hear` with each message, until listening fails. `ready` is called when all that is wanted is
        subscribed.
        """
        connections = await server.listeners()
        try:
            if server.is_cluster:
                self._nodes = {key: await server.node_of(key) for key in self._keys.epochs()}
            self._streams = {
                node: _Stream(it, self._names, hear, sharded=server.is_cluster, ping=self._ping)
                for node, it in connections.items()
            }
            for channel, name in self._wanted.items():
                if (stream := self._stream(channel)) is not None:
                    stream.change(name, wanted=True)
            await _first_failure(self._streams.values(), ready)
        finally:
            self._streams = {}
            for connection in connections.values():
                await connection.disconnect(nowait=True)

    def _stream(self, channel: str) -> "_Stream | None":
        if not self._streams:
            return None
        return self._streams.get(self._nodes[self._keys.epoch(channel)] if self._nodes else "")


async def _first_failure(streams: Collection["_Stream"], ready: Callable[[], None]) -> None:
    """Have all streams write and read until one fails; raises what it raised."""
    tasks = [asyncio.ensure_future(work) for stream in streams for work in (stream.write(), stream.read())]
    settling = asyncio.ensure_future(_settle(streams, ready))
    try:
        done, _ = await asyncio.wait([*tasks, settling], return_when=asyncio.FIRST_COMPLETED)
        if done == {settling}:
            settling.result()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        (done - {settling}).pop().result()
    finally:
        for stream in streams:
            stream.end()
        for task in (*tasks, settling):
            task.cancel()
        await asyncio.gather(*tasks, settling, return_exceptions=True)


async def _settle(streams: Collection["_Stream"], ready: Callable[[], None]) -> None:
    for stream in streams:
        await stream.settled()
    ready()


class _Stream:
    """One connection that listens. `hear` is told of what is announced of channels by these names."""

    def __init__(
        self,
        connection: AbstractConnection,
        names: Mapping[bytes, str],
        hear: Callable[[str, bytes], None],
        *,
        sharded: bool,
        ping: float,
    ) -> None:
        self._line, self._names, self._hear, self._ping = Line(connection, heard=self._take), names, hear, ping
        self._now = asyncio.get_running_loop().time
        self._prefix, self._message = ("S", b"smessage") if sharded else ("", b"message")
        self._asked: dict[str, int] = {}  # how many commands to subscribe to a name are not answered yet
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._changes: dict[str, bool] = {}
        self._subscribed: set[str] = set()
        self._woken, self._settled = asyncio.Event(), asyncio.Event()
        self._silent, self._pinged = True, False  # since it was looked at last
        self._look_at = self._now() + ping
        self._ended = False

    def change(self, name: str, *, wanted: bool) -> None:
        """Have a name subscribed, or no longer, with the next command."""
        self._changes[name] = wanted
        self._woken.set()
        if not wanted:
            self._resolve(name)

    def unconfirmed(self, name: str) -> Sequence["asyncio.Future[None]"]:
        """What to wait for until the name is subscribed."""
        if self._ended or (name not in self._changes and name not in self._asked):
            return ()
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, []).append(future)
        return (future,)

    async def settled(self) -> None:
        """Wait until all changes that were asked for were made."""
        if self._changes or self._asked:
            await self._settled.wait()

    def end(self) -> None:
        """Nothing is to be done, and nobody is to wait, any longer: what was missed is found when all is compared."""
        self._ended = True
        self._woken.set()
        for name in list(self._waiting):
            self._resolve(name)

    async def write(self) -> None:
        """Send changes and, after a while without a word, a ping. Raises TimeoutError where nothing comes back."""
        while not self._ended:  # a driver that is cancelled may not notice
            self._woken.clear()
            while self._changes:
                self._send_changes()
            try:
                async with asyncio.timeout_at(self._look_at):
                    await self._woken.wait()
            except TimeoutError:
                self._probe()

    def _probe(self) -> None:
        """Once in each `ping` seconds: ping where nothing was heard in them. Raises TimeoutError where that was so the
        last time, too.
        """
        if self._silent and self._pinged:
            raise TimeoutError(f"a ping was not answered for {self._ping:g} s on the connection that listens")
        if self._silent:
            self._line.write([("PING",)])
        self._silent, self._pinged = True, self._silent
        self._look_at = self._now() + self._ping

    async def read(self) -> None:
        """Take what comes. Raises what ended the connection."""
        await self._line.lost()

    def _take(self, answer: Any) -> None:
        if isinstance(answer, Exception):
            raise answer
        self._silent = False
        if answer[0] == self._message:
            if (channel := self._names.get(answer[1])) is not None:
                self._hear(channel, answer[2])
        else:
            self._note(*answer)

    def _note(self, kind: bytes, *rest: Any) -> None:
        """The answer to a command."""
        if kind in {b"subscribe", b"ssubscribe"}:
            self._confirm(rest[0].decode())
        elif kind == b"sunsubscribe" and rest[0].decode() in self._subscribed:
            raise ConnectionError("the node gave a slot away")

    def _send_changes(self) -> None:
        chosen = list(islice(self._changes.items(), _AT_ONCE))
        add, remove = [], []
        for name, wanted in chosen:
            del self._changes[name]
            if wanted:
                add.append(name)
                self._subscribed.add(name)
                self._asked[name] = self._asked.get(name, 0) + 1
            elif name in self._subscribed:
                remove.append(name)
                self._subscribed.discard(name)
        if remove:
            self._line.write([(f"{self._prefix}UNSUBSCRIBE", *remove)])
        # In a cluster, one command is for one slot.
        for some in [[name] for name in add] if self._prefix else [add]:
            if some:
                self._line.write([(f"{self._prefix}SUBSCRIBE", *some)])

    def _confirm(self, name: str) -> None:
        self._asked[name] = self._asked.get(name, 1) - 1
        if not self._asked[name]:
            del self._asked[name]
            if name not in self._changes:
                self._resolve(name)
        if not self._asked and not self._changes:
            self._settled.set()

    def _resolve(self, name: str) -> None:
        for future in self._waiting.pop(name, ()):
            if not future.done():
                future.set_result(None)
