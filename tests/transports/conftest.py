"""The servers that the conformance suite runs on, each in a process of its own, one for the whole suite."""

from collections.abc import Iterator

import pytest

from tests.transports.servers import SERVERS, serving


@pytest.fixture(scope="session", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that runs `tests.transports.app`."""
    with serving(request.param) as running:
        yield running.url
        # What clients sent wrongly shows no traceback; the one rule that fails shows its own.
        assert running.log.count("Traceback") == running.log.count("RuntimeError: the rule's database is away")
