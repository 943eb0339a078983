"""Rows of `tidings_outbox` reach a log that is kept elsewhere: all of them, once, each channel's in order of commit."""

import asyncio
import logging
import re
import threading
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from msgspec.structs import replace
from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, inspect, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session

from tests.outbox.conftest import DRIVERS, live
from tests.outbox.desk import Desk, Relayed, Table
from tests.stage import Hearing, NotePosted, Notes, Room
from tidings import DeclarationError, EventError, MemoryBroker
from tidings.outbox import Outbox, RelaySettings, migration
from tidings.outbox.blocked import STRIKES
from tidings.outbox.relay import LEASE_LOOK, LONGEST_PAUSE, Relay
from tidings.outbox.rows import check_dialect
from tidings.protocol.control import LOGS, Disconnect, Reauthorize, Revoke, read_act
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Log
from tidings.testing import FakeClock

NOW = 1_800_000_000.0


class Moody(MemoryBroker):
    """Fails for some channels; `asked` is what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()
        self.refusing: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    async def append(self, channel: str, draft: Draft) -> Entry:
        self.asked.append((channel, draft.id))
        if channel in self.failing:
            raise ConnectionError(f"no {channel} today")
        if draft.id in self.refusing:
            raise EventError(f"{draft.id} is no event for this log")
        return await super().append(channel, draft)


class Office(Relayed):
    """A desk with a broker and a clock in the test's hand."""

    def __init__(self, engine: Engine | AsyncEngine, clock: FakeClock, **settings: Any) -> None:
        self.broker, self.clock = Moody(), clock
        more = {"clock": clock, "ids": lambda: f"process {id(self)}", "random": lambda: 1.0}
        super().__init__(live(broker=self.broker), engine, settings=RelaySettings(**settings), **more)
        relay = self.outbox.relay
        assert relay is not None
        self.relay: Relay = relay

    async def commit(self, *events: tuple[int, Room | Notes]) -> None:
        def scenario(session: Session) -> None:
            for number, channel in events:
                self.publish(session, number, channel, id=f"note-{number}")
            session.commit()

        await self.run(scenario)

    async def notes(self, *numbers: int) -> None:
        await self.commit(*((number, Notes()) for number in numbers))

    async def entries(self, channel: str = "notes") -> list[Entry]:
        """What is in the log, without relaying first."""
        return await Desk.entries(self, channel)


everywhere = pytest.mark.parametrize("driver", DRIVERS)
"""For what the database has a part in; the rest is tried on one."""


@pytest.fixture
def driver() -> str:
    return "sqlite"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def office(engine: Engine | AsyncEngine, clock: FakeClock) -> Office:
    office = Office(engine, clock)
    await office.connected(office.outbox.metadata.create_all)
    await office.connected(Table.metadata.create_all)
    return office


def execute(statement: Executable, connection: Connection) -> None:
    connection.execute(statement)


def ids(*numbers: int) -> list[str]:
    return [f"note-{number}" for number in numbers]


@everywhere
async def test_rows_are_appended_in_order_and_deleted(office: Office):
    await office.notes(1, 2)
    await office.commit((3, Room(room_id=1)), (4, Notes()))
    assert (await office.outbox.measure())[:2] == (4, 0)
    await office.relay.step()
    assert await office.log() == ids(1, 2, 4)
    assert await office.log("room:1") == ids(3)
    assert await office.outbox.measure() == (0, 0, None)


@everywhere
async def test_an_event_comes_out_as_it_went_in(office: Office):
    event = NotePosted(note_id=1, text="Ünïcode \N{SNOWMAN} \x00 \\ '", version=7)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    draft = replace(office.manager.prepare(event, Notes(), id="x").draft, traceparent=trace)
    await office.connected(lambda connection: office.relay.write(connection, [("notes", draft)]))
    await office.relay.step()
    log = Log("notes", (await office.entries())[0].position._replace(offset=0, id=""))
    there, _ = log.append(draft, 0)
    [here] = await office.entries()
    assert here[:3] == there[:3]


async def test_a_trace_that_somebody_has_changed_to_none_is_left_out(office: Office):
    await office.notes(1)
    await office.connected(partial(execute, update(office.relay.table.events).values(traceparent="no trace")))
    await office.relay.step()
    [entry] = await office.entries()
    assert b"trace" not in entry.message


async def test_a_batch_is_no_bound(engine: Engine | AsyncEngine, clock: FakeClock, office: Office):
    small = Office(engine, clock, batch=3)
    await small.notes(*range(10))
    await small.relay.step()
    assert await small.log() == ids(*range(10))


