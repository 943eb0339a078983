"""Tails on logs that the test writes, without a database."""

import asyncio
import itertools
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def make(logs: Logs, **options: float) -> Tails:
    bounds = {"events": 1_000, "size": 1_000_000, "total_size": 10_000_000, **options}
    return Tails(
        logs,
        events=int(bounds.pop("events")),
        size=int(bounds.pop("size")),
        total_size=int(bounds.pop("total_size")),
        age=bounds.pop("age", 1e9),
        clock=lambda: logs.now,
        random=random.Random(0).random,
        compare=bounds.pop("compare", 3_600.0),
        patience=bounds.pop("patience", 0.01),
    )


class TestDelivery:
    async def test_an_own_commit_is_delivered_at_once_without_a_read(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for id in "abc":
            entry, after = logs.add("notes", id)
            tails.committed("notes", entry, after)
        assert hearer.ids == "abc"
        assert "read" not in logs.calls
        await tails.close()

    async def test_own_commits_that_are_told_out_of_order_are_delivered_in_order(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        commits = [logs.add("notes", id) for id in "abcde"]
        for index in (1, 0, 4, 3, 2):
            tails.committed("notes", *commits[index])
        await hearer.until(lambda: len(hearer.events) == 5)
        assert hearer.ids == "abcde"
        await tails.close()

    async def test_what_another_process_appended_between_is_read_first(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        logs.add("notes", "a")
        tails.committed("notes", *logs.add("notes", "b"))
        await hearer.until(lambda: len(hearer.events) == 2)
        assert hearer.ids == "ab"
        await tails.close()

    async def test_a_wake_up_reads_more_than_one_piece(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for number in range(350):
            logs.add("notes", str(number))
        logs.wake("notes")
        await hearer.until(lambda: len(hearer.events) == 350)
        assert [position.offset for _, position in hearer.events] == list(range(1, 351))
        await tails.close()

    async def test_without_any_wake_up_the_tops_are_compared(self) -> None:
        logs = Logs()
        tails = make(logs, compare=0.01)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        logs.add("notes", "a")
        await hearer.until(lambda: hearer.events)
        await tails.close()

    async def test_a_wake_up_for_a_channel_that_is_being_opened_is_not_lost(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("first")
        await logs.listening.wait()
        logs.free.clear()
        logs.calls.clear()
        opening = asyncio.create_task(tails.follow("notes"))
        await logs.called("tops")
        logs.add("notes", "a")  # after its top was looked up
        logs.wake("notes")
        logs.free.set()
        await opening
        await hearer.until(lambda: hearer.events)
        assert hearer.ids == "a"
        await tails.close()

    async def test_an_own_commit_while_a_read_is_under_way_is_delivered_once(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        first = logs.add("notes", "a")
        logs.free.clear()
        logs.wake("notes")
        await logs.called("read")
        tails.committed("notes", *first)
        tails.committed("notes", *logs.add("notes", "b"))
        logs.free.set()
        tails.committed("notes", *logs.add("notes", "c"))
        await hearer.until(lambda: len(hearer.events) == 3)
        assert hearer.ids == "abc"
        await tails.close()


class TestOutage:
    async def test_it_is_told_once_and_nothing_is_lost(self, caplog: pytest.LogCaptureFixture) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        with caplog.at_level(logging.WARNING, "tidings"):
            logs.failure = ConnectionError("away")
            tails.committed("notes", *logs.add("notes", "a"))
            logs.add("notes", "b")
            logs.wake("notes")
            logs.calls.clear()
            await logs.called("tops", 5)
            logs.failure = None
            await hearer.until(lambda: len(hearer.events) == 2)
        assert hearer.ids == "ab"
        told = [record.message for record in caplog.records]
        assert told[0] == "the logs cannot be read, which is tried until they can: ConnectionError: away"
        assert sum("cannot" in message for message in told) == 1
        await tails.close()

    async def test_who_opens_a_channel_meanwhile_is_told(self) -> None:
        logs = Logs()
        tails = make(logs)
        logs.failure = ConnectionError("away")
        with pytest.raises(ConnectionError, match="away"):
            await tails.follow("notes")
        assert len(tails) == 0
        logs.failure = None
        assert await tails.follow("notes") == ("E", 0, "")
        await tails.close()


class TestResets:
    async def test_a_log_that_was_trimmed_past_what_was_read(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for id in "abcde":
            logs.add("notes", id)
        logs.logs["notes"].trim(events=2, size=10**9, before=-1.0)
        logs.wake("notes")
        await hearer.until(lambda: hearer.resets)
        assert hearer.resets == [("notes", logs.logs["notes"].top)]
        assert logs.renumbered == 0
        tails.committed("notes", *logs.add("notes", "f"))
        assert hearer.ids == "f"
        await tails.close()

    async def test_a_log_of_another_epoch(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        logs.logs["notes"] = Log("notes", Position("F", 0, ""))
        logs.add("notes", "a")
        logs.wake("notes")
        await hearer.until(lambda: hearer.resets)
        assert hearer.resets == [("notes", Position("F", 1, "a"))]
        assert logs.renumbered == 0
        await tails.close()

    @pytest.mark.parametrize("ids", ["", "a", "ax", "axyz"])
    async def test_a_log_that_was_rolled_back_is_numbered_anew(self, ids: str) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for id in "abc":
            tails.committed("notes", *logs.add("notes", id))
        del logs.logs["notes"]
        for id in ids:
            logs.add("notes", id)
        logs.wake("notes")
        await hearer.until(lambda: hearer.resets)
        assert hearer.resets == [("notes", Position("E1", 0, ""))]
        assert hearer.ids == "abc"
        await tails.close()

    async def test_an_own_commit_that_follows_another_event_of_the_same_number_is_not_the_next(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        tails.committed("notes", *logs.add("notes", "a"))
        del logs.logs["notes"]
        logs.add("notes", "x")
        tails.committed("notes", *logs.add("notes", "b"))
        await hearer.until(lambda: hearer.resets)
        assert hearer.ids == "a"
        await tails.close()


class TestSince:
    async def test_what_is_in_the_tail_takes_no_read(self) -> None:
        logs = Logs()
        tails = make(logs)
        top = await tails.follow("notes")
        await logs.listening.wait()
        entries = []
        for id in "abc":
            entry, after = logs.add("notes", id)
            tails.committed("notes", entry, after)
            entries.append(entry)
        logs.calls.clear()
        assert await tails.since("notes", top, 10) == entries
        assert await tails.since("notes", entries[0].position, 1) == [entries[1]]
        assert await tails.since("notes", entries[2].position, 10) == []
        assert await tails.since("notes", Position("E", 1, "x"), 10) is None
        assert logs.calls == []
        await tails.close()

    async def test_what_is_before_the_tail_is_read_once_for_all(self) -> None:
        logs = Logs()
        entries = [logs.add("notes", str(number))[0] for number in range(40)]
        tails = make(logs)
        await tails.follow("notes")
        await logs.listening.wait()
        logs.calls.clear()
        answers = await asyncio.gather(*[tails.since("notes", entry.position, 100) for entry in entries] * 20)
        assert answers == [entries[number + 1 :] for number in range(40)] * 20
        assert await tails.since("notes", Position("E", 0, ""), 100) == entries
        assert logs.calls.count("read") <= 2
        await tails.close()

    async def test_a_tail_that_is_as_long_as_the_log_refuses_without_a_read(self) -> None:
        logs = Logs()
        for number in range(20):
            logs.add("notes", str(number))
        logs.logs["notes"].trim(events=5, size=10**9, before=-1.0)
        tails = make(logs, events=5)
        await tails.follow("notes")
        assert await tails.since("notes", Position("E", 3, "2"), 10) is None
        logs.calls.clear()
        assert await asyncio.gather(*[tails.since("notes", Position("E", 3, "2"), 10)] * 50) == [None] * 50
        assert logs.calls.count("read") == 0
        await tails.close()

    async def test_what_does_not_fit_into_the_tail_is_read_from_the_log(self) -> None:
        logs = Logs()
        entries = [logs.add("notes", str(number), size=500)[0] for number in range(20)]
        tails = make(logs, size=3_000)
        await tails.follow("notes")
        assert await tails.since("notes", entries[0].position, 100) == entries[1:]
        assert tails.size <= 3_000
        assert await tails.since("notes", entries[18].position, 100) == entries[19:]
        await tails.close()

    async def test_a_position_that_is_ahead_is_looked_for_before_it_is_refused(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        entries = [logs.add("notes", str(number))[0] for number in range(250)]
        assert await tails.since("notes", entries[-1].position, 10) == []
        assert len(hearer.events) == 250
        assert await tails.since("notes", Position("E", 251, "x"), 10) is None
        assert await tails.since("notes", Position("F", 1, "x"), 10) is None
        await tails.close()


class TestBounds:
    async def test_all_tails_together_are_bounded_and_the_quietest_lose_first(self) -> None:
        logs = Logs()
        tails = make(logs, total_size=5_000)
        for name in ("quiet", "busy"):
            await tails.follow(name)
        for number in range(3):
            tails.committed("quiet", *logs.add("quiet", str(number), size=500))
        for number in range(20):
            tails.committed("busy", *logs.add("busy", str(number), size=500))
            assert tails.size <= 5_000
        start = Position("E", 0, "")
        assert len(await tails.since("quiet", start, 100) or []) == 3  # from the log
        await tails.close()

    async def test_nothing_is_held_for_longer_than_the_log_does(self) -> None:
        logs = Logs()
        tails = make(logs, age=10.0, compare=0.01)
        hearer = Hearer(tails)
        await tails.follow("notes")
        tails.committed("notes", *logs.add("notes", "a"))
        assert tails.size > 0
        logs.now = 11.0
        logs.add("notes", "b")
        await hearer.until(lambda: len(hearer.events) == 2)
        assert tails.size == logs.logs["notes"].size // 2
        await tails.close()

    async def test_a_channel_that_nobody_follows_is_not_held(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await tails.follow("notes")
        tails.committed("notes", *logs.add("notes", "a"))
        tails.unfollow("notes")
        assert (len(tails), tails.size > 0) == (1, True)
        tails.unfollow("notes")
        assert (len(tails), tails.size) == (0, 0)
        tails.committed("notes", *logs.add("notes", "b"))
        assert hearer.ids == "a"
        await tails.close()


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
