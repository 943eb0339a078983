"""What Tails keep for those who read on, and how much of it."""

import asyncio

from tests.tail.logs import Hearer, Logs, make
from tidings.protocol.log import Position


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
