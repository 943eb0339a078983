"""The logs as `tidings.tail` reads them."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from tidings.brokers.redis.logs import Logs
from tidings.brokers.redis.remembered import Remembered
from tidings.brokers.redis.subscriptions import Subscriptions
from tidings.protocol.log import Position
from tidings.tail import Page

T = TypeVar("T")


class Do(Protocol):
    """Does work with the logs, from whichever loop is running."""

    async def __call__(self, work: Callable[[Logs], Coroutine[Any, Any, T]]) -> T: ...


class RedisSource:
    """Reads logs, and listens for what is appended to those that are followed."""

    def __init__(self, do: Do, subscriptions: Subscriptions, remembered: Remembered) -> None:
        self._do, self._subscriptions, self._remembered = do, subscriptions, remembered
        self._hear: Callable[[str, bytes], None] = lambda channel, message: None
        self._follows: Callable[[str], bool] = lambda channel: False

    def deliver(self, hear: Callable[[str, bytes], None], follows: Callable[[str], bool]) -> None:
        """Whom to tell of each message, and who says whether a channel is followed."""
        self._hear, self._follows = hear, follows

    async def tops(self, names: Sequence[str]) -> Mapping[str, Position]:
        """Each channel's top; that of an empty log for a channel that has none. What is followed is subscribed first:
        after that top nothing is missed.
        """
        await self._subscriptions.join(name for name in names if self._follows(name))
        return await self._do(lambda logs: logs.tops(names))

    async def read(self, places: Sequence[tuple[str, int]], limit: int) -> Sequence[Page]:
        """For each channel, at most `limit` entries after this offset."""
        return await self._do(lambda logs: logs.read(places, limit))

    async def listen(self, wake: Callable[[str | None], None]) -> None:
        """Hear what is announced until that fails; with every connection, any channel may have something new."""
        await self._do(lambda logs: self._listen(logs, wake))

    async def renumber(self, name: str, seen: Position) -> Position:
        """Give a channel a new epoch, unless its log does hold what was seen of it; returns its top then."""
        [top] = await self._do(lambda logs: logs.renumber([(name, seen)]))
        return top

    async def _listen(self, logs: Logs, wake: Callable[[str | None], None]) -> None:
        self._remembered.doubt()
        await self._remembered.verify(logs)
        await self._subscriptions.run(logs.server, self._hear, lambda: wake(None))
