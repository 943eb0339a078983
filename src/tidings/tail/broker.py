"""What is the same in brokers whose logs are elsewhere: on which event loops they append, and on which they follow."""

import asyncio
import weakref
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tidings.broker import Broker, Listener
from tidings.concurrency.background import Background
from tidings.concurrency.batch import Batch
from tidings.concurrency.loops import Loop, running_loop
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position
from tidings.tail.source import Source, read_beginning, read_since
from tidings.tail.tails import Tails

_GROUP = 200  # events that are appended together
_WAITING = 10_000  # that may wait for that


class TailSettings(Protocol):
    """How a process keeps up with logs: what it may hold of them (bytes), and how often it looks (seconds)."""

    @property
    def tails(self) -> int: ...
    @property
    def compare(self) -> float: ...
    @property
    def patience(self) -> float: ...


class TailedBroker(Broker):
    """Keeps the newest part of the logs that are followed in memory, and reads the rest from `source`.

    Channels are followed on one event loop at a time, its home. Events are appended on any; what many append at once on
    one is appended together. `background` is what the broker's other work is done on. `events`, `size` (bytes) and
    `age` (seconds) bound each log.
    """

    multiprocess = True
    lacks = ""

    def __init__(
        self,
        source: Source,
        background: Background[Any],
        settings: TailSettings,
        *,
        events: int,
        size: int,
        age: float,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._source, self._background, self._events = source, background, events
        self._tails = Tails(
            source,
            events=events,
            size=size,
            age=age,
            total_size=settings.tails,
            clock=clock,
            random=random,
            compare=settings.compare,
            patience=settings.patience,
        )
        weakref.finalize(self, background.let_go).atexit = False
        self._appends: weakref.WeakKeyDictionary[Loop, Batch[tuple[str, Draft], Entry]] = weakref.WeakKeyDictionary()
        self._home: Loop | None = None  # the loop on which channels are followed

    # What a broker does in its own way.

    @abstractmethod
    async def _append(self, drafts: Sequence[tuple[str, Draft]]) -> Sequence[Entry | Exception]:
        """The entry of each event (channel, draft), or why it has none."""

    @abstractmethod
    def _settle(self, home: Loop) -> None:
        """Channels are followed on this loop from now on: begin what goes on there."""

    @abstractmethod
    async def _leave(self) -> None:
        """They are no longer: end it."""

    # The contract.

    def attach(self, listener: Listener) -> None:
        self._tails.attach(listener)

    async def append(self, channel: str, draft: Draft) -> Entry:
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

    async def beginning(self, channel: str) -> Position:
        return await read_beginning(self._source, channel)

    async def refresh(self, *channels: str) -> None:
        await self._tails.refresh(*channels)

    async def behind(self) -> int:
        return await self._tails.behind() if self._is_home() else 0

    @property
    def in_use(self) -> bool:
        return self._tails.followed

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
            self._home = None
            await self._leave()
        await self._background.close()

    # The home.

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
        self._home = asyncio.get_running_loop()
        self._settle(self._home)
