"""Wake-ups that are lost, servers that restart, connections that break."""

import asyncio
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, event, text

from tests.brokers.conftest import MakeBroker, database_broker
from tests.brokers.follower import Follower, draft
from tidings.brokers.database.writing import LogWriter
from torture.postgres import Postgres


@pytest.fixture
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


on_postgres = pytest.mark.parametrize("driver", ["asyncpg", "psycopg", "psycopg_async"], indirect=True)
on_sqlite = pytest.mark.parametrize("driver", ["sqlite", "aiosqlite"], indirect=True)
on_each = pytest.mark.parametrize(
    "driver", ["sqlite", "aiosqlite", "asyncpg", "psycopg", "psycopg_async"], indirect=True
)


@pytest.fixture
def plain(url: URL) -> Iterator[Engine]:
    """Hands on the server, behind the broker's back."""
    made = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    yield made
    made.dispose()


class Cable:
    """Between every engine and its database. `tried` is set when it was out for five statements."""

    def __init__(self) -> None:
        self.out, self.tries, self.tried = False, 0, threading.Event()

    def use(self, *_: object) -> None:
        if self.out:
            self.tries += 1
            if self.tries == 5:
                self.tried.set()
            raise ConnectionError("the cable is out")


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    event.listen(Engine, "before_cursor_execute", made.use)
    yield made
    event.remove(Engine, "before_cursor_execute", made.use)


def deaf(patch: pytest.MonkeyPatch) -> None:
    """Nobody is told of commits any more."""
    patch.setattr(LogWriter, "notify", lambda *_: None)


