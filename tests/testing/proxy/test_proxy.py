"""The fault proxy between a client and a server: each fault, its ends, and the proxy's bounds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from tidings.testing.proxy import FaultProxy

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Upstream:
    """A server that gives the test each connection."""

    def __init__(self) -> None:
        self._came: asyncio.Queue[Streams] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self._came.put_nowait((reader, writer))

    async def next(self) -> Streams:
        async with asyncio.timeout(10):
            return await self._came.get()


@pytest.fixture
async def upstream() -> AsyncIterator[tuple[Upstream, tuple[str, int]]]:
    known = Upstream()
    server = await asyncio.start_server(known.take, "127.0.0.1", 0)
    yield known, server.sockets[0].getsockname()[:2]
    server.close()
    for writer in known.writers:
        writer.transport.abort()
    await server.wait_closed()


@pytest.fixture
async def proxy(upstream: tuple[Upstream, tuple[str, int]]) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(upstream[1]) as running:
        yield running


@asynccontextmanager
async def connected(proxy: FaultProxy) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection(*proxy.address)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@pytest.fixture
async def ends(proxy: FaultProxy, upstream: tuple[Upstream, tuple[str, int]]) -> AsyncIterator[tuple[Streams, Streams]]:
    """A client's end and the server's."""
    async with connected(proxy) as client:
        yield client, await upstream[0].next()


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(60):
        yield


Ends = tuple[Streams, Streams]


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until it is so; the deadline ends what never will be."""
    while not condition():  # noqa: ASYNC110 - a count of bytes has no event
        await asyncio.sleep(0)


async def test_bytes_pass_both_ways_and_are_counted(proxy: FaultProxy, ends: Ends) -> None:
    (reader, writer), (server_reader, server_writer) = ends
    writer.write(b"to the server")
    assert await server_reader.readexactly(13) == b"to the server"
    server_writer.write(b"to the client" * 100_000)
    assert await reader.readexactly(1_300_000) == b"to the client" * 100_000
    assert (proxy.to_server.received, proxy.to_server.passed) == (13, 13)
    assert (proxy.to_client.received, proxy.to_client.passed) == (1_300_000, 1_300_000)
    assert (proxy.accepted, len(proxy.links)) == (1, 1)


async def test_an_end_is_passed_on_and_the_other_way_stays_open(proxy: FaultProxy, ends: Ends) -> None:
    (reader, writer), (server_reader, server_writer) = ends
    writer.write_eof()
    assert await server_reader.read() == b""
    server_writer.write(b"still here")
    assert await reader.readexactly(10) == b"still here"
    server_writer.close()
    assert await reader.read() == b""
    await until(lambda: not proxy.links)


