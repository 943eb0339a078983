"""What both test suites share: async tests run on asyncio, the loop that tidings is written for."""

import pytest

pytest_plugins = ["tests.postgres", "tests.valkey"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="scheduling's tests on Postgres as well as on SQLite")
