"""A subscription as the application sees it: typed items, one after the other, from a bounded inbox."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from tidings.client.demand import Demand
from tidings.client.errors import ChannelRefused, ClientError
from tidings.protocol.log import Position

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Generic[T]):
    """One event of a channel, and where it stands.

    `event` is of the channel's declared classes, or the payload as a mapping where the channel was given by name.
    `timestamp` is RFC 3339 in UTC. `after` is given where the server sent only the last event of each key to a reader
    that was slow: the event then stands for all offsets above `after` up to its own.
    """

    event: T
    type: str
    channel: str
    position: Position
    timestamp: str
    key: str | None = None
    version: int | None = None
    after: int | None = None

    @property
    def id(self) -> str:
        """The event's id, the same on each channel that it was published to."""
        return self.position.id

    @property
    def conflated(self) -> bool:
        """Whether it also stands for earlier events that are not sent."""
        return self.after is not None and self.after < self.position.offset - 1


@dataclass(frozen=True, slots=True)
class Reset:
    """Events were missed that will not come: discard what was derived from the channel, and fetch the state anew.

    `reason` is the server's, or `malformed` where an event came whose payload is not as its class declares.
    """

    channel: str
    position: Position
    reason: str


def late(what: str, trouble: str | None) -> str:
    """What did not come in time, and what is in the way as far as is known."""
    return what if trouble is None else f"{what}; {trouble}"


class Inbox(Generic[T]):
    """What came for one subscription and was not taken yet: at most `limit` items.

    `position` is where the consumer is, not what lies here. `taken` is called after an item was.
    """

    def __init__(self, limit: int, position: Position | None, demand: Demand, taken: Callable[[], None]) -> None:
        self.position = position
        self._taken = taken
        self.entered = asyncio.Event()
        self._limit, self._demand = limit, demand
        self._items: deque[Received[T] | Reset] = deque()
        self._arrived = asyncio.Event()
        self._ended = False
        self._error: ClientError | None = None

    def full(self) -> bool:
        """Whether nothing may be put."""
        return len(self._items) >= self._limit and not self._ended

    def half_empty(self) -> bool:
        """Whether it is worth asking for more, after it was full."""
        return len(self._items) <= self._limit // 2

    def put(self, item: Received[T] | Reset) -> None:
        """Add an item. A reset voids what no room is left for."""
        if isinstance(item, Reset) and self.full():
            self._items.clear()
        self._items.append(item)
        self._arrived.set()

    def end(self, error: ClientError | None) -> None:
        """Nothing comes any more: what lies here is still handed out, then the error raised. The first end counts."""
        if not self._ended:
            self._ended, self._error = True, error
            self._arrived.set()
            self.entered.set()
            self._demand.changed()

    def check(self) -> None:
        """Raise the error that it ended with."""
        if self._error is not None:
            raise self._error

    async def wait_entered(self) -> None:
        """Return when the server has answered the subscription, or raise why it will not."""
        with self._demand.waiting():
            await self.entered.wait()
        self.check()

    async def take(self) -> Received[T] | Reset | None:
        """The next item; None after an end without an error."""
        while not self._items:
            if self._ended:
                self.check()
                return None
            self._arrived.clear()
            with self._demand.waiting():
                await self._arrived.wait()
        item = self._items.popleft()
        self.position = item.position
        self._taken()
        return item


class Subscription(Generic[T]):
    """One channel's events, each once and in order, across reconnects; made by `Client.subscribe`.

        async with client.subscribe(Schedules()) as events:
            async for item in events: ...

    `async with` returns when the server has entered the subscription, so that state which is fetched inside the block
    misses nothing, and leaves the channel at its end. Iterating yields `Received` and `Reset` items, ends when the
    subscription was closed, and raises ChannelRefused or Disconnected where it cannot go on.
    """

    def __init__(
        self,
        channel: str,
        inbox: Inbox[T],
        live: Callable[[], bool],
        close: Callable[[], None],
        *,
        timeout: float | None = None,
        trouble: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.channel = channel
        self._inbox, self._live, self._close = inbox, live, close
        self._timeout, self._trouble = timeout, trouble

    @property
    def position(self) -> Position | None:
        """Where the consumer is: after the item that was taken last. None before the server has answered.

        Kept together with what the application derived from the items, it goes on from there: `subscribe(…,
        position=…)`.
        """
        return self._inbox.position

    @property
    def live(self) -> bool:
        """Whether all that the server had to say has arrived: nothing is being replayed and the connection stands."""
        return self._live()

    def close(self) -> None:
        """Leave the channel. What has arrived can still be taken."""
        self._close()

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self._timeout):
                await self._inbox.wait_entered()
        except TimeoutError as error:
            reason = late(f"no answer within {self._timeout:g} s", self._trouble())
            self.close()
            raise ChannelRefused(self.channel, "timeout", reason) from error
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[Received[T] | Reset]:
        return self

    async def __anext__(self) -> Received[T] | Reset:
        item = await self._inbox.take()
        if item is None:
            raise StopAsyncIteration
        return item
