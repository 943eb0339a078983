"""The database broker on event loops, its bounds and its measures. Its duties as a broker are in test_contract.py."""

import asyncio
import gc
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.brokers.conftest import MakeBroker, database_broker
from tests.brokers.follower import Follower, draft
from tidings.brokers.database import DatabaseBroker
from tidings.protocol.log import Position


class TestEngines:
    @pytest.mark.parametrize("pool", [None, StaticPool])
    def test_a_database_in_memory_is_refused(self, pool: Any) -> None:
        engine = create_engine("sqlite://", **({"poolclass": pool} if pool else {}))
        with pytest.raises(ValueError, match="in memory, on one connection: use a file, or MemoryBroker"):
            DatabaseBroker(engine)
        engine.dispose()

    @pytest.mark.parametrize("setting", [{"events": 0}, {"age": -1}, {"poll": 0}, {"size": "1MB"}, {"sweep": True}])
    def test_a_setting_that_makes_no_sense_is_refused(self, setting: dict[str, Any], tmp_path: Path) -> None:
        engine = create_engine(f"sqlite:///{tmp_path}/logs.db")
        [(name, value)] = setting.items()
        with pytest.raises(ValueError, match=re.escape(f"{name}={value!r}): it must be a number above 0")):
            database_broker(engine, **setting)
        engine.dispose()

    def test_another_kind_of_database_is_refused(self) -> None:
        class Dialect:
            name = "oracle"

        class Other(Engine):
            def __init__(self) -> None:
                self.dialect = Dialect()  # type: ignore[assignment]

        with pytest.raises(ValueError, match="Postgres or SQLite, not in oracle"):
            DatabaseBroker(Other())

    def test_what_is_no_engine_is_refused(self) -> None:
        with pytest.raises(
            TypeError, match=r"DatabaseBroker\('sqlite://…'\): write DatabaseBroker\(create_async_engine"
        ):
            DatabaseBroker("sqlite://…")  # type: ignore[arg-type]

    def test_half_an_event_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"events=1.5\): it must be a whole number"):
            DatabaseBroker(create_engine(f"sqlite:///{tmp_path}/logs.db"), events=1.5)  # type: ignore[arg-type]

    def test_a_prefix_that_is_no_part_of_a_name_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="write a letter or '_', then letters, digits"):
            DatabaseBroker(create_engine(f"sqlite:///{tmp_path}/logs.db"), prefix='x"; drop')

    async def test_it_does_not_wait_for_the_applications_connections(self, driver: str, url: URL) -> None:
        drivers: dict[str, tuple[str, Any]] = {
            "sqlite": ("sqlite", create_engine),
            "aiosqlite": ("sqlite+aiosqlite", create_async_engine),
            "asyncpg": ("postgresql+asyncpg", create_async_engine),
            "psycopg": ("postgresql+psycopg", create_engine),
            "psycopg_async": ("postgresql+psycopg_async", create_async_engine),
        }
        name, create = drivers[driver]
        engine = create(url.set(drivername=name), pool_size=1, max_overflow=0, pool_timeout=1)
        broker = DatabaseBroker(engine)
        if isinstance(engine, AsyncEngine):
            async with engine.connect():
                await self._use(broker)
            await engine.dispose()
        else:
            with engine.connect():
                await self._use(broker)
            engine.dispose()

    @staticmethod
    async def _use(broker: DatabaseBroker) -> None:
        follower = Follower(broker)
        await broker.follow("notes")
        await broker.append("notes", draft("a"))
        await follower.has("notes", 1)
        await broker.close()