@everywhere
async def test_a_commit_wakes_the_relay(office: Office):
    heard = asyncio.Queue[str]()
    office.broker.attach(Hearing(lambda channel, entry: heard.put_nowait(entry.position.id)))
    await office.notes(1)
    async with office.outbox.relaying():
        assert await asyncio.wait_for(heard.get(), 30) == "note-1"  # committed before it began
        await office.notes(2)
        assert await asyncio.wait_for(heard.get(), 30) == "note-2"
    await office.notes(3)
    assert heard.empty()


@everywhere
async def test_one_process_relays_at_a_time(engine: Engine | AsyncEngine, clock: FakeClock, office: Office):
    other = Office(engine, clock)
    await office.relay.step()
    await office.notes(1)
    await other.relay.step()
    assert await other.log() == []
    clock.turn(11)  # the first has died
    await other.relay.step()
    assert await other.log() == ids(1)


@everywhere
async def test_a_process_that_stops_hands_over_at_once(engine: Engine | AsyncEngine, clock: FakeClock, office: Office):
    other = Office(engine, clock)
    heard = asyncio.Event()
    office.broker.attach(Hearing(lambda channel, entry: heard.set()))
    await office.notes(1)
    async with office.outbox.relaying():
        await asyncio.wait_for(heard.wait(), 30)
        with pytest.raises(RuntimeError, match="relaying already"):
            async with office.outbox.relaying():
                raise AssertionError
    await office.notes(2)
    await other.relay.step()
    assert await other.log() == ids(2)


async def test_a_relay_keeps_its_lease_while_it_works(engine: Engine | AsyncEngine, clock: FakeClock, office: Office):
    other = Office(engine, clock)
    for number in range(20):
        await office.notes(number)
        await office.relay.step()
        clock.turn(2)
        await other.relay.step()
    assert await office.log() == ids(*range(20))
    assert await other.log() == []


async def test_another_goes_on_soon_after_a_relay_has_stopped(
    engine: Engine | AsyncEngine, clock: FakeClock, office: Office
):
    """As in a deployment, which stops one process after the other."""
    other, heard = Office(engine, clock), asyncio.Event()
    office.broker.attach(Hearing(lambda channel, entry: heard.set()))
    await office.notes(1)
    async with office.outbox.relaying():
        await asyncio.wait_for(heard.wait(), 30)
        pause = await other.relay.step()
    assert 0 < pause <= LEASE_LOOK
    await office.notes(2)
    clock.turn(pause)
    await other.relay.step()
    assert await other.log() == ids(2)


@everywhere
async def test_a_row_that_was_appended_and_not_deleted_changes_nothing(office: Office):
    await office.notes(1, 2)
    prepared = office.manager.prepare(NotePosted(note_id=1), Notes(), id="note-1")
    await office.broker.append("notes", prepared.draft)
    await office.relay.step()
    assert await office.log() == ids(1, 2)


@everywhere
async def test_a_channel_that_fails_keeps_its_order_and_holds_up_no_other(office: Office, clock: FakeClock):
    office.broker.failing = {"notes"}
    await office.commit((1, Notes()), (2, Room(room_id=1)), (3, Notes()), (4, Room(room_id=1)))
    await office.relay.step()
    assert await office.log("room:1") == ids(2, 4)
    assert office.broker.asked == [("notes", "note-1"), ("room:1", "note-2"), ("room:1", "note-4")]
    office.broker.failing = set()
    await office.relay.step()
    assert await office.log() == []  # it is not tried again at once
    clock.turn(LONGEST_PAUSE)
    await office.relay.step()
    assert await office.log() == ids(1, 3)
    assert (await office.outbox.measure()).waiting == 0


async def test_a_failing_channel_is_tried_again_ever_more_seldom(office: Office, clock: FakeClock):
    office.broker.failing = {"notes"}
    await office.notes(1)
    tries = []
    while clock() < NOW + 60:
        before = len(office.broker.asked)
        pause = await office.relay.step()
        assert 0 <= pause <= 0.5
        if len(office.broker.asked) > before:
            tries.append(round(clock() - NOW, 1))
        clock.turn(max(pause, 0.01))
    pauses = [late - early for early, late in pairwise(tries)]
    due = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, *[LONGEST_PAUSE] * 20]
    assert pauses == pytest.approx(due[: len(pauses)], abs=0.1)
    assert len(pauses) > 12


async def test_a_log_that_is_away_loses_nothing(office: Office, clock: FakeClock, caplog: pytest.LogCaptureFixture):
    office.broker.failing = {"notes"}
    for number in range(100):
        await office.notes(number)
        await office.relay.step()
        clock.turn(60)
    assert [record.getMessage() for record in caplog.records] == [
        "channel notes cannot be appended to; it is tried again until it can: ConnectionError: no notes today"
    ]
    office.broker.failing = set()
    clock.turn(LONGEST_PAUSE)
    await office.relay.step()
    assert await office.log() == ids(*range(100))


