"""Many writers on one channel at once, within transactions of their own."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace
from sqlalchemy import URL, Engine, create_engine, event, text

from tests.brokers.conftest import MakeBroker
from tests.brokers.follower import Follower, draft
from tidings.brokers.database import DatabaseBroker, TablesMissing

WRITERS, ROUNDS = 50, 4


@pytest.fixture(params=["sqlite", "psycopg"], ids=["sqlite", "postgres"])
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def application(url: URL) -> Iterator[Engine]:
    """The application's own engine, with a table of its own."""
    made = create_engine(
        url.set(drivername="sqlite" if url.drivername == "sqlite" else "postgresql+psycopg"),
        pool_size=WRITERS,
        connect_args={"timeout": 60} if url.drivername == "sqlite" else {"options": "-c statement_timeout=60000"},
    )
    if url.drivername == "sqlite":
        event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE facts (id VARCHAR(20) PRIMARY KEY)"))
    yield made
    made.dispose()


class TestFiftyWriters:
    async def test_log_order_is_commit_order_without_gap_or_deadlock(
        self, application: Engine, make: MakeBroker
    ) -> None:
        reader, writer = make(), make()
        follower = Follower(reader)
        await reader.follow("notes")
        committed = list[str]()
        dice = random.Random(1)
        plans = [[(dice.random() < 0.3, dice.random() * 0.02) for _ in range(ROUNDS)] for _ in range(WRITERS)]

        def work(number: int) -> None:
            for turn, (fails, pause) in enumerate(plans[number]):
                id = f"{number}.{turn}"
                names = ["notes", "other"] if number % 2 else ["other", "notes"]
                with application.connect() as connection, connection.begin() as transaction:
                    connection.execute(text("INSERT INTO facts VALUES (:id)"), {"id": id})
                    written = writer.write(connection, [(name, draft(id)) for name in names])
                    time.sleep(pause)  # some are slow
                    if fails:
                        transaction.rollback()
                        continue
                    committed.append(id)  # under the channels' locks: in the order of commits
                writer.committed(written)

        looker = GapLooker(application)
        with ThreadPoolExecutor(WRITERS) as threads:
            loop = asyncio.get_running_loop()
            looking = loop.run_in_executor(None, looker.look)
            await asyncio.gather(*[loop.run_in_executor(threads, work, number) for number in range(WRITERS)])
            looker.done.set()
            await looking
        delivered = await follower.has("notes", len(committed))
        assert [position.id for position in delivered] == committed
        assert [position.offset for position in delivered] == list(range(1, len(committed) + 1))
        assert 0 < len(committed) < WRITERS * ROUNDS
        assert looker.looks > 0
        assert looker.gaps == []
        with application.connect() as connection:
            facts = set(connection.execute(text("SELECT id FROM facts")).scalars())
        assert facts == set(committed)


class GapLooker:
    """Looks all the time whether anybody could see an offset before all lower ones."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.done = engine, threading.Event()
        self.looks, self.gaps = 0, list[tuple[int, int]]()

    def look(self) -> None:
        query = text("SELECT count(*), coalesce(max(\"offset\"), 0) FROM tidings_events WHERE channel = 'notes'")
        plain = create_engine(self._engine.url)
        with plain.connect() as connection:
            while not self.done.is_set():
                count, top = connection.execute(query).one()
                connection.rollback()
                self.looks += 1
                if count != top:
                    self.gaps.append((count, top))
        plain.dispose()


class TestWrite:
    def test_what_is_rolled_back_was_never_numbered(self, application: Engine) -> None:
        broker = DatabaseBroker(application)
        with application.connect() as connection, connection.begin() as transaction:
            broker.write(connection, [("notes", draft("a"))])
            transaction.rollback()
        with application.begin() as connection:
            [written] = broker.write(connection, [("notes", draft("b"))])
        assert written.entry.position.offset == 1

    def test_each_draft_has_its_answer_in_order(self, application: Engine) -> None:
        broker = DatabaseBroker(application)
        drafts = [("b", draft("1")), ("a", draft("1")), ("b", draft("2")), ("b", draft("1"))]
        with application.begin() as connection:
            written = broker.write(connection, drafts)
            again = broker.write(connection, drafts[:2])
        assert [(it.channel, it.entry.position.id, it.entry.position.offset) for it in written] == [
            ("b", "1", 1),
            ("a", "1", 1),
            ("b", "2", 2),
            ("b", "1", 1),
        ]
        assert [it.entry for it in again] == [it.entry for it in written[:2]]

    def test_one_id_may_be_of_different_events_on_different_channels(self, application: Engine) -> None:
        broker = DatabaseBroker(application)
        drafts = [("a", draft("1")), ("b", replace(draft("1"), type="other"))]
        with application.begin() as connection:
            broker.write(connection, drafts)
            rows = connection.execute(text("SELECT channel, type FROM tidings_events ORDER BY channel")).all()
        assert [tuple(row) for row in rows] == [("a", "note"), ("b", "other")]

    def test_nothing_is_written_for_nothing(self, application: Engine) -> None:
        with application.begin() as connection:
            assert list(DatabaseBroker(application).write(connection, [])) == []

    async def test_a_database_without_the_tables_is_told_so(self, application: Engine) -> None:
        broker = DatabaseBroker(application, prefix="absent_")
        with application.connect() as connection, pytest.raises(TablesMissing, match=r"absent_.*migration\.upgrade"):
            broker.write(connection, [("notes", draft("a"))])
        with pytest.raises(TablesMissing):
            await broker.append("notes", draft("a"))
        with pytest.raises(TablesMissing):
            await broker.follow("notes")
        await broker.close()

    async def test_more_channels_and_events_than_one_statement_takes(self, application: Engine) -> None:
        broker = DatabaseBroker(application)
        drafts = [(f"c{n % 7}", draft(str(n))) for n in range(1_200)]
        with application.begin() as connection:
            written = broker.write(connection, drafts)
        with application.begin() as connection:
            again = broker.write(connection, drafts)
        assert [it.entry for it in again] == [it.entry for it in written]
        assert {it.after for it in again} == {None}
        measures = await broker.measure()
        assert (measures.channels, measures.events) == (7, 1_200)
        assert measures.size == sum(it.entry.size for it in written)
        await broker.close()
