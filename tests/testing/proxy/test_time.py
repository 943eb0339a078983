"""What the fault proxy's delay and rate let pass, on a clock that is turned by hand."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tidings.testing import FakeClock
from tidings.testing.proxy import FaultProxy

clock = FakeClock()


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": clock.new_loop}


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    """It carries one client's bytes back to it: what it writes comes to the server, and from there to its reader."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, FaultProxy(server.sockets[0].getsockname()[:2]) as proxy:
        yield proxy


async def echoed(proxy: FaultProxy, count: int) -> None:
    """Wait until so many bytes have come to the proxy on their way back."""
    while proxy.to_client.received < count:  # noqa: ASYNC110 - a count of bytes has no event
        await asyncio.sleep(0)


async def test_delay_holds_each_byte_for_its_time_in_order(proxy: FaultProxy) -> None:
    reader, writer = await asyncio.open_connection(*proxy.address)
    proxy.to_client.delay = 0.25
    writer.write(b"one")
    await echoed(proxy, 3)
    await clock.advance(0.125)
    writer.write(b"two")
    await echoed(proxy, 6)
    await clock.advance(0.0625)
    assert proxy.to_client.passed == 0
    await clock.advance(0.125)
    assert proxy.to_client.passed == 3
    await clock.advance(0.125)
    assert proxy.to_client.passed == 6
    assert await reader.readexactly(6) == b"onetwo"
    writer.close()


async def test_rate_bounds_what_passes(proxy: FaultProxy) -> None:
    reader, writer = await asyncio.open_connection(*proxy.address)
    proxy.to_client.rate = 50_000
    writer.write(b"x" * 10_000)
    await echoed(proxy, 10_000)
    assert proxy.to_client.passed == 1_000  # a fiftieth of a second's bytes at once
    await clock.advance(0.11)
    assert proxy.to_client.passed == 6_000
    await clock.advance(0.1)
    assert len(await reader.readexactly(10_000)) == 10_000
    writer.write(b"x" * 10_000)
    await echoed(proxy, 20_000)
    assert proxy.to_client.passed < 20_000
    proxy.to_client.rate = None
    assert len(await reader.readexactly(10_000)) == 10_000
    writer.close()
