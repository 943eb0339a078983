"""Servers of the portable transport that are told to stop, with many clients."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from tests.transports.client import Client, opened
from tests.transports.servers import STOP_TIMEOUT, Server, serving
from tidings.protocol.draining import plan
from tidings.transport import GRACE

pytestmark = pytest.mark.anyio

CLIENTS = 100


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def connected(server: Server, stack: AsyncExitStack, number: int) -> Sequence[Client]:
    clients = [await stack.enter_async_context(opened(server.url, f"?token=u{n}")) for n in range(number)]
    for client in clients:
        assert (await client.next())["type"] == "connection:established"
    return clients


async def sent_away(server: Server, clients: Sequence[Client]) -> list[float]:
    """Stop the server; returns when it has told the clients to come back. All are closed then, and it has ended."""
    server.process.send_signal(signal.SIGTERM)
    told = [await client.next() for client in clients]
    assert {message["type"] for message in told} == {"connection:closing"}
    assert {await client.closed() for client in clients} == {1012}
    assert await asyncio.to_thread(server.process.wait, STOP_TIMEOUT) in {0, -signal.SIGTERM}
    return [message["payload"]["reconnect_after"] for message in told]


@pytest.mark.parametrize("kind", ["uvicorn", "uvicorn-asgi"])
async def test_uvicorn_sends_clients_away_in_turn(kind: str) -> None:
    with serving(kind) as server:
        async with AsyncExitStack() as stack:
            clients = await connected(server, stack, CLIENTS)
            assert await sent_away(server, clients) == [plan(CLIENTS, GRACE).wait(place) for place in range(CLIENTS)]
        assert "Traceback" not in server.log


async def test_hypercorn_has_clients_told_when_its_own_patience_ends() -> None:
    with serving("hypercorn", "tests.transports.app:app", "--graceful-timeout", "0") as server:
        async with AsyncExitStack() as stack:
            clients = await connected(server, stack, 2)
            assert await sent_away(server, clients) == [0.0, 0.0]
