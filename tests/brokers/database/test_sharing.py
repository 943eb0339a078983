"""One broker that several share: managers of one process, and a process that forks."""

import asyncio
import multiprocessing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.brokers.follower import Follower, draft
from tests.stage import NotePosted, Notes
from tidings import ConnectionManager
from tidings.brokers.database import DatabaseBroker


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/logs.db"
    engine = create_engine(url)
    DatabaseBroker(engine).metadata.create_all(engine)
    engine.dispose()
    return url


async def test_a_manager_that_stops_leaves_the_broker_to_those_that_go_on(database: str) -> None:
    engine = create_engine(database)
    broker = DatabaseBroker(engine)
    stopping, staying = (ConnectionManager(channels=[Notes], broker=broker) for _ in range(2))
    follower = Follower(broker)
    await broker.follow("notes")
    await stopping.stop()
    await staying.publish(NotePosted(note_id=1), Notes())
    assert [position.offset for position in await follower.has("notes", 1)] == [1]
    broker.unfollow("notes")
    await staying.stop()
    assert not broker.in_use
    engine.dispose()


def append_anew(broker: DatabaseBroker) -> None:
    """In a forked child: exits with the offset that it was given."""
    raise SystemExit(asyncio.run(broker.append("notes", draft("child"))).position.offset)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_forked_process_appends_on_a_thread_of_its_own(database: str) -> None:
    engine = create_engine(database)
    broker = DatabaseBroker(engine)
    asyncio.run(broker.append("notes", draft("parent")))
    child = multiprocessing.get_context("fork").Process(target=append_anew, args=[broker])
    child.start()
    child.join(20)
    assert child.exitcode == 2
    asyncio.run(broker.close())
    engine.dispose()
