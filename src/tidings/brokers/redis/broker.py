"""The broker whose logs are streams in Redis."""

import asyncio
import logging
import random as dice
import time
import weakref
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from tidings.broker import Broker, Listener
from tidings.brokers.redis.address import Address, address
from tidings.brokers.redis.announcements import Announcements
from tidings.brokers.redis.checking import RedisUnfit, check, clock_of
from tidings.brokers.redis.keys import Keys
from tidings.brokers.redis.logs import Logs, new_epoch
from tidings.brokers.redis.remembered import Remembered
from tidings.brokers.redis.server import Server, is_passing
from tidings.brokers.redis.settings import Bounds, RedisSettings
from tidings.brokers.redis.source import RedisSource
from tidings.brokers.redis.subscriptions import Subscriptions
from tidings.concurrency.background import Background
from tidings.concurrency.batch import Batch
from tidings.concurrency.loops import running_loop
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position
from tidings.tail import Tails, read_beginning, read_since

log = logging.getLogger("tidings")

T = TypeVar("T")

Loop = asyncio.AbstractEventLoop

_GROUP = 200  # events that are appended together
_WAITING = 10_000  # that may wait for that


class RedisBroker(Broker):
    """Logs in Redis (7 or later) or Valkey (8 or later), for any number of processes on any number of machines.

    `url` is redis://host:port/db, rediss:// with TLS, unix:///path, redis+sentinel://host:port,host:port/service/db or
    redis+cluster://host:port,host:port. All keys begin with `prefix`.

    `events`, `size` (bytes) and `age` (seconds) bound each channel's log. The first two hold at once; an event older
    than `age` goes with the next one in its channel, and at the latest `age` after the last. Events are personal data
    where their payloads are. A number that says where a log ends outlives its events by 31 days.

    What is appended lasts as long as the server's memory does: with its append-only file, over its restarts. Where it
    comes back without what was appended, the logs concerned get a new epoch, and their readers are told.

    How long a call may take is in `settings`. What the driver raises is raised at the publisher. Raises ValueError for
    a URL, a bound or a prefix that is none.
    """

    multiprocess = True
    lacks = ""

    def __init__(
        self,
        url: str,
        *,
        events: int = 1_000,
        size: int = 1_048_576,
        age: float = 86_400.0,
        settings: RedisSettings | None = None,
        prefix: str = "tidings",
        clock: Callable[[], float] = time.time,
        epochs: Callable[[], str] = new_epoch,
        random: Callable[[], float] = dice.random,
    ) -> None:
        self._bounds = Bounds(events=events, size=size, age=age)
        self._settings = settings = settings or RedisSettings()
        self._address, self._keys = address(url), Keys(prefix, settings.partitions)
        self._events, self._random = events, random
        self._remembered = Remembered()
        self._open = partial(
            _logs, self._address, self._keys, self._bounds, settings, epochs=epochs, connected=self._remembered.doubt
        )
        self._background = Background("tidings-redis", self._open)
        weakref.finalize(self, self._background.let_go).atexit = False
        self._subscriptions = Subscriptions(self._keys, ping=settings.ping)
        self._source = RedisSource(self._do, self._subscriptions, self._remembered)
        self._tails = Tails(
            self._source,
            events=events,
            size=size,
            age=age,
            total_size=settings.tails,
            clock=clock,
            random=random,
            compare=settings.compare,
            patience=settings.patience,
        )
        self._announcements = Announcements(self._tails)
        self._source.deliver(self._announcements.hear, self._tails.follows)
        self._appends: weakref.WeakKeyDictionary[Loop, Batch[tuple[str, Draft], Entry]] = weakref.WeakKeyDictionary()
        self._home: Loop | None = None  # the loop on which channels are followed
        self._home_logs: Logs | None = None

    # The contract.

    def attach(self, listener: Listener) -> None:
        self._tails.attach(listener)

    async def append(self, channel: str, draft: Draft) -> Entry:
        """The entry of the event, once the server has it; what many append at once is sent together."""
        loop = asyncio.get_running_loop()
        if (appends := self._appends.get(loop)) is None:
            appends = self._appends[loop] = Batch(self._append, limit=_GROUP, waiting=_WAITING)
        return await appends.ask((channel, draft))

    async def since(self, channel: str, position: Position, limit: int) -> list[Entry] | None:
        if self._is_home():
            found = await self._tails.since(channel, position, limit)
        else:
            [found] = await read_since(self._source, [(channel, position, limit)], self._events)
        return None if found is None else list(found)

    async def follow(self, channel: str) -> Position:
        self._bind()
        return await self._tails.follow(channel)

    def unfollow(self, channel: str) -> None:
        self._tails.unfollow(channel)
        if not self._tails.follows(channel):
            self._subscriptions.leave(channel)

    async def server_time(self) -> float | None:
        return await self._background.do(lambda logs: clock_of(logs.server))

    async def beginning(self, channel: str) -> Position:
        return await read_beginning(self._source, channel)

    async def refresh(self, channel: str) -> None:
        await self._tails.refresh(channel)

    @property
    def in_use(self) -> bool:
        return self._tails.followed

    async def check(self) -> None:
        """Raises RedisUnfit. A server that does not answer is logged: clients are served once it does."""
        try:
            await self._background.do(lambda logs: check(logs.server))
        except RedisUnfit:
            raise
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("Redis at %s does not answer: %s", self._address, error)

    async def close(self) -> None:
        """Append what waits on this loop, and end all tasks and connections. Channels stay followed, and are delivered
        again after the next `follow`. Passed over while channels are followed on another loop.
        """
        if self._home is not None and self._home.is_running() and not self._is_home():
            return
        if (appends := self._appends.pop(asyncio.get_running_loop(), None)) is not None:
            await appends.close()
        if self._is_home():
            await self._tails.close()
            logs, self._home_logs, self._home = self._home_logs, None, None
            if logs is not None:
                await logs.server.close()
        await self._background.close()

    # How it does.

    @property
    def dropped(self) -> int:
        return self._announcements.dropped

    async def behind(self) -> int:
        return await self._tails.behind() if self._is_home() else 0

    async def _append(self, drafts: Sequence[tuple[str, Draft]]) -> list[Entry | Exception]:
        try:
            found = await self._retried(lambda logs: logs.append(drafts))
        except Exception as error:  # noqa: BLE001
            return [error] * len(drafts)
        answers: list[Entry | Exception] = []
        for (channel, _), it in zip(drafts, found, strict=True):
            if isinstance(it, Exception):
                answers.append(it)
            else:
                answers.append(it[0])
                self._remembered.appended(channel, it[0].position)
                if self._is_home():
                    self._tails.committed(channel, *it)
        if self._remembered.doubted:
            await self._verify()
        return answers

    async def _retried(self, work: Callable[[Logs], Coroutine[Any, Any, T]]) -> T:
        """What the work returns, which may be done several times. Raises what the last try raised, in time."""
        pause, last = 0.01, None
        try:
            async with asyncio.timeout(self._settings.timeout):
                while True:
                    try:
                        return await self._do(work)
                    except Exception as error:
                        if not is_passing(error):
                            raise
                        last = error
                    pause = min(0.5, pause * 2)
                    await asyncio.sleep(self._random() * pause)
        except TimeoutError:
            if last is not None:
                raise last from None
            timeout = self._settings.timeout
            raise TimeoutError(f"Redis at {self._address} did not answer within {timeout:g} s") from None

    async def _verify(self) -> None:
        try:
            await self._do(self._remembered.verify)
        except Exception as error:  # noqa: BLE001
            log.debug("what was appended could not be verified, which is tried again: %r", error)

    async def _do(self, work: Callable[[Logs], Coroutine[Any, Any, T]]) -> T:
        """Do work on this loop where it is home, else on a thread of the broker's own: a loop that only publishes may
        end at any time.
        """
        if self._home_logs is not None and self._is_home():
            return await work(self._home_logs)
        return await self._background.do(work)

    def _is_home(self) -> bool:
        return self._home is not None and self._home is running_loop()

    def _bind(self) -> None:
        """Make the running loop the one that channels are followed on."""
        if self._is_home():
            return
        if self._home is not None:
            if self._home.is_running():
                raise RuntimeError("this broker follows channels on another event loop, which is still running")
            self._tails.restart()  # that loop ended without `close`
        self._home, self._home_logs = asyncio.get_running_loop(), self._open()


def _logs(
    address: Address,
    keys: Keys,
    bounds: Bounds,
    settings: RedisSettings,
    *,
    epochs: Callable[[], str],
    connected: Callable[[], None],
) -> Logs:
    server = Server(address, timeout=settings.timeout, connected=connected)
    return Logs(server, keys, bounds, settings.announced, epochs)
