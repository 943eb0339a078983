"""What is written past the event loop's transport: all of it, in order, and only where no other thread runs."""

import asyncio
import socket
import threading

import pytest
from uvicorn.supervisors.multiprocess import Process

from tests.transports.native_server import DEADLINE, RecordingManager, native, raw_client
from tidings import Limits
from tidings.transports import direct

pytestmark = pytest.mark.anyio

PATIENT = Limits(write_buffer=16_777_216, send_buffer=16_384, stuck_timeout=3_600.0)


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture(params=[True, False], ids=["alone", "beside other threads"])
def alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the transports see no other thread."""
    is_alone: bool = request.param
    monkeypatch.setattr(direct, "is_alone", lambda waiting: is_alone)
    return is_alone


async def test_what_a_full_socket_leaves_keeps_its_place(alone: bool) -> None:
    manager = RecordingManager(PATIENT)
    async with native(manager) as server, raw_client(server.port, receive_buffer=8_192) as client:
        connection = await manager.opened()
        transport, sent = connection.transport, 0
        while not transport._transport.get_write_buffer_size():
            assert sent < 10_000, "the socket was never full"
            connection.send(f"{sent:06d}" + "x" * 3_000)
            sent += 1
            await asyncio.sleep(0)
        for number in range(sent, sent + 10):
            connection.send(f"{number:06d}")
            await asyncio.sleep(0)
        assert transport._queued
        numbers = [(await client.text())[:6] for _ in range(sent + 10)]
        assert numbers == [f"{number:06d}" for number in range(sent + 10)]
        async with asyncio.timeout(DEADLINE):
            while transport._transport.get_write_buffer_size():  # noqa: ASYNC110  # a buffer has no event
                await asyncio.sleep(0)
        connection.send("and on")
        assert await client.text() == "and on"
        assert transport._queued is not alone


async def test_a_socket_that_is_gone_is_the_event_loops_affair(alone: bool) -> None:
    manager = RecordingManager()
    async with native(manager) as server, raw_client(server.port) as client:
        connection = await manager.opened()
        connection.send("before")
        assert await client.text() == "before"
        with connection.transport._transport.get_extra_info("socket").dup() as sock:
            sock.shutdown(socket.SHUT_WR)
        connection.send("after")
        await connection.lost_in_time()
        await server.emptied()


async def test_what_was_written_before_a_close_goes_before_it(alone: bool) -> None:
    manager = RecordingManager()
    async with native(manager) as server, raw_client(server.port) as client:
        connection = await manager.opened()
        connection.send("first")
        assert await client.text() == "first"
        connection.send("second")
        connection.transport.close(1000, "")
        assert await client.text() == "second"
        assert await client.close_code() == 1000


async def test_nothing_is_written_after_an_abort(alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    manager, written, send = RecordingManager(), list[bytes](), direct.send
    async with native(manager) as server, raw_client(server.port) as client:
        connection = await manager.opened()
        connection.send("before")
        assert await client.text() == "before"

        def listen(descriptor: int, data: bytes) -> bytes:
            written.append(data)
            return send(descriptor, data)

        monkeypatch.setattr(direct, "send", listen)
        connection.send("late")
        connection.transport.abort()
        await connection.lost_in_time()
        await server.emptied()
        assert await client.frame() is None
    assert written == []


async def test_a_thread_that_may_compute_is_seen() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not direct.is_alone(waiting=0)
        assert direct.is_alone(waiting=threading.active_count() - 1)
    finally:
        done.set()
        thread.join()


async def test_a_workers_thread_that_answers_its_supervisor_is_none() -> None:
    def answer() -> None:
        done.wait()

    answer.__name__ = Process.always_pong.__name__  # a thread is called after its function
    there, done = direct.waiting_threads(), threading.Event()
    thread = threading.Thread(target=answer)
    thread.start()
    try:
        assert direct.waiting_threads() == there + 1
    finally:
        done.set()
        thread.join()


async def test_a_full_or_broken_socket_takes_nothing() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        assert direct.send(ours.fileno(), b"all") == b""
        assert theirs.recv(10) == b"all"
        data, sent = bytes(range(251)) * 400, b""
        while (left := direct.send(ours.fileno(), data)) != data:
            sent += data.removesuffix(left)
        assert sent
        ours.shutdown(socket.SHUT_WR)
        with theirs.makefile("rb") as received:
            assert received.read() == sent
        theirs.close()
        assert direct.send(ours.fileno(), b"more") == b"more"