async def test_the_death_of_an_end_is_passed_on(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (_, server_writer) = ends
    server_writer.get_extra_info("socket").setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER 0: a reset
    server_writer.transport.abort()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    await until(lambda: not proxy.links)


async def test_delay_that_ends_lets_go_of_what_it_held(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (_, server_writer) = ends
    proxy.to_client.delay = 3_600
    server_writer.write(b"now")
    await until(lambda: proxy.to_client.received == 3)
    assert proxy.to_client.passed == 0
    proxy.to_client.delay = 0
    assert await reader.readexactly(3) == b"now"


async def test_a_blackhole_holds_all_and_then_lets_it_pass(proxy: FaultProxy, ends: Ends) -> None:
    (reader, writer), (server_reader, server_writer) = ends
    proxy.to_client.blackhole = True
    server_writer.write(b"held")
    await until(lambda: proxy.to_client.received == 4)
    writer.write(b"the other way is open")
    await server_reader.readexactly(21)
    assert proxy.to_client.passed == 0
    server_writer.close()
    proxy.to_client.blackhole = False
    assert await reader.read() == b"held"


async def test_a_blackhole_hides_the_death_of_an_end(proxy: FaultProxy, ends: Ends) -> None:
    (_, writer), (server_reader, server_writer) = ends
    proxy.to_server.blackhole = True
    writer.transport.abort()
    dead = asyncio.create_task(server_reader.read())
    for _ in range(100):
        await asyncio.sleep(0)
    assert not dead.done()
    proxy.heal()
    assert await dead == b""
    server_writer.close()
    await until(lambda: not proxy.links)


async def test_what_a_pipe_holds_is_bounded(upstream: tuple[Upstream, tuple[str, int]]) -> None:
    async with FaultProxy(upstream[1], buffer=10_000) as proxy, connected(proxy) as (reader, _):
        _, server_writer = await upstream[0].next()
        proxy.to_client.blackhole = True
        for _ in range(100):
            server_writer.write(b"x" * 100_000)
        still = 0
        while still < 100:  # turns of the loop in which nothing more was taken
            before = proxy.to_client.received
            await asyncio.sleep(0)
            still = still + 1 if proxy.to_client.received == before else 0
        assert proxy.to_client.received <= 10_000 + 262_144  # asyncio reads at most 256 KiB at once
        proxy.heal()
        assert len(await reader.readexactly(10_000_000)) == 10_000_000


async def test_a_client_that_does_not_read_holds_up_the_server_only(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (_, server_writer) = ends
    sent = b"x" * 20_000_000
    server_writer.write(sent)
    drained = asyncio.create_task(server_writer.drain())
    assert await reader.readexactly(len(sent)) == sent
    await drained


async def test_drop_makes_bytes_vanish(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (_, server_writer) = ends
    proxy.to_client.drop(4)
    server_writer.write(b"gonehere")
    assert await reader.readexactly(4) == b"here"
    assert proxy.to_client.dropped == 4


async def test_cut_after_lets_so_many_bytes_pass(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (server_reader, server_writer) = ends
    proxy.links[0].to_client.cut_after(5)
    server_writer.write(b"12")
    assert await reader.readexactly(2) == b"12"
    server_writer.write(b"345678")
    assert await reader.read() == b"345"
    with pytest.raises(ConnectionResetError):
        await server_reader.read()
    await until(lambda: not proxy.links)


async def test_cut_in_frame_keeps_the_last_byte_back(proxy: FaultProxy, ends: Ends) -> None:
    (_, writer), (server_reader, _) = ends
    proxy.to_server.cut_in_frame()
    writer.write(b"a frame")
    assert await server_reader.read() == b"a fram"


async def test_a_link_is_known_by_the_port_that_the_server_sees(
    proxy: FaultProxy, ends: tuple[Streams, Streams]
) -> None:
    _, (_, server) = ends
    [link] = proxy.links
    assert link.port == server.get_extra_info("peername")[1]


async def test_reset_reaches_both_ends(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (server_reader, _) = ends
    proxy.reset()
    for end in (reader, server_reader):
        with pytest.raises(ConnectionResetError):
            await end.read()
    await until(lambda: not proxy.links)


async def test_close_reaches_both_ends(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (server_reader, _) = ends
    proxy.close()
    assert await reader.read() == await server_reader.read() == b""


async def test_refusing_resets_who_comes_and_spares_who_is_here(proxy: FaultProxy, ends: Ends) -> None:
    (reader, _), (_, server_writer) = ends
    proxy.refusing = True
    with pytest.raises(ConnectionResetError):
        async with connected(proxy) as (refused, _):
            await refused.read()
    server_writer.write(b"here")
    assert await reader.readexactly(4) == b"here"
    assert (proxy.accepted, proxy.refused) == (1, 1)


async def test_connections_are_bounded(upstream: tuple[Upstream, tuple[str, int]]) -> None:
    async with FaultProxy(upstream[1], connections=1) as proxy, connected(proxy):
        await upstream[0].next()
        with pytest.raises(ConnectionResetError):
            async with connected(proxy) as (refused, _):
                await refused.read()


async def test_a_server_that_is_away_resets_and_one_elsewhere_is_found(
    proxy: FaultProxy, upstream: tuple[Upstream, tuple[str, int]]
) -> None:
    free = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    gone = free.sockets[0].getsockname()[:2]
    free.close()
    await free.wait_closed()
    here, proxy.upstream = proxy.upstream, gone
    with pytest.raises(ConnectionResetError):
        async with connected(proxy) as (reader, _):
            await reader.read()
    assert proxy.unreachable == 1
    await until(lambda: not proxy.links)
    proxy.upstream = here
    async with connected(proxy):
        await upstream[0].next()


@pytest.mark.parametrize(("name", "value"), [("delay", -1), ("delay", float("nan")), ("rate", 0), ("rate", -5)])
async def test_settings_that_mean_nothing_are_refused(proxy: FaultProxy, name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name}="):
        setattr(proxy.to_client, name, value)


async def test_the_end_of_the_proxy_is_that_of_its_connections(upstream: tuple[Upstream, tuple[str, int]]) -> None:
    async with FaultProxy(upstream[1]) as proxy:
        reader, writer = await asyncio.open_connection(*proxy.address)
        await upstream[0].next()
        proxy.to_client.blackhole = proxy.to_server.blackhole = True
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_an_address_before_the_beginning_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="async with FaultProxy"):
        _ = FaultProxy(("127.0.0.1", 1)).address