@on_postgres
class TestNotifications:
    async def test_others_commits_are_heard_without_polling(self, make: MakeBroker) -> None:
        there, here = make(compare=3_600.0, poll=3_600.0), make()
        follower = Follower(there)
        await there.follow("notes")
        entry = await here.append("notes", draft("a"))
        assert await follower.has("notes", 1) == [entry.position]

    async def test_a_lost_notification_is_found_when_the_tops_are_compared(
        self, make: MakeBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there, here = make(compare=0.2, poll=3_600.0), make()
        follower = Follower(there)
        await there.follow("notes")
        deaf(monkeypatch)
        entry = await here.append("notes", draft("a"))
        assert await follower.has("notes", 1) == [entry.position]

    async def test_a_lost_notification_shows_with_the_next_one(
        self, make: MakeBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there, here = make(compare=3_600.0, poll=3_600.0), make()
        follower = Follower(there)
        await there.follow("notes")
        await here.append("notes", draft("a"))
        await follower.has("notes", 1)
        with monkeypatch.context() as patch:
            deaf(patch)
            await here.append("notes", draft("b"))
        await here.append("notes", draft("c"))
        assert [position.id for position in await follower.has("notes", 3)] == ["a", "b", "c"]

    async def test_whose_listening_connection_breaks_listens_again_and_looks_at_all(
        self, make: MakeBroker, plain: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        there, here = make(compare=3_600.0, poll=3_600.0), make()
        follower = Follower(there)
        await there.follow("notes")
        await here.append("notes", draft("a"))
        await follower.has("notes", 1)
        end = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()")
        with caplog.at_level(logging.WARNING, "tidings"):
            with plain.connect() as connection:
                others = text(f"{end} AND pid <> pg_backend_pid()")
                assert connection.execute(others).all()
            await here.append("notes", draft("b"))
            await here.append("notes", draft("c"))
            assert [position.id for position in await follower.has("notes", 3)] == ["a", "b", "c"]

    async def test_without_listening_it_polls(self, make: MakeBroker) -> None:
        there, here = make(compare=3_600.0, listen=False), make()
        follower = Follower(there)
        await there.follow("notes")
        entry = await here.append("notes", draft("a"))
        assert await follower.has("notes", 1) == [entry.position]


@on_postgres
class TestRestart:
    async def test_a_server_that_restarts_at_once_in_the_middle_of_writes_loses_nothing(
        self, make: MakeBroker, postgres: Postgres, caplog: pytest.LogCaptureFixture
    ) -> None:
        here, there = make(patience=20.0), make(patience=1.0)
        followers = [Follower(here), Follower(there)]
        for broker in (here, there):
            await broker.follow("notes")
        done, acknowledged = asyncio.Event(), list[str]()

        async def publish(worker: int) -> None:
            number = 0
            while not done.is_set() or number < 5:
                id = f"{worker}.{number}"
                await here.append("notes", draft(id))
                acknowledged.append(id)
                number += 1

        with caplog.at_level(logging.CRITICAL):  # the application's pool complains of its lost connections
            publishers = [asyncio.create_task(publish(worker)) for worker in range(4)]
            for _ in range(3):
                await followers[1].has("notes", len(acknowledged) + 5)
                await asyncio.to_thread(postgres.restart)
            done.set()
            await asyncio.gather(*publishers)
        delivered = [await follower.has("notes", len(acknowledged)) for follower in followers]
        assert delivered[0] == delivered[1]
        assert [position.offset for position in delivered[0]] == list(range(1, len(acknowledged) + 1))
        assert sorted(position.id for position in delivered[0]) == sorted(acknowledged)

    async def test_a_publisher_whose_tables_are_away_is_told_and_goes_on_when_they_are_back(
        self, make: MakeBroker, plain: Engine
    ) -> None:
        broker = make()
        await broker.append("notes", draft("a"))
        with plain.connect() as connection, connection.begin():
            connection.execute(text("ALTER TABLE tidings_channels RENAME TO away"))
        with pytest.raises(LookupError, match="tidings_channels"):
            await broker.append("notes", draft("b"))
        with plain.connect() as connection, connection.begin():
            connection.execute(text("ALTER TABLE away RENAME TO tidings_channels"))
        assert (await broker.append("notes", draft("b"))).position.offset == 2


@on_each
class TestReader:
    async def test_an_outage_is_told_once_and_its_end_and_nothing_is_lost(
        self, make: MakeBroker, caplog: pytest.LogCaptureFixture, cable: Cable
    ) -> None:
        there, here = make(compare=0.02, patience=0.05), make(compare=3_600.0, poll=3_600.0, listen=False)
        follower = Follower(there)
        await there.follow("notes")
        await here.append("notes", draft("a"))
        await follower.has("notes", 1)
        with caplog.at_level(logging.WARNING, "tidings"):
            cable.out = True
            assert await asyncio.to_thread(cable.tried.wait, 20)
            cable.out = False
            await here.append("notes", draft("b"))
            assert [position.id for position in await follower.has("notes", 2)] == ["a", "b"]
            async with asyncio.timeout(20):
                while "read again" not in caplog.text:
                    await here.measure()
        told = [record.message for record in caplog.records if re.match("the logs can(not)? be read", record.message)]
        assert told[0] == "the logs cannot be read, which is tried until they can: ConnectionError: the cable is out"
        assert re.fullmatch("the logs can be read again, after [0-9]+ failures", told[1])
        assert len(told) == 2

    async def test_a_publisher_is_told_of_an_outage_that_outlasts_its_patience(
        self, make: MakeBroker, cable: Cable
    ) -> None:
        broker = make(patience=0.3)
        await broker.append("notes", draft("a"))
        cable.out = True
        with pytest.raises(ConnectionError, match="the cable is out"):
            await broker.append("notes", draft("b"))
        assert cable.tries > 1
        cable.out = False
        assert (await broker.append("notes", draft("b"))).position.offset == 2

    async def test_one_event_that_the_database_refuses_fails_alone(self, make: MakeBroker) -> None:
        broker = make()
        follower = Follower(broker)
        await broker.follow("notes")
        ids = ["a", "b", "refused", "c"]
        drafts = [draft(id, b"{}", key=None if id != "refused" else object()) for id in ids]  # type: ignore[arg-type]
        answers = await asyncio.gather(*[broker.append("notes", it) for it in drafts], return_exceptions=True)
        assert [isinstance(answer, Exception) for answer in answers] == [False, False, True, False]
        assert [position.id for position in await follower.has("notes", 3)] == ["a", "b", "c"]


@on_sqlite
class TestLockedFile:
    async def test_a_writer_waits_for_the_application_to_commit(self, make: MakeBroker, url: URL) -> None:
        broker = make()
        application = create_engine(url)
        event.listen(application, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with application.connect() as connection:
            with connection.begin():
                written = broker.write(connection, [("notes", draft("a"))])
                append = asyncio.create_task(broker.append("notes", draft("b")))
                await asyncio.sleep(0)  # it begins
            assert (await append).position.offset == written[0].entry.position.offset + 1
        application.dispose()

    async def test_one_that_is_locked_for_too_long_is_the_publishers_to_hear_of(
        self, tmp_path: Path, url: URL, engine: Any
    ) -> None:
        holder = create_engine(url)
        impatient = create_engine(url, connect_args={"timeout": 0.0})
        broker = database_broker(impatient, patience=0.05)
        with holder.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            with pytest.raises(Exception, match="database is locked"):
                await broker.append("notes", draft("a"))
            connection.rollback()
        assert (await broker.append("notes", draft("a"))).position.offset == 1
        await broker.close()
        holder.dispose()
        impatient.dispose()
