"""A server that is told to stop, with many clients and one that does not read."""

import asyncio
import signal
from contextlib import AsyncExitStack

import httpx2
import pytest
from websockets.frames import Opcode

from tests.transports.client import Client, opened
from tests.transports.native_server import raw_client
from tests.transports.servers import STOP_TIMEOUT, serving

pytestmark = pytest.mark.anyio

CLIENTS, AT_ONCE = 500, 50


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_all_are_told_and_closed_and_a_stuck_reader_keeps_nobody() -> None:
    with serving("uvicorn-native") as server:
        async with (
            AsyncExitStack() as stack,
            raw_client(server.port, "/ws?token=stuck", receive_buffer=8_192) as stuck,
            httpx2.AsyncClient(base_url=server.url, timeout=STOP_TIMEOUT) as http,
        ):
            stuck.send_text('{"type": "subscribe", "payload": {"channels": ["notes"]}, "id": "1"}')
            while '"subscribed"' not in await stuck.text():
                pass
            notes = {"first": 1, "last": 100, "size": 50_000}
            assert (await http.post("/notes", json=notes)).status_code == 200
            clients: list[Client] = []
            for first in range(0, CLIENTS, AT_ONCE):
                more = (stack.enter_async_context(opened(server.url, f"?token=u{first + n}")) for n in range(AT_ONCE))
                clients += await asyncio.gather(*more)
            for client in clients:
                assert (await client.next())["type"] == "connection:established"
            server.process.send_signal(signal.SIGTERM)
            told = [await client.next() for client in clients]
            assert {message["type"] for message in told} == {"connection:closing"}
            waits = [message["payload"]["reconnect_after"] for message in told]
            assert sorted(set(waits)) == pytest.approx([number / 10 for number in range(12)])
            assert [await client.closed() for client in clients] == [1012] * CLIENTS
            status = await asyncio.to_thread(server.process.wait, STOP_TIMEOUT)
            stuck.send(Opcode.PING)
        assert status in {0, -signal.SIGTERM}
        assert "Traceback" not in server.log
