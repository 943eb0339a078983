"""Tails, whatever happens in whatever order."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tail.logs import Hearer, Logs, make
from tidings.protocol.log import Entry, Position


class Story:
    """What can happen to a channel that is followed, one step at a time."""

    def __init__(self) -> None:
        self.logs = Logs()
        self.tails = make(self.logs, events=8, compare=0.005)
        self.hearer = Hearer(self.tails)
        self._late = list[tuple[Entry, Position]]()
        self._ids = itertools.count()
        self.steps: dict[str, Callable[[], Awaitable[None]]] = {
            step.__name__: step
            for step in (
                self.own,
                self.own_late,
                self.told_late,
                self.other,
                self.look,
                self.trim,
                self.pause,
                self.again,
            )
        }

    def add(self) -> tuple[Entry, Position]:
        return self.logs.add("notes", str(next(self._ids)))

    async def own(self) -> None:
        self.tails.committed("notes", *self.add())

    async def own_late(self) -> None:
        self._late.append(self.add())

    async def told_late(self) -> None:
        while self._late:
            self.tails.committed("notes", *self._late.pop())

    async def other(self) -> None:
        self.add()
        self.logs.wake("notes")

    async def look(self) -> None:
        self.logs.wake(None)

    async def trim(self) -> None:
        if "notes" in self.logs.logs:
            self.logs.logs["notes"].trim(events=3, size=10**9, before=-1.0)

    async def pause(self) -> None:
        await asyncio.sleep(0)

    async def again(self) -> None:
        await self.tails.follow("notes")
        self.tails.unfollow("notes")


STEPS = ["own", "own_late", "told_late", "other", "look", "trim", "pause", "again"]


class TestAnyOrder:
    @given(st.lists(st.sampled_from(STEPS), max_size=60))
    @settings(max_examples=150)
    def test_what_is_delivered_is_dense_or_reset_and_ends_at_the_top(self, steps: list[str]) -> None:
        async def run() -> None:
            story = Story()
            position = await story.tails.follow("notes")
            for step in steps:
                await story.steps[step]()
            await story.own()
            top = story.logs.logs["notes"].top
            await story.hearer.until(lambda: story.tails.top("notes") == top)
            await story.tails.close()
            resets = {place for _, place in story.hearer.resets}
            delivered = [place for _, place in story.hearer.events]
            assert len(delivered) == len(set(delivered))
            for next in sorted({*delivered, *resets}):
                assert next in resets or next.offset == position.offset + 1
                position = next

        asyncio.run(run())
