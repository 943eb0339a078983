"""The outbox on a DatabaseBroker: its row is the log's."""

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from tests.outbox.conftest import DRIVERS, desk_of, live
from tests.outbox.desk import Desk, Note, Table
from tests.stage import Hearing, NotePosted, Notes, Room
from tidings import ChannelError, TidingsError
from tidings.brokers.database import DatabaseBroker, TablesMissing
from tidings.outbox import Outbox, OutboxError
from tidings.protocol.log import Entry
from tidings.testing import Publications

WRITERS = 24


@pytest.fixture
def form(driver: str) -> str:
    return f"log {driver}"


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Ears:
    """Hears a channel's events, and waits for them."""

    def __init__(self, desk: Desk) -> None:
        self._heard = asyncio.Queue[tuple[str, Entry]]()
        desk.manager.broker.attach(Hearing(lambda channel, entry: self._heard.put_nowait((channel, entry))))

    async def next(self, count: int = 1) -> list[str]:
        """The channel and the id of the next events."""
        taken = [await asyncio.wait_for(self._heard.get(), 60) for _ in range(count)]
        return [f"{channel} {entry.position.id}" for channel, entry in taken]


@pytest.fixture
async def ears(desk: Desk) -> AsyncIterator[Ears]:
    ears = Ears(desk)
    await desk.manager.broker.follow("notes")
    yield ears
    desk.manager.broker.unfollow("notes")


async def test_followers_hear_of_a_commit(desk: Desk, ears: Ears):
    def scenario(session: Session) -> None:
        for number in (1, 2, 3):
            desk.post(session, number)
        session.commit()

    await desk.run(scenario)
    assert await ears.next(3) == ["notes id-1", "notes id-2", "notes id-3"]


@pytest.mark.parametrize("driver", ["aiosqlite", "asyncpg"])
async def test_a_plain_call_with_an_async_session(desk: Desk, ears: Ears):
    assert isinstance(desk.engine, AsyncEngine)
    async with AsyncSession(desk.engine) as session, session.begin():
        assert desk.post(session, 1) == "id-1"
        async with session.begin_nested():
            desk.post(session, 2)
        savepoint = await session.begin_nested()
        desk.post(session, 3)
        await savepoint.rollback()
    assert await ears.next(2) == ["notes id-1", "notes id-2"]
    assert await desk.log() == ["id-1", "id-2"]
    assert await desk.saved() == [1, 2]


async def test_publishing_goes_on_where_the_sessions_does_not(desk: Desk, ears: Ears):
    """`manager.publish` and the outbox number one log."""
    await desk.manager.publish(NotePosted(note_id=1), Notes(), id="direct")

    def scenario(session: Session) -> None:
        desk.post(session, 2, id="outbox")
        session.commit()

    await desk.run(scenario)
    await desk.manager.publish(NotePosted(note_id=3), Notes(), id="direct again")
    assert await ears.next(3) == ["notes direct", "notes outbox", "notes direct again"]
    assert [entry.position.offset for entry in await desk.entries()] == [1, 2, 3]


async def test_many_sessions_in_threads_lose_and_mix_up_nothing(desk: Desk, ears: Ears):
    """Some are rolled back, and each writes to two channels in an order of its own."""
    channels = Notes(), Room(room_id=1)

    def scenario(number: int, session: Session) -> None:
        desk.post(session, number, *(channels if number % 2 else reversed(channels)), id=f"note-{number}")
        if number % 3:
            session.commit()
        else:
            session.flush()
            session.rollback()

    await asyncio.gather(*(desk.run(partial(scenario, number)) for number in range(WRITERS)))
    kept = [number for number in range(WRITERS) if number % 3]
    assert await desk.saved() == kept
    entries = await desk.entries()
    assert [entry.position.offset for entry in entries] == list(range(1, len(kept) + 1))
    assert sorted(entry.position.id for entry in entries) == sorted(f"note-{number}" for number in kept)
    # Both channels are locked before either is numbered, so their order is one.
    assert await desk.log("room:1") == [entry.position.id for entry in entries]
    heard = [id for id in await ears.next(len(kept)) if id.startswith("notes ")]
    assert heard == [f"notes {entry.position.id}" for entry in entries][: len(heard)]