class TestLoops:
    def test_each_call_may_have_a_loop_of_its_own(self, engine: Engine | AsyncEngine) -> None:
        broker = DatabaseBroker(engine)
        first = asyncio.run(broker.append("notes", draft("a")))
        second = asyncio.run(broker.append("notes", draft("b")))
        assert second.position == (first.position.epoch, 2, "b")
        assert asyncio.run(broker.since("notes", first.position, 10)) == [second]
        assert asyncio.run(broker.measure()).events == 2

    def test_it_goes_on_on_another_loop_where_it_was_closed(self, engine: Engine | AsyncEngine) -> None:
        broker = database_broker(engine)
        follower = Follower(broker)

        async def use(id: str, offset: int) -> None:
            follower._came = asyncio.Event()
            await broker.follow(id)
            await broker.append("notes", draft(id))
            await follower.has("notes", offset)
            await broker.close()

        asyncio.run(broker_follow_and_close(broker, "notes"))
        for offset, id in enumerate("abc", 1):
            asyncio.run(use(id, offset))

    def test_it_goes_on_on_another_loop_where_the_first_just_ended(self, engine: Engine | AsyncEngine) -> None:
        broker = database_broker(engine)
        follower = Follower(broker)

        async def begin() -> None:
            await broker.follow("notes")
            await broker.append("notes", draft("a"))
            await follower.has("notes", 1)

        async def go_on() -> None:
            follower._came = asyncio.Event()
            await broker.append("notes", draft("b"))
            await broker.follow("other")
            await broker.append("notes", draft("c"))
            assert [position.id for position in await follower.has("notes", 3)] == ["a", "b", "c"]
            await broker.close()

        with asyncio.Runner() as runner:
            runner.run(begin())
        asyncio.run(go_on())

    async def test_following_on_two_loops_at_once_is_refused(self, make: MakeBroker) -> None:
        broker = make()
        await broker.follow("notes")

        def elsewhere() -> None:
            asyncio.run(broker.follow("notes"))

        with pytest.raises(RuntimeError, match="another event loop, which is still running"):
            await asyncio.to_thread(elsewhere)

    async def test_publishing_and_committing_in_another_thread_is_delivered_here(
        self, make: MakeBroker, url: URL
    ) -> None:
        broker = make(compare=3_600.0, poll=3_600.0, listen=False)
        follower = Follower(broker)
        await broker.follow("notes")
        plain = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
        threads = set[int]()
        broker.attach(Threads(threads))

        def commit() -> None:
            with plain.begin() as connection:
                written = broker.write(connection, [("notes", draft("b"))])
            broker.committed(written)

        await asyncio.to_thread(asyncio.run, broker.append("notes", draft("a")))
        await asyncio.to_thread(commit)
        assert [position.id for position in await follower.has("notes", 2)] == ["a", "b"]
        assert threads == {threading.get_ident()}
        plain.dispose()


@pytest.fixture
def make_plain(engine: Engine | AsyncEngine) -> Iterator[Callable[..., DatabaseBroker]]:
    """Makes brokers without an event loop around them."""
    made = list[DatabaseBroker]()

    def make(**options: Any) -> DatabaseBroker:
        made.append(database_broker(engine, **options))
        return made[-1]

    yield make
    for broker in made:
        asyncio.run(broker.close())


async def emptied(broker: DatabaseBroker) -> int:
    """Wait until no event is held; returns how many channels there are."""
    async with asyncio.timeout(20):
        while (measures := await broker.measure()).events:
            pass
    return measures.channels


async def broker_follow_and_close(broker: DatabaseBroker, name: str) -> None:
    await broker.follow(name)
    await broker.close()


class Threads:
    """In which threads it was told."""

    def __init__(self, seen: set[int]) -> None:
        self._seen = seen

    def deliver(self, channel: str, entry: object) -> None:
        self._seen.add(threading.get_ident())

    def reset(self, channel: str, position: Position) -> None:
        raise AssertionError(channel)


