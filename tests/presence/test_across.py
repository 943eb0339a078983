"""Two nodes in real time on logs elsewhere: in SQLite, and in Valkey."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine

from tests.brokers.conftest import database_broker
from tests.presence.watching import Shifts, node, present, watching
from tidings import ConnectionManager
from tidings.broker import Broker
from tidings.brokers.database.tables import tables
from tidings.brokers.redis import RedisBroker
from tidings.testing import FakeClock

Nodes = tuple[ConnectionManager, ConnectionManager]


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[tuple[Broker, Broker]]:
    url = URL.create("sqlite", database=str(tmp_path / "logs.db"))
    with ExitStack() as stack:
        engines = [create_engine(url) for _ in range(2)]
        for engine in engines:
            stack.callback(engine.dispose)
        tables().metadata.create_all(engines[0])
        yield database_broker(engines[0]), database_broker(engines[1])


@pytest.fixture
def on_redis(redis_url: str) -> tuple[Broker, Broker]:
    return RedisBroker(redis_url), RedisBroker(redis_url)


@pytest.fixture(params=["on_sqlite", "on_redis"])
def brokers(request: pytest.FixtureRequest) -> tuple[Broker, Broker]:
    """A broker for each of two processes."""
    found: tuple[Broker, Broker] = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def nodes(brokers: tuple[Broker, Broker]) -> AsyncIterator[Nodes]:
    here, there = (node(broker, FakeClock()) for broker in brokers)
    yield here, there
    for manager in (here, there):
        await manager.stop()


async def test_what_happens_on_one_is_seen_on_the_other(nodes: Nodes) -> None:
    here, there = nodes
    async with watching(here, "watcher") as watcher, present(there, "anna") as anna:
        await watcher.until({"anna": 1})
        async with present(here, "ben") as ben:
            await ben.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
            await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 13}})
            await watcher.until({"anna": 1, "ben": 1}, metadata={"anna": 13, "ben": 12})
            assert [user.user_id for user in await there.presence(Shifts())] == ["anna", "ben"]
            async with watching(there, "other") as other:
                await other.until({"anna": 1, "ben": 1}, metadata={"anna": 13, "ben": 12})
                await ben.unsubscribe(Shifts())
                await watcher.until({"anna": 1})
                await other.until({"anna": 1})


async def test_a_user_who_comes_back_from_a_node_that_stopped_is_shown_once(nodes: Nodes) -> None:
    here, there = nodes
    async with watching(here, "watcher") as watcher:
        async with present(there, "anna") as anna:
            await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
            await watcher.until({"anna": 1}, metadata={"anna": 12})
            await there.stop()
        async with present(here, "anna") as anna:
            await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 13}})
            await watcher.until({"anna": 1}, metadata={"anna": 13})
        first = watcher.seen.index({"anna": 1})
        assert {} not in watcher.seen[first:]
