"""A Postgres server for tests, which starts when a test first asks for it (torture/postgres.py)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from torture.postgres import Postgres, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running server. A test that needs to restart it asks first whether it is `ours`."""
    with running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[URL]:
    """An empty database on Postgres; give it a driver with `set(drivername=…)`."""
    url = postgres.database()
    yield url
    postgres.drop(url)
