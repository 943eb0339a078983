"""Logs that are elsewhere, and who hears of them through Tails."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Log, Position
from tidings.tail import Page, Tails

NOW = "2026-11-23T08:00:00.000Z"


class Logs:
    """A source in memory: it counts what it is asked, and fails when it is told to."""

    def __init__(self) -> None:
        self.logs: dict[str, Log] = {}
        self.calls: list[str] = []
        self.failure: Exception | None = None
        self.wake: Callable[[str | None], None] = lambda name: None
        self.listening = asyncio.Event()
        self.free = asyncio.Event()
        self.free.set()
        self.renumbered = 0
        self.now = 0.0
        self._called = asyncio.Event()

    def add(self, name: str, id: str, size: int = 2) -> tuple[Entry, Position]:
        """Append to a log; returns the entry, and the position that it follows."""
        log = self.logs.setdefault(name, Log(name, Position("E", 0, "")))
        after = log.top
        return log.append(Draft("note", b'"' + b"x" * (size - 2) + b'"', NOW, id), self.now)[0], after

    async def tops(self, names: Sequence[str]) -> Mapping[str, Position]:
        tops = {name: self._log(name).top for name in names}
        await self._asked("tops")
        return tops

    async def read(self, places: Sequence[tuple[str, int]], limit: int) -> Sequence[Page]:
        pages = [self._page(self._log(name), offset, limit) for name, offset in places]
        await self._asked("read")
        return pages

    async def listen(self, wake: Callable[[str | None], None]) -> None:
        self.wake = wake
        wake(None)
        self.listening.set()
        await asyncio.Event().wait()

    async def renumber(self, name: str, seen: Position) -> Position:
        self.renumbered += 1
        if self._log(name).covers(seen):
            return self._log(name).top
        self.logs[name] = Log(name, Position(f"E{self.renumbered}", 0, ""))
        return self.logs[name].top

    async def called(self, call: str, times: int = 1) -> None:
        """Wait until it was asked so often since `calls` was cleared."""
        async with asyncio.timeout(20):
            while self.calls.count(call) < times:
                self._called.clear()
                await self._called.wait()

    async def _asked(self, call: str) -> None:
        self.calls.append(call)
        self._called.set()
        await self.free.wait()
        if self.failure is not None:
            raise self.failure

    def _log(self, name: str) -> Log:
        return self.logs.get(name) or Log(name, Position("E", 0, ""))

    @staticmethod
    def _page(log: Log, offset: int, limit: int) -> Page:
        if offset > log.top.offset:
            return Page(log.top, [], log.top)
        held = log.since(log.start, 10_000) or []
        places = [log.start, *[entry.position for entry in held]]
        start = next(place for place in places if place.offset >= offset)
        return Page(start, log.since(start, limit) or [], log.top)


class Hearer:
    def __init__(self, tails: Tails) -> None:
        self.events: list[tuple[str, Position]] = []
        self.resets: list[tuple[str, Position]] = []
        self._came = asyncio.Event()
        tails.attach(self)

    def deliver(self, channel: str, entry: Entry) -> None:
        self.events.append((channel, entry.position))
        self._came.set()

    def reset(self, channel: str, position: Position) -> None:
        self.resets.append((channel, position))
        self._came.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._came.clear()
                await self._came.wait()

    @property
    def ids(self) -> str:
        return "".join(position.id for _, position in self.events)


def make(
    logs: Logs,
    *,
    events: int = 1_000,
    size: int = 1_000_000,
    total_size: int = 10_000_000,
    age: float = 1e9,
    compare: float = 3_600.0,
) -> Tails:
    return Tails(
        logs,
        events=events,
        size=size,
        total_size=total_size,
        age=age,
        clock=lambda: logs.now,
        random=random.Random(0).random,
        compare=compare,
        patience=0.01,
    )
