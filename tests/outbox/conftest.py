from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.outbox.desk import Desk, Relayed, Table, by_the_book
from tests.postgres import postgres, postgres_url
from tests.stage import Me, Notes, Room
from tidings import ConnectionManager
from tidings.brokers.database import DatabaseBroker
from tidings.outbox import Outbox

__all__ = ["postgres", "postgres_url"]

DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "aiosqlite": "sqlite+aiosqlite",
    "psycopg": "postgresql+psycopg",
    "asyncpg": "postgresql+asyncpg",
}


def live(**options: Any) -> ConnectionManager:
    """A manager whose events have the ids `id-1`, `id-2`, …"""
    numbers = count(1)
    return ConnectionManager(channels=[Notes, Room, Me], ids=lambda: f"id-{next(numbers)}", **options)


def engine_of(driver: str, url: URL) -> Engine | AsyncEngine:
    """An engine; `driver` is one of DRIVERS, or psycopg_async."""
    url = url.set(drivername=DRIVERS.get(driver, f"postgresql+{driver}"))
    if driver in {"aiosqlite", "asyncpg", "psycopg_async"}:
        engine = create_async_engine(url)
        if driver == "aiosqlite":
            by_the_book(engine.sync_engine)
        return engine
    return by_the_book(create_engine(url)) if driver == "sqlite" else create_engine(url)


@pytest.fixture
async def engine(driver: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine | AsyncEngine]:
    """An empty database of the test's `driver`."""
    if "sqlite" in driver:
        url = URL.create("sqlite", database=str(tmp_path / "notes.sqlite3"))
    else:
        url = request.getfixturevalue("postgres_url")
    engine = engine_of(driver, url)
    yield engine
    if isinstance(engine, AsyncEngine):
        await engine.dispose()
    else:
        engine.dispose()


async def desk_of(form: str, engine: Engine | AsyncEngine) -> Desk:
    """A desk with its tables."""
    if form == "light":
        manager = live()
        desk = Desk(manager, engine, manager.publish_after_commit)
    elif form == "log":
        broker = DatabaseBroker(engine)
        manager = live(broker=broker)
        desk = Desk(manager, engine, Outbox(manager).publish)
        await desk.connected(broker.metadata.create_all)
    else:
        desk = Relayed(live(), engine)
        await desk.connected(desk.outbox.metadata.create_all)
    await desk.connected(Table.metadata.create_all)
    return desk


FORMS = [
    "light sqlite",
    "light aiosqlite",
    "relay sqlite",
    "relay asyncpg",
    "log sqlite",
    "log aiosqlite",
    "log psycopg",
    "log asyncpg",
]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def driver(form: str) -> str:
    return form.partition(" ")[2]


@pytest.fixture
async def desk(form: str, engine: Engine | AsyncEngine) -> AsyncIterator[Desk]:
    desk = await desk_of(form.partition(" ")[0], engine)
    yield desk
    await desk.manager.broker.close()
