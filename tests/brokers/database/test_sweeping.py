"""What a sweep removes, and what it leaves."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, func, insert, select

from tests.brokers.follower import draft
from tidings.brokers.database.access import Access
from tidings.brokers.database.reading import LogReader
from tidings.brokers.database.settings import Bounds
from tidings.brokers.database.sweeping import ROWS, Sweeper, sweep
from tidings.brokers.database.tables import tables
from tidings.brokers.database.writing import LogWriter
from tidings.protocol.log import Position

LARGE = {"events": 1_000_000, "size": 1_000_000_000, "age": 1e9, "total_size": 10**12, "channels": 1_000_000}


@pytest.fixture(params=["sqlite", "psycopg"], ids=["sqlite", "postgres"])
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class House:
    """Tables with a clock that the test turns."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.tables, self.now, self._epochs = engine, tables(), 1_000.0, 0
        self.writer = LogWriter(self.tables, self.clock, self.epoch)

    def clock(self) -> float:
        return self.now

    def epoch(self) -> str:
        self._epochs += 1
        return f"E{self._epochs}"

    def sweeper(self, **bounds: Any) -> Sweeper:
        return Sweeper(self.tables, self.writer, Bounds(**{**LARGE, **bounds}), self.clock, self.epoch)

    def access(self) -> Access:
        return Access(self.engine, explained=nullcontext, timeout=30.0, patience=0.1, random=lambda: 0.5)

    def channels(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(self.tables.channels)).scalar_one())

    def do(self, work: Any, *args: Any, **options: Any) -> Any:
        with self.engine.begin() as connection:
            return work(connection, *args, **options)

    def write(self, name: str, count: int, first: int = 0) -> list[Position]:
        drafts = [(name, draft(f"id{number}")) for number in range(first, first + count)]
        return [written.entry.position for written in self.do(self.writer.write, drafts)]

    def held(self, name: str) -> list[int]:
        [page] = self.do(LogReader(self.tables).read, [(name, 0)], 10_000)
        return [entry.position.offset for entry in page.entries]

    def size(self, name: str) -> int:
        channels = self.tables.channels.c
        with self.engine.connect() as connection:
            return int(connection.execute(select(channels.size).where(channels.name == name)).scalar_one())

    def sizes_are_right(self) -> bool:
        channels, events = self.tables.channels.c, self.tables.events.c
        with self.engine.connect() as connection:
            sizes = select(channels.name, channels.size).where(channels.size > 0)
            said = {row.name: row.size for row in connection.execute(sizes)}
            held = select(events.channel, func.sum(events.size)).group_by(events.channel)
            return said == {name: int(size) for name, size in connection.execute(held)}


@pytest.fixture
def house(url: URL) -> Iterator[House]:
    engine = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
    yield House(engine)
    engine.dispose()