@everywhere
async def test_a_row_that_is_no_event_is_set_aside_with_its_reason(office: Office, caplog: pytest.LogCaptureFixture):
    await office.notes(*range(6))
    events = office.relay.table.events
    for number, damage in enumerate(
        [{"payload": "{"}, {"payload": "[1]"}, {"type": "no type"}, {"channel": "two words"}]
    ):
        change = update(events).where(events.c.id == f"note-{number}").values(**damage)
        await office.connected(partial(execute, change))
    office.broker.refusing = {"note-4"}
    await office.relay.step()
    assert await office.log() == ids(5)
    assert (await office.outbox.measure())[:2] == (0, 5)
    query = select(events.c.refused).order_by(events.c.number)
    reasons = await office.connected(lambda connection: connection.scalars(query).all())
    expected = [
        "is no event",
        "is no event",
        "'no type' is not",
        "'two words' is not",
        "note-4 is no event for this",
    ]
    for reason, part in zip(reasons, expected, strict=True):
        assert part in reason
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 5


async def test_a_row_that_fails_while_others_succeed_is_set_aside_in_the_end(office: Office, clock: FakeClock):
    office.broker.failing = {"notes"}
    await office.notes(1, 2)
    for number in range(100, 100 + 130):
        await office.commit((number, Room(room_id=1)))
        await office.relay.step()
        clock.turn(30)
        if number == 100 + 118:
            assert (await office.outbox.measure())[:2] == (2, 0)
    assert (await office.outbox.measure())[:2] == (1, 1)
    office.broker.failing = set()
    clock.turn(LONGEST_PAUSE)
    await office.relay.step()
    assert await office.log() == ids(2)


async def test_a_broker_that_is_away_for_long_has_nothing_set_aside(office: Office, clock: FakeClock):
    office.broker.failing = {"notes", "room:1"}
    await office.commit((1, Notes()), (2, Room(room_id=1)))
    for _ in range(STRIKES * 20):
        await office.relay.step()
        clock.turn(60)
    office.broker.failing = set()
    await office.relay.step()
    assert await office.log() == ids(1)
    assert await office.log("room:1") == ids(2)


@everywhere
async def test_rows_go_when_their_retention_is_over(
    engine: Engine | AsyncEngine, clock: FakeClock, office: Office, caplog: pytest.LogCaptureFixture
):
    short = Office(engine, clock, retention=3_600)
    short.broker.failing, short.broker.refusing = {"notes"}, {"note-2"}
    await short.commit((1, Notes()), (2, Room(room_id=1)))
    await short.relay.step()
    assert (await short.outbox.measure()) == (1, 1, NOW)
    clock.turn(3_500)
    await short.notes(3)
    await short.relay.step()
    assert (await short.outbox.measure())[:2] == (2, 1)
    clock.turn(200)
    await short.relay.step()
    assert await short.outbox.measure() == (1, 0, NOW + 3_500)
    assert "1 events were not relayed within 3600 s, and are deleted" in caplog.messages


