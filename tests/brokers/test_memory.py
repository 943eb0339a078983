"""The memory broker: its bounds, its epochs, and threads. Its duties as a broker are in test_contract.py."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stage import Hearing
from tidings import MemoryBroker
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position

NOW = "2026-11-23T08:00:00.000Z"
OVERHEAD = 300  # what an entry is counted with beside its message


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def epochs() -> Iterator[str]:
    return (f"E{number}" for number in itertools.count())


def memory(**bounds: Any) -> MemoryBroker:
    names = epochs()
    return MemoryBroker(epochs=lambda: next(names), **bounds)


def draft(id: str, size: int = 2) -> Draft:
    return Draft("note", b'"' + b"x" * (size - 2) + b'"', NOW, id)


async def fill(broker: MemoryBroker, channel: str, *ids: str, size: int = 2) -> list[Entry]:
    return [await broker.append(channel, draft(id, size)) for id in ids]


class TestBounds:
    async def test_events_of_a_channel(self) -> None:
        broker = memory(events=3)
        entries = await fill(broker, "a", *"vwxyz")
        assert await broker.since("a", entries[1].position, 10) == entries[2:]
        assert await broker.since("a", entries[0].position, 10) is None

    async def test_bytes_of_a_channel(self) -> None:
        broker = memory(size=2_500)
        entries = await fill(broker, "a", *"vwxyz", size=500)
        assert await broker.since("a", entries[2].position, 10) == entries[3:]
        assert await broker.since("a", entries[1].position, 10) is None
        assert broker.size == sum(entry.size for entry in entries[3:]) <= 2_500

    async def test_an_event_above_the_bound_is_delivered_but_not_kept(self) -> None:
        broker, delivered = memory(size=1_000), list[Entry]()
        broker.attach(Hearing(lambda channel, entry: delivered.append(entry)))
        top = await broker.follow("a")
        [entry] = await fill(broker, "a", "big", size=5_000)
        assert (delivered, broker.size) == ([entry], 0)
        assert await broker.since("a", top, 10) is None
        assert await broker.since("a", entry.position, 10) == []

    async def test_age_of_a_channels_events(self) -> None:
        clock = Clock()
        broker = memory(age=10.0, clock=clock)
        [old] = await fill(broker, "a", "x")
        clock.now = 5.0
        [young] = await fill(broker, "a", "y")
        clock.now = 12.0
        [new] = await fill(broker, "a", "z")
        assert await broker.since("a", old.position, 10) == [young, new]
        assert await broker.since("a", Position("E0", 0, ""), 10) is None

    async def test_age_holds_for_a_channel_that_went_quiet(self) -> None:
        clock = Clock()
        broker = memory(age=10.0, clock=clock)
        top = await broker.follow("a")
        [entry] = await fill(broker, "a", "x")
        clock.now = 10.0
        assert await broker.since("a", top, 10) == [entry]
        clock.now = 10.5
        assert await broker.since("a", top, 10) is None
        assert await broker.since("a", entry.position, 10) == []
        assert broker.size == 0

    async def test_an_append_anywhere_drops_what_is_too_old_elsewhere(self) -> None:
        clock = Clock()
        broker = memory(age=10.0, clock=clock)
        await fill(broker, "quiet", *"xyz")
        clock.now = 11.0
        [entry] = await fill(broker, "busy", "a")
        assert broker.size == entry.size

    async def test_total_bytes_are_taken_from_the_channels_that_were_quiet_for_longest(self) -> None:
        broker = memory(total_size=4 * (1_000 + OVERHEAD + 150))
        first = await fill(broker, "first", *"ab", size=1_000)
        second = await fill(broker, "second", *"ab", size=1_000)
        await fill(broker, "first", "c", size=1_000)
        assert broker.size <= 4 * (1_000 + OVERHEAD + 150)
        assert await broker.since("second", second[1].position, 10) == []
        assert await broker.since("second", Position("E0", 0, ""), 10) is None
        assert len(await broker.since("first", first[0].position, 10) or []) == 2

    @given(
        st.lists(
            st.tuples(st.sampled_from("abcd"), st.integers(2, 900), st.floats(0, 4)),
            max_size=60,
        )
    )
    def test_no_bound_is_ever_passed_and_the_bytes_are_counted_right(
        self, appends: list[tuple[str, int, float]]
    ) -> None:
        async def run() -> None:
            clock, held = Clock(), dict[str, list[Entry]]()
            broker = memory(events=5, size=2_500, age=20.0, total_size=5_000, clock=clock)
            for number, (channel, size, pause) in enumerate(appends):
                clock.now += pause
                held.setdefault(channel, []).append(await broker.append(channel, draft(str(number), size)))
                kept = 0
                for name, entries in held.items():
                    alive = await self._kept(broker, name, entries)
                    assert len(alive) <= 5
                    assert sum(entry.size for entry in alive) <= 2_500
                    assert all(entry.at >= clock.now - 20.0 for entry in alive)
                    kept += sum(entry.size for entry in alive)
                assert broker.size == kept <= 5_000

        asyncio.run(run())

    @staticmethod
    async def _kept(broker: MemoryBroker, channel: str, entries: list[Entry]) -> list[Entry]:
        """The longest tail of what was appended that the broker still has."""
        start = Position(entries[0].position.epoch, 0, "")
        for position in (start, *[entry.position for entry in entries]):
            if (alive := await broker.since(channel, position, 1_000)) is not None:
                return alive
        raise AssertionError("even the top is not covered")


class TestEpochs:
    async def test_beyond_the_bound_the_quietest_log_is_forgotten(self) -> None:
        broker = memory(channels=2)
        [a] = await fill(broker, "a", "1")
        [b] = await fill(broker, "b", "1")
        await fill(broker, "a", "2")
        await fill(broker, "c", "1")
        assert await broker.since("b", b.position, 10) is None
        assert len(await broker.since("a", a.position, 10) or []) == 1
        assert (
            broker.size
            == sum(entry.size for entry in await fill(broker, "a", "2") + await fill(broker, "c", "1")) + a.size
        )

    async def test_a_forgotten_log_comes_back_under_another_epoch(self) -> None:
        broker = memory(channels=1)
        [before] = await fill(broker, "a", "same")
        await fill(broker, "b", "x")
        [after] = await fill(broker, "a", "same")
        assert before.position[1:] == after.position[1:] == (1, "same")
        assert before.position.epoch != after.position.epoch
        assert await broker.since("a", before.position, 10) is None
        assert await broker.since("a", Position(before.position.epoch, 0, ""), 10) is None

    async def test_a_followed_log_is_not_forgotten(self) -> None:
        broker = memory(channels=1)
        [a] = await fill(broker, "a", "1")
        assert await broker.follow("a") == a.position
        await fill(broker, "b", "1")
        await fill(broker, "c", "1")
        assert (await fill(broker, "a", "2"))[0].position == (a.position.epoch, 2, "2")
        broker.unfollow("a")
        await fill(broker, "d", "1")
        await fill(broker, "e", "1")
        assert await broker.since("a", a.position, 10) is None

    async def test_a_follower_of_a_log_without_events_keeps_its_epoch(self) -> None:
        broker = memory(channels=1)
        top = await broker.follow("a")
        await fill(broker, "b", "1")
        await fill(broker, "c", "1")  # b is forgotten, the epoch changes
        assert await broker.since("a", top, 10) == []
        [entry] = await fill(broker, "a", "1")
        assert entry.position == (top.epoch, 1, "1")
        assert await broker.since("a", top, 10) == [entry]

    async def test_the_append_that_makes_room_keeps_the_epoch_of_its_own_follower(self) -> None:
        broker, delivered = memory(channels=1), list[Position]()
        broker.attach(Hearing(lambda channel, entry: delivered.append(entry.position)))
        await fill(broker, "b", "1")
        top = await broker.follow("a")
        await fill(broker, "a", "1", "2")
        assert delivered[1:] == [(top.epoch, 1, "1"), (top.epoch, 2, "2")]

    async def test_who_was_told_the_top_of_an_empty_log_and_left_is_reset_once_the_epoch_changed(self) -> None:
        broker = memory(channels=1)
        top = await broker.follow("a")
        broker.unfollow("a")
        assert await broker.since("a", top, 10) == []
        await fill(broker, "b", "1")
        await fill(broker, "c", "1")
        assert await broker.since("a", top, 10) is None

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("append"), st.sampled_from("abcde")),
                st.tuples(st.just("follow"), st.sampled_from("abcde")),
                st.tuples(st.just("unfollow"), st.sampled_from("abcde")),
            ),
            max_size=50,
        )
    )
    def test_no_reader_ever_takes_an_old_number_for_a_new_one(self, steps: list[tuple[str, str]]) -> None:
        async def run() -> None:
            broker, truth, following = memory(channels=2, events=3), dict[Position, tuple[str, str]](), list[str]()
            told: set[tuple[str, Position]] = set()
            tops: dict[str, Position] = {}
            broker.attach(
                Hearing(lambda channel, entry: tops.update({channel: entry.position} if channel in tops else {}))
            )
            for number, (action, channel) in enumerate(steps):
                if action == "follow" and channel not in following:
                    following.append(channel)
                    tops[channel] = await broker.follow(channel)
                    told.add((channel, tops[channel]))
                elif action == "unfollow" and channel in following:
                    following.remove(channel)
                    del tops[channel]
                    broker.unfollow(channel)
                elif action == "append":
                    before = tops.get(channel)
                    entry = await broker.append(channel, draft(f"id{number}"))
                    assert (entry.position.epoch, channel) not in {
                        (position.epoch, name)
                        for position, (name, _) in truth.items()
                        if name == channel and position.offset >= entry.position.offset
                    }
                    if before is not None:  # who follows sees the next offset of the same epoch
                        assert entry.position[:2] == (before.epoch, before.offset + 1)
                    truth[entry.position] = channel, f"id{number}"
                    told.add((channel, entry.position))
                for name, position in told:
                    for offset, entry in enumerate(await broker.since(name, position, 100) or [], position.offset + 1):
                        assert entry.position[:2] == (position.epoch, offset)
                        assert truth[entry.position] == (name, entry.position.id)

        asyncio.run(run())


class TestThreads:
    def test_appends_of_many_threads_are_numbered_densely_and_delivered_in_order(self) -> None:
        broker, delivered = memory(events=1_000), list[int]()
        broker.attach(Hearing(lambda channel, entry: delivered.append(entry.position.offset)))
        begin = threading.Barrier(4)
        failures: list[BaseException] = []

        def work(worker: int) -> None:
            begin.wait()
            try:
                for number in range(100):
                    asyncio.run(broker.append("notes", draft(f"{worker}-{number}")))
                    position = asyncio.run(broker.follow("notes"))
                    assert asyncio.run(broker.since("notes", position, 10)) is not None
                    broker.unfollow("notes")
            except BaseException as failure:  # told by the assertion below
                failures.append(failure)
                raise

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert delivered == list(range(1, 401))

    def test_a_failed_delivery_is_the_publishers_to_hear_of(self) -> None:
        broker = memory()

        def fail(channel: str, entry: Entry) -> None:
            raise RuntimeError("cannot deliver")

        broker.attach(Hearing(fail))
        with pytest.raises(RuntimeError, match="cannot deliver"):
            asyncio.run(broker.append("notes", draft("a")))