class TestTrim:
    def test_events_beyond_the_bound(self, house: House) -> None:
        house.write("notes", 5)
        house.write("small", 3)
        sweeper = house.sweeper(events=3)
        assert house.do(sweeper.beyond) == ["notes"]
        house.do(sweeper.trim, "notes")
        assert house.held("notes") == [3, 4, 5]
        assert house.do(sweeper.beyond) == []
        assert house.sizes_are_right()

    def test_bytes_beyond_the_bound(self, house: House) -> None:
        house.write("notes", 5)
        size = house.size("notes")
        sweeper = house.sweeper(size=size // 2)
        assert house.do(sweeper.beyond) == ["notes"]
        house.do(sweeper.trim, "notes")
        assert house.held("notes") == [4, 5]
        assert house.sizes_are_right()

    def test_events_that_are_too_old(self, house: House) -> None:
        house.write("notes", 2)
        house.now += 60
        house.write("notes", 2, first=2)
        sweeper = house.sweeper(age=50.0)
        assert house.do(sweeper.beyond) == ["notes"]
        house.do(sweeper.trim, "notes")
        assert house.held("notes") == [3, 4]

    def test_a_log_that_was_emptied_goes_on_with_its_numbers(self, house: House) -> None:
        positions = house.write("notes", 2)
        house.now += 60
        house.do(house.sweeper(age=50.0).trim, "notes")
        assert house.held("notes") == []
        assert house.do(LogReader(house.tables).tops, ["notes"]) == {"notes": positions[-1]}
        assert house.write("notes", 1, first=2)[0][:2] == (positions[0].epoch, 3)

    def test_a_transaction_removes_no_more_than_its_share(self, house: House) -> None:
        house.write("notes", ROWS + 20)
        sweeper = house.sweeper(events=10)
        house.do(sweeper.trim, "notes")
        assert len(house.held("notes")) == 20
        house.do(sweeper.trim, "notes")
        assert len(house.held("notes")) == 10

    def test_a_trim_does_not_make_a_quiet_channel_look_busy(self, house: House) -> None:
        house.write("quiet", 3)
        house.now += 10
        house.write("busy", 3)
        house.do(house.sweeper(events=2).trim, "quiet")
        sweeper = house.sweeper(total_size=1)
        assert house.do(sweeper.excess)[1] == ["quiet", "busy"]

    def test_the_total_is_taken_from_the_channels_that_were_quiet_for_longest(self, house: House) -> None:
        for name in ("a", "b", "c"):
            house.write(name, 2)
            house.now += 1
        house.write("a", 1, first=2)
        each = house.do(
            lambda connection: connection.execute(select(func.max(house.tables.events.c.size))).scalar_one()
        )
        sweeper = house.sweeper(total_size=4 * each)
        excess, names = house.do(sweeper.excess)
        assert names == ["b", "c", "a"]
        for name in names:
            if excess > 0:
                excess -= house.do(sweeper.trim, name, excess)
        assert {name: house.held(name) for name in names} == {"b": [], "c": [2], "a": [1, 2, 3]}
        assert house.do(sweeper.excess) == (0, [])
        assert house.sizes_are_right()


class TestForget:
    def test_empty_channels_first_then_quiet_ones(self, house: House) -> None:
        house.write("old", 1)
        house.now += 1
        house.write("emptied", 1)
        house.now += 1
        house.do(house.sweeper(age=0.5).trim, "emptied")
        house.write("new", 1)
        assert house.do(house.sweeper(channels=3).forget) == 0
        assert house.do(house.sweeper(channels=2).forget) == 1
        tops = house.do(LogReader(house.tables).tops, ["old", "emptied", "new"])
        assert [tops[name].offset for name in ("old", "emptied", "new")] == [1, 0, 1]
        assert house.do(house.sweeper(channels=1).forget) == 1
        assert house.do(LogReader(house.tables).tops, ["old"])["old"].offset == 0
        assert house.held("old") == []

    def test_numbers_that_are_given_again_have_another_epoch(self, house: House) -> None:
        [before] = house.write("notes", 1)
        house.now += 1
        house.write("other", 1)
        house.do(house.sweeper(channels=1).forget)
        [after] = house.write("notes", 1)
        assert before[1:] == after[1:]
        assert before.epoch != after.epoch


class TestRejected:
    def test_the_newest_are_kept_for_as_long_as_events(self, house: House) -> None:
        rejected = house.tables.rejected

        def reject(connection: Any, count: int) -> None:
            row = {"channel": "notes", "offset": 1, "message": b"x", "reason": "no", "at": house.now}
            connection.execute(insert(rejected), [row] * count)

        def count() -> Any:
            return house.do(lambda it: it.execute(select(func.count()).select_from(rejected)).scalar_one())

        house.do(reject, 1_200)
        house.do(house.sweeper().clear_rejected)
        assert count() == 1_000
        house.now += 60
        house.do(reject, 5)
        house.do(house.sweeper(age=50.0).clear_rejected)
        assert count() == 5


class TestSweep:
    async def test_it_forgets_all_channels_that_are_too_many(self, house: House) -> None:
        house.do(house.writer.write, [(f"c{number:04}", draft("a")) for number in range(2 * ROWS + 10)])
        async with house.access() as access:
            await sweep(access, house.sweeper(channels=5), "one")
        assert house.channels() == 5
        assert house.sizes_are_right()

    async def test_whose_turn_it_is_not_sweeps_nothing(self, house: House) -> None:
        house.write("notes", 5)
        sweeper = house.sweeper(events=3)
        async with house.access() as access:
            assert house.do(sweeper.take_turn, "one")
            await sweep(access, sweeper, "two")
            assert len(house.held("notes")) == 5
            await sweep(access, sweeper, "one")
            assert len(house.held("notes")) == 3
