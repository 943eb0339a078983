"""Leases, on each kind of table that has them."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL, Engine, create_engine

from tidings.brokers.database.lease import Lease
from tidings.brokers.database.tables import tables
from tidings.outbox.rows import OutboxTable

TERM = 60.0


@pytest.fixture(params=["sqlite", "psycopg"], ids=["sqlite", "postgres"])
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def engine(url: URL) -> Iterator[Engine]:
    made = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
    OutboxTable().metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture(params=["sweep", "relay"])
def lease(request: pytest.FixtureRequest) -> Lease:
    return Lease(tables().leases, {"name": "sweep"}) if request.param == "sweep" else OutboxTable().lease


@pytest.fixture
def take(engine: Engine, lease: Lease) -> Callable[[str, float], bool]:
    """Whether the holder gets it at that time, for TERM seconds."""

    def take(holder: str, now: float) -> bool:
        with engine.begin() as connection:
            return lease.take(connection, holder, now, TERM)

    return take


def test_one_has_it_at_a_time(take: Callable[[str, float], bool]) -> None:
    assert take("one", 0.0)
    assert not take("two", 0.0)
    assert take("one", 59.0)
    assert not take("two", 118.0)
    assert take("two", 120.0)
    assert not take("one", 120.0)


def test_one_that_is_released_is_free_at_once(engine: Engine, lease: Lease, take: Callable[[str, float], bool]) -> None:
    assert take("one", 0.0)
    for holder in ("two", "one"):
        with engine.begin() as connection:
            lease.release(connection, holder)
        assert take("two", 1.0) is (holder == "one")


def test_one_of_a_clock_that_was_far_ahead_is_not_waited_for(take: Callable[[str, float], bool]) -> None:
    assert take("one", 1_000_000.0)
    assert take("two", 0.0)


def test_a_longer_one_is_waited_for(engine: Engine, lease: Lease, take: Callable[[str, float], bool]) -> None:
    with engine.begin() as connection:
        assert lease.take(connection, "one", 0.0, 20 * TERM)
    assert not take("two", 0.0)


@pytest.mark.parametrize("driver", ["psycopg"], indirect=True)  # SQLite has one writer at a time
def test_of_two_who_begin_at_once_one_gets_it(engine: Engine, lease: Lease) -> None:
    with engine.connect() as first, engine.connect() as second:
        second.exec_driver_sql("SET lock_timeout = '100ms'")
        with first.begin():
            assert lease.take(first, "one", 0.0, TERM)
            second.commit()
            with pytest.raises(Exception, match="lock timeout"):  # it waits for the first to end
                lease.take(second, "two", 0.0, TERM)
            second.rollback()
        assert not lease.take(second, "two", 0.0, TERM)
