"""What both test suites share: async tests run on asyncio, the loop that tidings is written for."""

import pytest

pytest_plugins = ["tests.postgres", "tests.valkey"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