@everywhere
async def test_a_database_that_is_away_is_waited_for(
    engine: Engine | AsyncEngine, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    office = Office(engine, clock)
    heard, failures = asyncio.Event(), asyncio.Semaphore(0)
    office.broker.attach(Hearing(lambda channel, entry: heard.set()))
    sync = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    loop = asyncio.get_running_loop()

    @event.listens_for(sync, "handle_error")
    def count(_: object) -> None:  # what it returned would be raised in place of the error
        loop.call_soon_threadsafe(failures.release)

    async with office.outbox.relaying():
        for _ in range(3):
            await asyncio.wait_for(failures.acquire(), 30)
        await office.connected(office.outbox.metadata.create_all)
        await office.connected(Table.metadata.create_all)
        await office.notes(1)
        await asyncio.wait_for(heard.wait(), 30)
    first, last = caplog.messages
    assert first.startswith("the outbox cannot be relayed; it is tried again until it can: TablesMissing: ")
    assert re.fullmatch("the outbox can be relayed again, after [0-9]+ failures", last)
    assert not any(record.exc_info for record in caplog.records)


@everywhere
async def test_a_database_that_does_not_answer_is_given_up_and_asked_again(
    engine: Engine | AsyncEngine, clock: FakeClock, office: Office
):
    hasty = Office(engine, clock, timeout=0.5)
    heard = asyncio.Event()
    hasty.broker.attach(Hearing(lambda channel, entry: heard.set()))
    await hasty.notes(1)
    name = "sqlite+pysqlite" if engine.dialect.name == "sqlite" else "postgresql+psycopg"
    other = create_engine(engine.url.set(drivername=name))
    with other.connect() as connection:  # its transaction holds the lease's row, and ends with the block
        assert hasty.relay.table.lease.take(connection, "another", clock(), 10.0)
        with pytest.raises(TimeoutError):
            await hasty.relay.step()
    other.dispose()
    async with hasty.outbox.relaying():
        await asyncio.wait_for(heard.wait(), 30)
    assert await hasty.log() == ids(1)


@everywhere
async def test_the_tables_come_and_go_by_alembic(engine: Engine | AsyncEngine):
    def look(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    def migrate(connection: Connection, step: Callable[[Operations], None]) -> set[str]:
        step(Operations(MigrationContext.configure(connection)))
        return look(connection)

    desk = Desk(live(), engine, live().publish_after_commit)
    up = await desk.connected(lambda connection: migrate(connection, migration.upgrade))
    assert up == {"tidings_outbox", "tidings_outbox_lease"}
    assert await desk.connected(lambda connection: migrate(connection, migration.downgrade)) == set()


async def test_the_tables_are_found_in_their_schema(postgres_url: URL, clock: FakeClock):
    engine = create_async_engine(postgres_url.set(drivername="postgresql+asyncpg"))
    office = Relayed(live(), engine, schema="elsewhere", clock=clock)
    await office.connected(lambda connection: connection.execute(text("CREATE SCHEMA elsewhere")))
    await office.connected(lambda connection: migration.upgrade(_operations(connection), schema="elsewhere"))

    def scenario(session: Session) -> None:
        office.publish(session, 1)
        session.commit()

    await office.run(scenario)
    assert await office.log() == ["id-1"]
    await engine.dispose()


def _operations(connection: Connection) -> Operations:
    return Operations(MigrationContext.configure(connection))


async def test_who_commits_first_is_relayed_first(postgres_url: URL):
    """The first writer has its number and has not committed; the second waits for it, or its event would come first."""
    engine = create_engine(postgres_url.set(drivername="postgresql+psycopg"))
    office = Relayed(live(), engine)
    await office.connected(office.outbox.metadata.create_all)
    await office.connected(Table.metadata.create_all)
    written, may_commit = threading.Event(), threading.Event()

    def stand(session: Session) -> None:
        written.set()
        assert may_commit.wait(60)

    def first(session: Session) -> None:
        office.publish(session, 1, id="first")
        event.listen(session, "before_commit", stand)
        session.commit()

    def second(session: Session) -> None:
        office.publish(session, 2, Room(room_id=1), Notes(), id="second")
        session.commit()

    slow = asyncio.create_task(office.run(first))
    assert await asyncio.to_thread(written.wait, 60)
    quick = asyncio.create_task(office.run(second))
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    while not await office.connected(lambda connection: connection.scalar(waits)):
        assert not quick.done()
    assert (await office.outbox.measure()).waiting == 0
    may_commit.set()
    await asyncio.gather(slow, quick)
    assert await office.log() == ["first", "second"]
    engine.dispose()


def test_other_databases_are_refused():
    with pytest.raises(DeclarationError, match="works on postgresql and sqlite, not on mysql"):
        check_dialect("mysql")


@pytest.mark.parametrize("setting", ["retention", "patience", "poll", "lease", "batch", "timeout"])
def test_a_setting_that_is_none_is_refused(setting: str):
    none: dict[str, Any] = {setting: 0}
    with pytest.raises(ValueError, match=f"{setting} is 0: it must be more than 0"):
        RelaySettings(**none)


def test_a_broker_with_a_log_elsewhere_needs_the_engine():
    with pytest.raises(
        DeclarationError, match=r"MemoryBroker is not in your database: write Outbox\(manager, engine\)"
    ):
        Outbox(live())


async def test_what_is_withdrawn_with_the_data_is_relayed_to_the_control_logs(office: Office):
    def scenario(session: Session) -> None:
        office.outbox.revoke(session, "ann", Notes())
        office.outbox.disconnect_user(session, 7, "gone")
        office.outbox.reauthorize(session, "bob")
        session.commit()

    await office.run(scenario)
    await office.relay.step()
    acts = [read_act(entry.message) for log in LOGS for entry in await office.entries(log)]
    assert acts[:2] == [Revoke("ann", "notes"), Reauthorize("bob")]
    assert isinstance(acts[2], Disconnect)
    assert (acts[2].user_id, acts[2].reason) == ("7", "gone")
