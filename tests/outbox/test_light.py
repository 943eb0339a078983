"""`manager.publish_after_commit`: what is its own, beside what it shares with the outbox (test_sessions.py)."""

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from tests.outbox.conftest import live
from tests.outbox.desk import Desk, Table
from tests.stage import Gate, Notes, Room
from tidings import ConnectionManager, MemoryBroker
from tidings.outbox import light
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry


class Held(MemoryBroker):
    """Appends the first event when its gate is open; fails for what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self.gate.open()
        self.slow = {"id-1"}  # what waits at the gate
        self.failing: set[tuple[str, str]] = set()
        self.tries = asyncio.Semaphore(0)
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.logs_at_close: list[int] = []  # how many logs events had reached, at each close
        self._reached = 0

    async def append(self, channel: str, draft: Draft) -> Entry:
        self.loops.append(asyncio.get_running_loop())
        if draft.id in self.slow:
            await self.gate.passed()
        try:
            if (channel, draft.id) in self.failing:
                raise ConnectionError("the log is away")
            entry = await super().append(channel, draft)
            self._reached += 1
            return entry
        finally:
            self.tries.release()

    async def close(self) -> None:
        self.logs_at_close.append(self._reached)
        await super().close()


class Office(Desk):
    """A desk whose manager has such a broker."""

    def __init__(self, engine: Engine | AsyncEngine, **options: Any) -> None:
        self.broker = Held()
        manager = live(broker=self.broker, **options)
        super().__init__(manager, engine, manager.publish_after_commit)

    async def commit(self, *numbers: int) -> None:
        def scenario(session: Session) -> None:
            for number in numbers:
                self.publish(session, number, Notes(), Room(room_id=1))
            session.commit()

        await self.run(scenario)

    async def tried(self, events: int) -> None:
        """Wait until so many events have reached both of their logs, or failed to."""
        for _ in range(2 * events):
            await asyncio.wait_for(self.broker.tries.acquire(), 60)


@pytest.fixture
def driver() -> str:
    return "sqlite"


@pytest.fixture
async def office(engine: Engine | AsyncEngine) -> Office:
    office = Office(engine)
    await office.connected(Table.metadata.create_all)
    return office


@pytest.fixture
async def served(office: Office) -> AsyncIterator[Office]:
    """With a loop that the manager's connections live on: this one."""
    office.manager.authorize(Notes, Room)(lambda channel, user: True)
    office.manager.start("asgi")
    yield office
    await office.manager.stop()


async def test_events_go_to_the_loop_of_the_connections(served: Office):
    await served.commit(1)
    await served.tried(1)
    assert await served.log() == ["id-1"]
    assert set(served.broker.loops) == {asyncio.get_running_loop()}


async def test_events_reach_the_log_in_the_order_of_the_commits(served: Office):
    """Though the log is slow."""
    served.broker.gate.close()
    for number in range(1, 6):
        await served.commit(number)
    await served.broker.gate.reached()
    served.broker.gate.open()
    await served.tried(5)
    assert await served.log() == await served.log("room:1") == [f"id-{number}" for number in range(1, 6)]


async def test_commits_of_threads_reach_one_log(served: Office):
    await asyncio.gather(*(served.commit(number) for number in range(20)))
    await served.tried(20)
    assert len(await served.log()) == 20
    assert await served.log() == await served.log("room:1")


async def test_a_log_that_fails_is_told_of_loudly_and_keeps_nothing_from_the_rest(
    served: Office, caplog: pytest.LogCaptureFixture
):
    served.broker.failing = {("notes", "id-2")}
    await served.commit(1, 2, 3)
    await served.tried(3)
    assert await served.log() == ["id-1", "id-3"]
    assert await served.log("room:1") == ["id-1", "id-2", "id-3"]
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "note:posted (id-2) was committed, and is lost on notes"
    assert "the log is away" in str(record.exc_info)


async def test_what_waits_is_bounded(served: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setattr(light, "MOST_WAITING", 3)
    served.broker.gate.close()
    await served.commit(1)
    await served.broker.gate.reached()  # the first is taken already
    await served.commit(2, 3, 4, 5)
    served.broker.gate.open()
    await served.tried(4)
    assert await served.log() == ["id-1", "id-2", "id-3", "id-4"]
    assert caplog.messages == ["note:posted is lost after its commit: 3 events wait already"]


def test_a_script_without_a_loop_waits_for_the_log(tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path}/notes.sqlite3")
    office = Office(engine)
    Table.metadata.create_all(engine)
    with Session(engine) as session:
        office.post(session, 1)
        session.commit()
    assert asyncio.run(office.log()) == ["id-1"]
    engine.dispose()


def test_a_script_waits_only_for_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(light, "TIMEOUT", 0.01)
    engine = create_engine(f"sqlite:///{tmp_path}/notes.sqlite3")
    office = Office(engine)
    office.broker.gate.close()
    with Session(engine) as session:
        office.publish(session, 1)
        session.commit()
    [message] = caplog.messages
    assert message.startswith("committed and not published: 1 events, note:posted (1). ")
    assert "did not answer within 0.01 s" in message
    office.broker.slow.clear()
    with Session(engine) as session:
        office.publish(session, 2)
        session.commit()
    assert asyncio.run(office.log()) == ["id-1", "id-2"]
    engine.dispose()


async def test_the_managers_stop_waits_for_what_is_committed(served: Office):
    served.broker.gate.close()
    await served.commit(1, 2, 3)
    stopping = asyncio.create_task(served.manager.stop())
    await served.broker.gate.reached()
    served.broker.gate.open()
    await stopping
    assert served.broker.logs_at_close == [6]  # three events, each in two logs, while the broker was still there
    assert await served.log() == await served.log("room:1") == ["id-1", "id-2", "id-3"]


async def test_the_managers_stop_waits_only_for_so_long(
    served: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(light, "TIMEOUT", 0.01)
    served.broker.gate.close()
    await served.commit(1, 2, 3)
    await served.manager.stop()
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("committed and not published: 3 events, note:posted (3). ")
    served.broker.gate.open()  # the fixture stops it again


@pytest.mark.parametrize("begun", [False, True])
def test_what_a_loop_leaves_unpublished_at_its_end_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, begun: bool
):
    """Whether the broker has been asked already, or the loop ends with the commit."""
    engine = create_engine(f"sqlite:///{tmp_path}/notes.sqlite3")
    office = Office(engine)
    office.broker.gate.close()

    async def commits_and_returns() -> None:
        with Session(engine) as session:
            office.publish(session, 1)
            office.publish(session, 2)
            session.commit()
        if begun:
            await office.broker.gate.reached()

    asyncio.run(commits_and_returns())
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("committed and not published: 2 events, note:posted (2). ")
    engine.dispose()


async def test_a_manager_is_not_kept_alive(engine: Engine | AsyncEngine):
    managers = list[weakref.ref[ConnectionManager]]()

    def commit(session: Session) -> None:
        office = Office(engine)
        managers.append(weakref.ref(office.manager))
        office.publish(session, 1)
        session.commit()

    await Office(engine).run(commit)
    gc.collect()
    assert managers[0]() is None
