"""Transactions that could not carry an event are refused, and what the database rolled back is not published."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session

from tests.outbox.conftest import desk_of, live
from tests.outbox.desk import Desk, Note
from tests.stage import NotePosted, Notes, Room
from tidings.brokers.database import DatabaseBroker
from tidings.outbox import Outbox, OutboxError
from tidings.testing import Publications


def first(desk: Desk, session: Session) -> None:
    with session.begin_nested():
        desk.post(session, 1)
    session.commit()


def flushed_first(desk: Desk, session: Session) -> None:
    savepoint = session.begin_nested()
    desk.post(session, 1)
    session.flush()
    savepoint.commit()


def published_before(desk: Desk, session: Session) -> None:
    desk.publish(session, 1)
    with session.begin_nested():
        session.add(Note(id=1))


class TestSavepointsThatSqliteCommits:
    """With the default transactions of its drivers."""

    @pytest.fixture(params=["pysqlite", "aiosqlite"])
    async def plain(self, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
        url = f"sqlite+{request.param}:///{tmp_path}/notes.db"
        engine: Any = create_engine(url) if request.param == "pysqlite" else create_async_engine(url)
        yield engine
        if isinstance(engine, AsyncEngine):
            await engine.dispose()
        else:
            engine.dispose()

    @pytest.mark.parametrize("form", ["log", "light"])
    @pytest.mark.parametrize("scenario", [first, flushed_first, published_before])
    async def test_one_that_comes_first_is_refused_before_it_is_released(
        self, plain: Engine | AsyncEngine, form: str, scenario: Callable[[Desk, Session], None]
    ) -> None:
        desk = await desk_of(form, plain)
        with pytest.raises(OutboxError, match=r"began with a savepoint.*isolation_level = None.*BEGIN"):
            await desk.run(lambda session: scenario(desk, session))
        assert await desk.saved() == []
        assert await desk.log() == []
        await desk.manager.broker.close()

    async def test_one_after_a_write_or_that_is_rolled_back_is_as_good_as_anywhere(
        self, plain: Engine | AsyncEngine
    ) -> None:
        desk = await desk_of("log", plain)

        def scenario(session: Session) -> None:
            savepoint = session.begin_nested()
            session.add(Note(id=9))
            session.flush()
            savepoint.rollback()
            desk.post(session, 1)
            session.flush()
            with session.begin_nested():
                desk.post(session, 2)
            session.commit()

        await desk.run(scenario)
        assert await desk.saved() == [1, 2]
        assert await desk.log() == ["id-1", "id-2"]
        await desk.manager.broker.close()


class TestAutocommit:
    @pytest.fixture(params=["log sqlite", "log psycopg", "log asyncpg", "light aiosqlite", "light asyncpg"])
    def form(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    async def test_it_is_refused(self, desk: Desk, engine: Engine | AsyncEngine) -> None:
        url = engine.url  # without a hook that begins transactions, whatever the driver is told
        plain: Any = create_async_engine(url) if isinstance(engine, AsyncEngine) else create_engine(url)
        desk.engine = plain.execution_options(isolation_level="AUTOCOMMIT")

        def scenario(session: Session) -> None:
            desk.post(session, 1)
            session.commit()

        def flushed(session: Session) -> None:
            session.add(Note(id=2))
            session.flush()
            desk.publish(session, 2)

        for refused in (scenario, flushed):
            with pytest.raises(OutboxError, match=r"isolation level is AUTOCOMMIT.*isolation_level='READ COMMITTED'"):
                await desk.run(refused)
        assert await desk.log() == []
        desk.engine = engine
        if isinstance(plain, AsyncEngine):
            await plain.dispose()
        else:
            plain.dispose()


class TestTransactionsThatPostgresRollsBack:
    """After an error that the application has passed over, Postgres answers COMMIT with ROLLBACK."""

    @pytest.fixture(params=["log psycopg", "log asyncpg", "light psycopg", "light asyncpg"])
    def form(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.mark.parametrize("late", [False, True])
    async def test_nothing_is_published(self, desk: Desk, tidings: Publications, late: bool) -> None:
        def fail(session: Session) -> None:
            with suppress(IntegrityError):
                session.execute(text("INSERT INTO notes VALUES (1, '')"))

        def scenario(session: Session) -> None:
            session.execute(text("INSERT INTO notes VALUES (1, '')"))
            desk.publish(session, 1)
            if late:
                event.listen(session, "before_commit", fail)
            else:
                fail(session)
            session.commit()

        with pytest.raises((OutboxError, DBAPIError), match=r"failed|aborted"):
            await desk.run(scenario)
        assert await desk.saved() == []
        assert await desk.log() == []
        assert tidings.all() == []


class TestTwoOutboxes:
    @pytest.fixture
    def driver(self) -> str:
        return "sqlite"

    async def test_on_one_broker_they_keep_one_order(self, engine: Engine) -> None:
        desk = await desk_of("log", engine)
        other = Outbox(live(broker=desk.manager.broker))
        assert isinstance(desk.manager.broker, DatabaseBroker)

        def scenario(session: Session) -> None:
            for number in (1, 3):
                desk.publish(session, number, id=f"call-{number}")
                other.publish(session, NotePosted(note_id=number + 1), Notes(), id=f"call-{number + 1}")
            session.commit()

        await desk.run(scenario)
        assert await desk.log() == ["call-1", "call-2", "call-3", "call-4"]
        await desk.manager.broker.close()

    async def test_on_one_broker_they_lock_channels_together(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = await desk_of("log", engine)
        broker = desk.manager.broker
        assert isinstance(broker, DatabaseBroker)
        other, written, write = Outbox(live(broker=broker)), [], broker.write

        def record(connection: Any, drafts: Any) -> Any:
            written.append({name for name, _ in drafts})
            return write(connection, drafts)

        monkeypatch.setattr(broker, "write", record)

        def scenario(session: Session) -> None:
            desk.publish(session, 1, Room(room_id=1))
            other.publish(session, NotePosted(note_id=1), Notes())
            session.commit()

        await desk.run(scenario)
        assert written == [{"notes", "room:1"}]
        await broker.close()
