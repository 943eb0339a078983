"""The native transport over TLS, where the event loop's transports can do less (no half-close)."""

import asyncio
import ssl
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.certificate import write_certificate
from tests.transports.native_server import DEADLINE, RecordingManager, Running, native
from tidings import Limits

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's, with a certificate made for the occasion."""
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    write_certificate(file)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=file)


def connected(server: Running, context: ssl.SSLContext, **options: Any) -> connect:
    return connect(f"wss://127.0.0.1:{server.port}/ws", ssl=context, compression=None, max_size=None, **options)


async def closed(client: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closing:
        await client.recv()
    assert closing.value.rcvd is not None
    return closing.value.rcvd.code


async def test_messages_and_the_scheme(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    manager = RecordingManager()
    async with native(manager, ssl=contexts[0]) as server, connected(server, contexts[1]) as client:
        connection = await manager.opened()
        assert connection.handshake.scheme == "wss"
        assert connection.transport._descriptor is None  # what is written past TLS is not encrypted
        await client.send("in")
        assert await connection.next() == ("text", "in")
        for number in range(500):
            connection.send(f"{number:03d}" + "x" * 1_000)
        assert [(await client.recv())[:3] for _ in range(500)] == [f"{number:03d}" for number in range(500)]
        connection.transport.close(4401, "no")
        assert await closed(client) == 4401
        await connection.lost_in_time()


async def test_a_bad_frame_is_told(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    manager = RecordingManager()
    async with native(manager, ssl=contexts[0]) as server, connected(server, contexts[1]) as client:
        connection = await manager.opened()
        client.protocol.send_text(b"\xff")
        client.transport.write(b"".join(client.protocol.data_to_send()))
        assert await closed(client) == 1007
        await connection.lost_in_time()


async def test_a_reader_that_stops_is_dropped(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    manager = RecordingManager(Limits(write_buffer=65_536, send_buffer=16_384, stuck_timeout=1.0))
    async with native(manager, ssl=contexts[0]) as server, connected(server, contexts[1], close_timeout=0) as client:
        connection = await manager.opened()
        client.transport.pause_reading()
        async with asyncio.timeout(DEADLINE):
            while not connection.is_lost.is_set():
                if not connection.is_paused.is_set():
                    connection.send("x" * 60_000)
                await asyncio.sleep(0)
        await server.emptied()
        client.transport.abort()