class TestSavingQueries:
    @pytest.fixture
    def counted(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        from tidings.brokers.database.reading import LogReader

        calls = list[str]()
        for name in ("tops", "read"):
            plain = getattr(LogReader, name)

            def count(*args: Any, name: str = name, plain: Any = plain, **options: Any) -> Any:
                calls.append(name)
                return plain(*args, **options)

            monkeypatch.setattr(LogReader, name, count)
        return calls

    async def test_five_thousand_readers_come_back_with_few_queries(self, make: MakeBroker, counted: list[str]) -> None:
        before = make()
        positions = [(await before.append("notes", draft(f"id{n}"))).position for n in range(50)]
        await before.close()
        after = make(compare=3_600.0, poll=3_600.0)
        counted.clear()

        async def come_back(number: int) -> None:
            position = positions[number % 50]
            await after.follow("notes")
            entries = await after.since("notes", position, 100)
            assert entries is not None
            assert len(entries) == 50 - position.offset

        await asyncio.gather(*[come_back(number) for number in range(5_000)])
        assert len(counted) <= 10

    async def test_five_thousand_users_open_their_own_channels_with_few_queries(
        self, make: MakeBroker, counted: list[str]
    ) -> None:
        broker = make(compare=3_600.0, poll=3_600.0)

        async def come(number: int) -> None:
            top = await broker.follow(f"user:{number}")
            assert await broker.since(f"user:{number}", top, 1) == []

        await asyncio.gather(*[come(number) for number in range(5_000)])
        assert len(counted) <= 30


@pytest.fixture
def sweepers() -> Iterator[set[Engine]]:
    """The engines, of which each broker has its own, that have deleted events."""
    found = set[Engine]()

    def note(connection: Connection, _: object, statement: str, *__: object) -> None:
        if statement.startswith("DELETE FROM tidings_events"):
            found.add(connection.engine)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


class TestBounds:
    async def test_events_beyond_the_bound_are_refused_at_once(self, make: MakeBroker) -> None:
        broker = make(events=3, sweep=3_600.0)
        positions = [(await broker.append("notes", draft(id))).position for id in "abcdef"]
        assert (await broker.measure()).events == 6
        for follows in (False, True):
            if follows:
                await broker.follow("notes")
            assert await broker.since("notes", positions[1], 10) is None
            assert [entry.position for entry in await broker.since("notes", positions[2], 10) or []] == positions[3:]

    async def test_the_sweep_runs_by_itself_in_one_of_the_processes(
        self, make: MakeBroker, sweepers: set[Engine]
    ) -> None:
        brokers = [make(events=3, sweep=0.02) for _ in range(3)]
        for broker in brokers:
            await broker.follow("quiet")
        for number in range(60):
            await brokers[number % 3].append("notes", draft(f"id{number}"))
        async with asyncio.timeout(20):
            while (measures := await brokers[0].measure()).events > 3:
                pass
        assert measures.events == 3
        assert len(sweepers) == 1
        top = await brokers[0].follow("notes")
        assert top.offset == 60

    def test_it_is_swept_also_where_nobody_follows(self, make_plain: Callable[..., DatabaseBroker]) -> None:
        broker = make_plain(events=3, age=0.5, sweep=0.02)
        for number in range(20):
            asyncio.run(broker.append("notes", draft(f"id{number}")))
        assert asyncio.run(emptied(broker)) == 1

    async def test_it_is_swept_where_events_are_only_written_in_the_applications_transactions(
        self, make: MakeBroker, url: URL
    ) -> None:
        writer, other = make(age=0.5, sweep=0.02), make(sweep=3_600.0)
        plain = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
        with plain.begin() as connection:
            writer.write(connection, [("notes", draft("a"))])
        plain.dispose()
        assert await emptied(other) == 1

    def test_a_broker_that_nobody_has_any_more_keeps_no_thread(self, engine: Engine | AsyncEngine) -> None:
        broker = database_broker(engine)
        asyncio.run(broker.append("notes", draft("a")))
        worker = broker._background._worker
        assert worker is not None
        thread = worker.thread
        assert thread.is_alive()
        del broker, worker
        gc.collect()
        thread.join(20)
        assert not thread.is_alive()

    async def test_one_sweep_removes_all_that_is_beyond_the_bounds(self, make: MakeBroker) -> None:
        broker = make(events=10, sweep=3.0)
        await broker.follow("quiet")
        await asyncio.gather(*[broker.append("notes", draft(f"id{number}")) for number in range(4_500)])
        async with asyncio.timeout(20):  # nine sweeps of one transaction each would take longer
            while (measures := await broker.measure()).events > 10:
                pass
        assert measures.events == 10

    async def test_a_reader_that_was_away_longer_than_the_log_reaches_is_reset(
        self, make: MakeBroker, url: URL
    ) -> None:
        reader, writer = make(compare=3_600.0, poll=3_600.0, listen=False), make(events=3, sweep=0.02)
        follower = Follower(reader)
        await reader.follow("notes")
        await writer.follow("quiet")
        for number in range(20):
            await writer.append("notes", draft(f"id{number}"))
        async with asyncio.timeout(20):
            while (await writer.measure()).events > 3:
                pass
        [own] = [await reader.append("notes", draft("last"))]
        await follower.is_reset()
        assert follower.resets == [("notes", own.position)]


class TestMeasures:
    async def test_they_say_how_large_the_logs_are_and_how_far_this_process_is_behind(self, make: MakeBroker) -> None:
        here, there = make(compare=3_600.0, poll=3_600.0, listen=False), make()
        assert tuple(await here.measure()) == (0, 0, 0, 0, 0, 0, 0)
        await here.follow("notes")
        await here.follow("quiet")
        entry = await here.append("notes", draft("a"))
        for id in "bcd":
            await there.append("notes", draft(id))
        measures = await here.measure()
        assert (measures.channels, measures.events, measures.rejected) == (1, 4, 0)
        assert (measures.followed, measures.behind) == (2, 3)
        assert measures.tails == entry.size
        assert measures.size == 4 * entry.size

    async def test_a_log_that_nobody_follows_takes_no_memory(self, make: MakeBroker) -> None:
        broker = make()
        await broker.follow("notes")
        await broker.append("notes", draft("a"))
        broker.unfollow("notes")
        assert (await broker.measure()).tails == 0


class TestSchemaAndPrefix:
    async def test_two_sets_of_tables_in_one_database_do_not_meet(self, engine: Any, url: URL) -> None:
        plain = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
        brokers = [database_broker(engine, prefix=prefix) for prefix in ("one_", "two_")]
        for broker in brokers:
            broker.metadata.create_all(plain)
        followers = [Follower(broker) for broker in brokers]
        for broker in brokers:
            await broker.follow("notes")
        await brokers[0].append("notes", draft("a"))
        await followers[0].has("notes", 1)
        here, there = [await broker.follow("notes") for broker in brokers]
        assert (here.offset, there.offset) == (1, 0)
        assert here.epoch != there.epoch
        assert followers[1].delivered == []
        assert (await brokers[1].measure()).events == 0
        for broker in brokers:
            await broker.close()
        plain.dispose()

    @pytest.mark.parametrize("driver", ["asyncpg", "psycopg"], indirect=False)
    async def test_tables_in_a_schema_of_their_own(self, engine: Any, url: URL) -> None:
        plain = create_engine(url.set(drivername="postgresql+psycopg"))
        with plain.begin() as connection:
            connection.execute(text("CREATE SCHEMA live"))
        here, there = [database_broker(engine, schema="live", compare=3_600.0, poll=3_600.0) for _ in range(2)]
        here.metadata.create_all(plain)
        follower = Follower(there)
        await there.follow("notes")
        entry = await here.append("notes", draft("a"))
        assert await follower.has("notes", 1) == [entry.position]
        for broker in (here, there):
            await broker.close()
        plain.dispose()

    def test_names_that_postgres_would_cut_are_refused(self) -> None:
        from tidings.brokers.database.tables import tables

        with pytest.raises(ValueError, match="together have more than 54 characters"):
            tables("x" * 40 + "_", "y" * 30)
