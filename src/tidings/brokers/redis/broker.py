"""The broker whose logs are streams in Redis."""

import asyncio
import logging
import random as dice
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

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
from tidings.concurrency.loops import Loop
from tidings.protocol.errors import in_one_line
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry
from tidings.tail import TailedBroker

log = logging.getLogger("tidings")

T = TypeVar("T")


class RedisBroker(TailedBroker):
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
        bounds = Bounds(events=events, size=size, age=age)
        self._settings = settings = settings or RedisSettings()
        self._address, self._keys = address(url), Keys(prefix, settings.partitions)
        self._random = random
        self._remembered = Remembered()
        self._open = partial(
            _logs, self._address, self._keys, bounds, settings, epochs=epochs, connected=self._remembered.doubt
        )
        self._subscriptions = Subscriptions(self._keys, ping=settings.ping)
        source = RedisSource(self._do, self._subscriptions, self._remembered)
        background = Background("tidings-redis", self._open)
        super().__init__(source, background, settings, events=events, size=size, age=age, clock=clock, random=random)
        self._announcements = Announcements(self._tails)
        source.deliver(self._announcements.hear, self._tails.follows)
        self._home_logs: Logs | None = None

    # The contract.

    def unfollow(self, channel: str) -> None:
        super().unfollow(channel)
        if not self._tails.follows(channel):
            self._subscriptions.leave(channel)

    async def server_time(self) -> float | None:
        return await self._background.do(lambda logs: clock_of(logs.server))

    async def check(self) -> None:
        """Raises RedisUnfit. A server that does not answer is logged: clients are served once it does."""
        try:
            await self._background.do(check)
        except RedisUnfit:
            raise
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning(
                "Redis at %s does not answer (%s): start it, or correct the URL; clients are served once it does",
                self._address,
                in_one_line(error),
            )

    # How it does.

    @property
    def dropped(self) -> int:
        return self._announcements.dropped

    async def _append(self, drafts: Sequence[tuple[str, Draft]]) -> list[Entry | Exception]:
        try:
            found = await self._retried(lambda logs: logs.append(drafts))
        except Exception as error:  # noqa: BLE001
            return [error] * len(drafts)
        answers: list[Entry | Exception] = []
        is_home = self._is_home()
        for (channel, _), it in zip(drafts, found, strict=True):
            if isinstance(it, Exception):
                answers.append(it)
            else:
                answers.append(it[0])
                self._remembered.appended(channel, it[0].position)
                if is_home:
                    self._tails.committed(channel, *it)
        if self._remembered.doubted:
            await self._verify()
        return answers

    async def _retried(self, work: Callable[[Logs], Coroutine[Any, Any, T]]) -> T:
        """What the work returns, which may be done several times. Raises what the last try raised, in time."""
        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        try:
            return await self._do(work)  # which takes no longer itself
        except Exception as error:
            if not is_passing(error):
                raise
            return await self._try_again(work, deadline, error)

    async def _try_again(self, work: Callable[[Logs], Coroutine[Any, Any, T]], deadline: float, last: Exception) -> T:
        pause = 0.01
        try:
            async with asyncio.timeout_at(deadline):
                while True:
                    pause = min(0.5, pause * 2)
                    await asyncio.sleep(self._random() * pause)
                    try:
                        return await self._do(work)
                    except Exception as error:
                        if not is_passing(error):
                            raise
                        last = error
        except TimeoutError:
            raise last from None

    async def _verify(self) -> None:
        try:
            await self._do(self._remembered.verify)
        except Exception as error:  # noqa: BLE001
            log.debug("what was appended could not be verified, which is tried again: %s", in_one_line(error))

    async def _do(self, work: Callable[[Logs], Coroutine[Any, Any, T]]) -> T:
        """Do work on this loop where it is home, else on a thread of the broker's own: a loop that only publishes may
        end at any time.
        """
        if self._home_logs is not None and self._is_home():
            return await work(self._home_logs)
        return await self._background.do(work)

    def _settle(self, home: Loop) -> None:
        self._home_logs = self._open()

    async def _leave(self) -> None:
        logs, self._home_logs = self._home_logs, None
        if logs is not None:
            await logs.server.close()


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
