"""A Valkey server for tests, which starts when a test first asks for it (torture/valkey.py)."""

from collections.abc import Iterator

import pytest

from torture.valkey import NamedValkey, Valkey, shared


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey | NamedValkey]:
    """A running server for all tests of a process. A test that restarts or configures one starts its own with
    `torture.valkey.running`.
    """
    with shared() as server:
        yield server


@pytest.fixture
def redis_url(valkey: Valkey | NamedValkey) -> str:
    """The URL of a server that holds nothing."""
    with valkey.client() as client:
        client.flushall()
    return valkey.url