@pytest.mark.parametrize("driver", ["sqlite", "psycopg"])
async def test_a_slow_commit_holds_back_those_after_it(desk: Desk):
    """The first has its number and has not committed: the second's event comes after it, and there is no gap."""
    written, may_commit = threading.Event(), threading.Event()

    def first(session: Session) -> None:
        desk.publish(session, 1, id="first")
        event.listen(session, "before_commit", stand)
        session.commit()

    def stand(_: Session) -> None:
        written.set()
        assert may_commit.wait(60)

    def second(session: Session) -> None:
        desk.publish(session, 2, id="second")
        session.commit()

    assert await desk.log() == []
    slow = asyncio.create_task(desk.run(first))
    assert await asyncio.to_thread(written.wait, 60)
    quick = asyncio.create_task(desk.run(second))
    assert await desk.log() == []
    may_commit.set()
    await asyncio.gather(slow, quick)
    assert await desk.log() == ["first", "second"]


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_session_without_the_tables_is_told_what_to_do(engine: Engine | AsyncEngine, elsewhere: bool):
    outbox = Outbox(live(), engine) if elsewhere else Outbox(live(broker=DatabaseBroker(engine)))
    desk = Desk(live(), engine, outbox.publish)
    await desk.connected(Table.metadata.create_all)
    module = "tidings.outbox.migration" if elsewhere else "tidings.brokers.database.migration"

    def scenario(session: Session) -> None:
        desk.post(session, 1)
        with pytest.raises(TablesMissing, match=f"run a migration that calls {module}"):
            session.commit()
        session.rollback()

    await desk.run(scenario)
    assert await desk.saved() == []


async def test_another_failure_of_the_database_is_told_as_it_is(engine: Engine | AsyncEngine):
    desk = await desk_of("log", engine)
    await desk.connected(lambda connection: connection.execute(text("DROP TABLE notes")))

    def scenario(session: Session) -> None:
        desk.post(session, 1)
        with pytest.raises(Exception, match="notes") as raised:
            session.commit()
        assert not isinstance(raised.value, TidingsError)

    await desk.run(scenario)
    await desk.manager.broker.close()


@pytest.mark.parametrize("driver", ["sqlite", "psycopg"])
async def test_the_test_kit_sees_what_is_committed_within_a_transaction_that_a_test_rolls_back(
    desk: Desk, tidings: Publications
):
    assert isinstance(desk.engine, Engine)
    with desk.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            desk.post(session, 1)
            session.commit()
        outer.rollback()
    tidings.only(NotePosted)


@pytest.mark.parametrize("driver", ["sqlite", "psycopg"])
async def test_a_session_that_joined_a_transaction_is_heard_when_that_commits(desk: Desk, ears: Ears):
    assert isinstance(desk.engine, Engine)
    for keep in (False, True):
        with desk.engine.connect() as connection, connection.begin() as outer:
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                desk.post(session, 1, id=f"kept {keep}")
                session.commit()
            assert await desk.log() == []
            await (asyncio.to_thread(outer.commit) if keep else asyncio.to_thread(outer.rollback))
    assert await ears.next() == ["notes kept True"]
    assert await desk.log() == ["kept True"]


@pytest.mark.parametrize("driver", ["sqlite", "psycopg"])
async def test_a_session_of_two_databases_finds_the_right_one(desk: Desk, tmp_path: Path):
    assert isinstance(desk.engine, Engine)
    elsewhere = create_engine(f"sqlite:///{tmp_path}/elsewhere.sqlite3")
    broker = desk.manager.broker
    assert isinstance(broker, DatabaseBroker)
    Table.metadata.create_all(elsewhere)
    with Session(elsewhere, binds=dict.fromkeys(broker.metadata.tables.values(), desk.engine)) as session:
        desk.post(session, 1)
        session.commit()
    assert await desk.log() == ["id-1"]
    assert await desk.saved() == []
    elsewhere.dispose()


