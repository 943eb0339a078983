"""Clients that do not read: what they cost is bounded, they are dropped, and the others notice nothing."""

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.transports.native_server import DEADLINE, RawClient, Recorder, RecordingManager, native, raw_client
from tidings import Limits
from tidings.transports import watch, websocket

pytestmark = pytest.mark.anyio

LIMITS = Limits(write_buffer=65_536, send_buffer=16_384, stuck_timeout=1.0)
PATIENT = Limits(write_buffer=65_536, send_buffer=16_384, stuck_timeout=3_600.0)
linux = pytest.mark.skipif(sys.platform != "linux", reason="a socket option of Linux")


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


async def fill(connection: Recorder) -> int:
    """Write until the transport calls `pause`; returns how many messages of 1,000 bytes that took."""
    written = 0
    while not connection.is_paused.is_set():
        assert written < 100_000, "never paused"
        for _ in range(16):
            connection.send(f"{written:06d}" + "x" * 994)
            written += 1
        await asyncio.sleep(0)
    return written


def buffered(connection: Recorder) -> int:
    """Bytes that the server keeps for a client in its own memory."""
    transport = connection.transport
    return transport._transport.get_write_buffer_size() + len(transport._held)


def sockets_between(server_port: int, client_port: int) -> list[str]:
    """The states of the server's TCP sockets for a client, FIN-WAIT too (proc(5), /proc/net/tcp)."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = (f":{server_port:04X}", f":{client_port:04X}")
    return [line[3] for line in lines if (line[1][-5:], line[2][-5:]) == ends]


def without_kernel_timeout(transport: asyncio.Transport, send_buffer: int, stuck_timeout: float) -> None:
    """As on a system that lacks TCP_USER_TIMEOUT."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)


def without_watch(self: watch.Watch, item: Any) -> None:
    """As if there were no progress timer."""


@pytest.mark.parametrize(
    ("target", "name", "replacement"),
    [
        pytest.param(websocket, "_bound_kernel", without_kernel_timeout, id="by the progress timer"),
        pytest.param(watch.Watch, "add", without_watch, id="by the kernel", marks=linux),
    ],
)
async def test_a_reader_that_stops_is_dropped_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, target: Any, name: str, replacement: Callable[..., None]
) -> None:
    monkeypatch.setattr(target, name, replacement)
    manager = RecordingManager(LIMITS)
    async with native(manager) as server, raw_client(server.port) as reads:
        reading = await manager.opened()
        async with raw_client(server.port, receive_buffer=8_192) as stops:
            stopped = await manager.opened()
            await fill(stopped)
            assert buffered(stopped) < LIMITS.write_buffer + 100_000
            if sys.platform == "linux":
                assert len(sockets_between(server.port, stops.local_port)) == 1
            count = 0
            while not stopped.is_lost.is_set():
                reading.send(f"still {count}")
                assert await reads.text() == f"still {count}"
                count += 1
            assert count > 0
            assert not reading.is_paused.is_set()
            assert len(server.state.connections) == 1
            if sys.platform == "linux":
                async with asyncio.timeout(DEADLINE):
                    while sockets_between(server.port, stops.local_port):  # noqa: ASYNC110  # the kernel has no event
                        await asyncio.sleep(0)


async def test_a_slow_reader_is_not_a_stuck_one() -> None:
    """As long as bytes leave, however few, it is kept; when none do, it is aborted. The clock is the test's."""
    manager = RecordingManager(Limits(write_buffer=65_536, send_buffer=16_384, stuck_timeout=100.0))
    async with native(manager) as server, raw_client(server.port, receive_buffer=8_192) as client:
        connection = await manager.opened()
        await fill(connection)
        transport = connection.transport
        now = asyncio.get_running_loop().time()
        for _ in range(5):
            before = transport._measure_unsent()
            async with asyncio.timeout(DEADLINE):
                while transport._measure_unsent() >= before:
                    await client.reader.read(4_096)
            now += 90.0
            transport.check(now)
            assert not connection.is_lost.is_set()
        assert connection.is_paused.is_set(), (
            "the buffer has not drained: what was seen was progress, not the end of it"
        )
        transport.check(now + 90.0)
        assert not connection.is_lost.is_set()
        transport.check(now + 180.0)
        await connection.lost_in_time()


