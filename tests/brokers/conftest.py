"""The databases that logs are kept in: each supported driver, each test on an empty one with the tables."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tidings.brokers.database import DatabaseBroker, DatabaseSettings
from tidings.brokers.database.tables import tables
from tidings.brokers.redis import RedisBroker, RedisSettings

DRIVERS: dict[str, tuple[str, Callable[..., Any]]] = {
    "sqlite": ("sqlite+pysqlite", create_engine),
    "aiosqlite": ("sqlite+aiosqlite", create_async_engine),
    "asyncpg": ("postgresql+asyncpg", create_async_engine),
    "psycopg": ("postgresql+psycopg", create_engine),
    "psycopg_async": ("postgresql+psycopg_async", create_async_engine),
}

MakeBroker = Callable[..., DatabaseBroker]
MakeRedis = Callable[..., RedisBroker]
_SETTINGS = {field.name for field in fields(DatabaseSettings)}
_REDIS_SETTINGS = {field.name for field in fields(RedisSettings)}


def database_broker(engine: Engine | AsyncEngine, **options: Any) -> DatabaseBroker:
    """A broker that polls often; `options` are its own and those of its settings."""
    chosen = {"poll": 0.01, **{name: options.pop(name) for name in _SETTINGS & options.keys()}}
    return DatabaseBroker(engine, settings=DatabaseSettings(**chosen), **options)


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def url(driver: str, tmp_path: Path, request: pytest.FixtureRequest) -> URL:
    """A database with tables, and without events."""
    if driver in ("sqlite", "aiosqlite"):
        found = URL.create("sqlite", database=str(tmp_path / "logs.db"))
    else:
        found = request.getfixturevalue("postgres_url")
    plain = create_engine(found.set(drivername={"sqlite": "sqlite"}.get(found.drivername, "postgresql+psycopg")))
    tables().metadata.create_all(plain)
    plain.dispose()
    return found


@pytest.fixture
def engine(driver: str, url: URL) -> Iterator[Engine | AsyncEngine]:
    """The application's engine. The brokers use connections of their own, so an AsyncEngine's pool stays empty."""
    name, create = DRIVERS[driver]
    made: Any = create(url.set(drivername=name))
    yield made
    (made.sync_engine if isinstance(made, AsyncEngine) else made).dispose()


@pytest.fixture
async def make(engine: Engine | AsyncEngine) -> AsyncIterator[MakeBroker]:
    """Makes brokers on the same database, as in several processes; they are closed at the end."""
    async with AsyncExitStack() as stack:

        def make(**options: Any) -> DatabaseBroker:
            broker = database_broker(engine, **options)
            stack.push_async_callback(broker.close)
            return broker

        yield make


def redis_broker(url: str, **options: Any) -> RedisBroker:
    """A broker; `options` are its own and those of its settings. It has nothing to poll."""
    options.pop("poll", None)
    chosen = {name: options.pop(name) for name in _REDIS_SETTINGS & options.keys()}
    return RedisBroker(url, settings=RedisSettings(**chosen), **options)


@pytest.fixture
async def make_redis(redis_url: str) -> AsyncIterator[MakeRedis]:
    """Makes brokers on the same server, as in several processes; they are closed at the end."""
    async with AsyncExitStack() as stack:

        def make(**options: Any) -> RedisBroker:
            broker = redis_broker(redis_url, **options)
            stack.push_async_callback(broker.close)
            return broker

        yield make