@pytest.mark.parametrize("driver", ["psycopg"])
async def test_two_phases(desk: Desk, ears: Ears):
    assert isinstance(desk.engine, Engine)
    with desk.engine.connect() as connection:
        if not int(connection.scalar(text("SHOW max_prepared_transactions")) or 0):
            pytest.skip("this server takes no prepared transactions")

    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.prepare()
        with pytest.raises(OutboxError):
            desk.publish(session, 2)
        session.commit()
        desk.post(session, 3)
        session.prepare()
        session.rollback()

    await desk.run(scenario, twophase=True)
    assert await ears.next() == ["notes id-1"]
    assert await desk.log() == ["id-1"]


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
async def test_a_commit_that_fails_publishes_nothing(desk: Desk, ears: Ears):
    """A deferred constraint is checked by COMMIT itself, after the events were written."""
    deferred = (
        "CREATE TABLE pairs (id INTEGER PRIMARY KEY, other INTEGER REFERENCES pairs DEFERRABLE INITIALLY DEFERRED)"
    )
    await desk.connected(lambda connection: connection.execute(text(deferred)))

    def scenario(session: Session) -> None:
        session.execute(text("INSERT INTO pairs VALUES (1, 2)"))
        desk.publish(session, 1)
        with pytest.raises(Exception, match="foreign key"):
            session.commit()
        session.rollback()
        desk.publish(session, 2)
        session.commit()

    await desk.run(scenario)
    assert await ears.next() == ["notes id-2"]
    assert await desk.log() == ["id-2"]


@pytest.mark.parametrize("driver", ["sqlite"])
async def test_a_database_that_is_locked_keeps_the_events_for_another_try(desk: Desk):
    desk_engine = desk.engine
    assert isinstance(desk_engine, Engine)
    event.listen(desk_engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 0"))

    def scenario(session: Session) -> None:
        desk.publish(session, 1)
        session.get(Note, 1)
        with desk_engine.connect() as other:
            other.exec_driver_sql("INSERT INTO notes VALUES (7, '')")
            with pytest.raises(OperationalError, match="locked"):
                session.commit()
            other.rollback()
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1"]


async def test_arguments_that_are_something_else_are_refused(engine: Engine | AsyncEngine) -> None:
    manager = live()
    outbox = Outbox(manager, engine)
    wrong: Any = "x"
    mapping: Any = {"note_id": 1}
    kind: Any = Notes
    with pytest.raises(TypeError, match=r"Outbox\('x'\): write Outbox\(manager\)"):
        Outbox(wrong)
    with pytest.raises(TypeError, match=r"Outbox\(manager, 'x'\): the second is an Engine"):
        Outbox(manager, wrong)
    with pytest.raises(
        TypeError, match=r"^outbox\.publish\(session, {'note_id': 1}\): write an instance of an Event class$"
    ):
        outbox.publish(Session(), mapping, Notes())
    note: Any = NotePosted(note_id=1)
    event_class: Any = NotePosted
    with pytest.raises(
        TypeError, match=r"^outbox\.publish\(NotePosted\(…\), …\): the session comes first, then the event"
    ):
        outbox.publish(note, mapping, Notes())
    with pytest.raises(TypeError, match=r"^outbox\.publish\(session, .*\): the event comes before its channels$"):
        outbox.publish(Session(), kind(), note)
    with pytest.raises(ChannelError, match=r"^outbox\.publish\(session, NotePosted\(…\)\) names no channel"):
        outbox.publish(Session(), note)
    with pytest.raises(
        TypeError, match=r"^publish_after_commit\(session, <class .*\): that is the class; write NotePosted"
    ):
        manager.publish_after_commit(Session(), event_class, Notes())
    with pytest.raises(TypeError, match=r"Notes\): that is the class; write Notes\(…\)"):
        outbox.publish(Session(), NotePosted(note_id=1), kind)