async def test_a_reader_that_catches_up_is_resumed() -> None:
    manager = RecordingManager(PATIENT)
    async with native(manager) as server, raw_client(server.port, receive_buffer=8_192) as client:
        connection = await manager.opened()
        written = await fill(connection)
        assert [(await client.text())[:6] for _ in range(written)] == [f"{number:06d}" for number in range(written)]
        assert await connection.next() == ("resume", None)
        assert not connection.is_paused.is_set()
        connection.send("and on")
        assert await client.text() == "and on"


async def test_a_client_that_does_not_read_is_not_read_from() -> None:
    manager = RecordingManager(PATIENT)
    async with native(manager) as server, raw_client(server.port, receive_buffer=8_192) as client:
        connection = await manager.opened()
        written = await fill(connection)
        for number in range(100):
            client.send_text(str(number))
        await client.writer.drain()
        async with raw_client(server.port) as other:  # the server's loop has turned: it had time to read them
            bystander = await manager.opened()
            other.send_text("hello")
            await bystander.next()
        assert connection.calls.empty()
        for _ in range(written):
            await client.text()
        calls = [await connection.next() for _ in range(101)]
        assert calls == [("resume", None), *(("text", str(number)) for number in range(100))]


async def flood(client: RawClient, frame: bytes, total: int, ended: asyncio.Event) -> int:
    """Send a frame again and again, at most `total` bytes, until the server takes no more; returns how many it took."""
    piece, sent, refused = frame * (65_536 // len(frame)), 0, 0
    sock = client.writer.transport.get_extra_info("socket").dup()
    sock.setblocking(False)
    try:
        while sent < total and not (ended.is_set() and refused > 100):
            try:
                sent += sock.send(piece[sent % len(frame) :])
                refused = 0
            except BlockingIOError:
                refused += 1
                await asyncio.sleep(0)
            except OSError:
                break
        return sent
    finally:
        sock.close()


@pytest.mark.parametrize("payload", [b"", b"x" * 125], ids=["empty", "full"])
async def test_a_flood_of_pings_without_reading_stops_being_read(payload: bytes) -> None:
    manager = RecordingManager(PATIENT)
    async with native(manager) as server, raw_client(server.port, receive_buffer=8_192) as client:
        connection = await manager.opened()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is a socket's
        ping = Frame(Opcode.PING, payload).serialize(mask=True)
        sent = await flood(client, ping, 64 * 2**20, connection.is_paused)
        assert connection.is_paused.is_set()
        assert sent < 16 * 2**20
        assert buffered(connection) < 2**20


async def test_a_flood_of_fragments_is_cut_early() -> None:
    manager = RecordingManager()
    async with native(manager) as server, raw_client(server.port) as client:
        connection = await manager.opened()
        client.send(Opcode.TEXT, b"", fin=False)
        await flood(client, Frame(Opcode.CONT, b"", fin=False).serialize(mask=True), 24 * 2**20, connection.is_lost)
        assert await client.close_code() in {1008, None}  # None: the reset that ended the flood overtook it
        await connection.lost_in_time()
        assert connection.calls.empty()


async def test_pings_that_are_read_are_all_answered() -> None:
    manager = RecordingManager()
    async with native(manager) as server, raw_client(server.port) as client:
        await manager.opened()
        for number in range(5_000):
            client.send(Opcode.PING, b"%d" % number)
        for number in range(5_000):
            assert await client.frame() == Frame(Opcode.PONG, b"%d" % number)


async def test_the_sockets_options() -> None:
    manager = RecordingManager(Limits(send_buffer=65_536, stuck_timeout=4.5))
    async with native(manager) as server, raw_client(server.port):
        connection = await manager.opened()
        sock = connection.transport._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        if sys.platform == "linux":
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 4_500
            assert (
                sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 65_536
            )  # the kernel doubles it, socket(7)
