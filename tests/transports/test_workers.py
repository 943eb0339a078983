"""Logs in the memory of one process, served by several workers that another program has spawned."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from tests.transports.client import opened
from tests.transports.servers import Server, serving

pytestmark = pytest.mark.anyio

APP = "tests.transports.divided:app"
DEADLINE = 60.0  # seconds; only a failure waits so long


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def of_each(ask: Callable[[], Awaitable[tuple[str, str]]], workers: int) -> set[str]:
    """Ask until each worker has answered; returns what they say."""
    answers: dict[str, set[str]] = {}
    async with asyncio.timeout(DEADLINE):
        while len(answers) < workers:
            process, answer = await ask()
            answers.setdefault(process, set()).add(answer)
    return set().union(*answers.values())


def upgrade(server: Server) -> Callable[[], Awaitable[tuple[str, str]]]:
    async def ask() -> tuple[str, str]:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(server.url):
                pass
        response = refused.value.response
        assert response.status_code == 503
        return response.headers["x-process"], bytes(response.body or b"").decode()

    return ask


def readiness(server: Server) -> Callable[[], Awaitable[tuple[str, str]]]:
    async def ask() -> tuple[str, str]:
        async with httpx2.AsyncClient(timeout=DEADLINE) as http:  # a new connection, which any worker may take
            response = await http.get(f"{server.url}/readyz")
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        return response.headers["x-process"], response.json()["detail"]

    return ask


async def test_each_of_several_workers_refuses_and_says_how_to_mend_it() -> None:
    with serving("uvicorn", APP, "--workers", "2") as server:
        [refusal] = await of_each(upgrade(server), 2)
        [reason] = await of_each(readiness(server), 2)
        assert server.log.count("no connection is taken: MemoryBroker keeps its logs in one process") == 2
    assert "2 processes serve this address" in reason
    assert "run one worker, or give ConnectionManager a broker that processes share" in reason
    assert reason in refusal


async def test_a_supervisors_only_worker_serves() -> None:
    with serving("uvicorn", APP, "--reload") as server:
        async with opened(server.url, "?token=any") as client, httpx2.AsyncClient(base_url=server.url) as http:
            assert (await client.next())["type"] == "connection:established"
            for path in ("/readyz", "/healthz"):
                assert (await http.get(path)).status_code == 200
        assert "no connection is taken" not in server.log
