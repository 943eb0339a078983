"""The HTTP side of the native transport: heads that take too long or are too large."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from tests.transports.native_server import DEADLINE, RecordingManager, Running, native, raw_client, request
from tidings.transports import http as http_module
from tidings.transports.http import CLOSE_TIMEOUT, HEAD_TIMEOUT, H11HttpProtocol, HttpProtocol, HttpToolsHttpProtocol

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(params=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
def http(anyio_backend: tuple[str, dict[str, bool]]) -> Any:
    """Each of the two with one of the loops: they have nothing to do with each other."""
    return HttpToolsHttpProtocol if anyio_backend[1]["use_uvloop"] else H11HttpProtocol


def status(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


@contextlib.asynccontextmanager
async def begun(server: Running, data: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection whose server has read these bytes and waits for more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(data)
        await server.until(lambda connections: any(_has_read(connection, len(data)) for connection in connections))
        yield reader, writer
    finally:
        writer.transport.abort()


def _has_read(connection: Any, size: int) -> bool:
    return getattr(connection, "_head_size", None) == size


def _all_have_read(size: int, connections: set[Any]) -> bool:
    return all(_has_read(connection, size) for connection in connections)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """All that the server says until it closes."""
    async with asyncio.timeout(DEADLINE):
        return await reader.read()


class TestTime:
    @pytest.mark.parametrize("data", [GET, b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n", b"G"])
    async def test_half_a_head_is_told_and_closed(self, http: Any, data: bytes) -> None:
        async with native(RecordingManager(), http=http) as server, begun(server, data) as (reader, _):
            server.later(HEAD_TIMEOUT - 1)
            assert not reader.at_eof()
            server.later(HEAD_TIMEOUT)
            assert status(await answer(reader)) == 408

    async def test_empty_lines_are_no_way_around(self) -> None:
        """httptools skips them, h11 refuses them."""
        http = HttpToolsHttpProtocol
        async with native(RecordingManager(), http=http) as server, begun(server, b"\r\n") as (reader, _):
            server.later(HEAD_TIMEOUT)
            assert status(await answer(reader)) == 408

    async def test_a_connection_without_a_byte_is_closed(self, http: Any) -> None:
        async with native(RecordingManager(), http=http) as server, begun(server, b"") as (reader, _):
            server.later(HEAD_TIMEOUT)
            with contextlib.suppress(ConnectionResetError):
                assert await answer(reader) == b""
            await server.emptied()

    async def test_byte_by_byte_is_no_way_around(self, http: Any) -> None:
        async with native(RecordingManager(), http=http) as server, begun(server, b"GET /") as (reader, writer):
            for size in range(6, 10):
                writer.write(b"x")
                await server.until(partial(_all_have_read, size))
                server.later(HEAD_TIMEOUT - 1)
            server.later(HEAD_TIMEOUT)
            assert status(await answer(reader)) == 408

    async def test_a_further_request_has_its_own_time(self, http: Any) -> None:
        async with native(RecordingManager(), http=http) as server, begun(server, GET) as (reader, writer):
            writer.write(b"\r\n")
            async with asyncio.timeout(DEADLINE):
                assert status(await reader.readuntil(b"\r\n\r\n")) == 404
            server.later(HEAD_TIMEOUT)  # nothing is expected: uvicorn's own keep-alive time counts
            writer.write(b"GET /")
            await server.until(partial(_all_have_read, 5))
            server.later(HEAD_TIMEOUT - 1)
            assert not reader.at_eof()
            server.later(HEAD_TIMEOUT)
            assert status(await answer(reader)) == 408

    async def test_a_request_may_take_longer_than_its_head(self, http: Any) -> None:
        started, finish = asyncio.Event(), asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            started.set()
            await finish.wait()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

        async with native(RecordingManager(), http=http, app=app, interface="asgi3") as server:
            head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
            async with begun(server, head) as (reader, _):
                await started.wait()
                server.later(HEAD_TIMEOUT)
                finish.set()
                async with asyncio.timeout(DEADLINE):
                    assert status(await reader.readuntil(b"\r\n\r\n")) == 200

    async def test_a_websocket_may_stay(self, http: Any) -> None:
        manager = RecordingManager()
        async with native(manager, http=http) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            server.later(HEAD_TIMEOUT)
            client.send_text("still here")
            assert await connection.next() == ("text", "still here")
            connection.send("so am I")
            assert await client.text() == "so am I"

    async def test_a_refused_client_that_stays_is_cut(self, http: Any) -> None:
        async with native(RecordingManager(), http=http) as server, begun(server, GET):
            server.later(HEAD_TIMEOUT)
            assert server.state.connections
            server.later(CLOSE_TIMEOUT)
            await server.emptied()

    async def test_hundreds_of_half_handshakes_are_closed_and_keep_nobody_out(self, http: Any) -> None:
        manager = RecordingManager()
        half = b"GET /ws HTTP/1.1\r\nUpgrade: web"
        async with native(manager, http=http) as server, contextlib.AsyncExitStack() as stack:
            halves = [await stack.enter_async_context(begun(server, half)) for _ in range(200)]
            async with raw_client(server.port) as client:
                connection = await manager.opened()
                client.send_text("in")
                assert await connection.next() == ("text", "in")
                await server.until(lambda connections: sum(_has_read(each, len(half)) for each in connections) == 200)
                server.later(HEAD_TIMEOUT)
                assert {status(await answer(reader)) for reader, _ in halves} == {408}
                client.send_text("and still in")
                assert await connection.next() == ("text", "and still in")

    async def test_the_watch_keeps_real_time(self, http: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_module, "HEAD_TIMEOUT", 1.0)
        async with native(RecordingManager(), http=http) as server:
            assert status(await request(server.port, b"G")) == 408


class TestSize:
    @pytest.mark.parametrize("end", [b"\r\n", b""], ids=["whole", "endless"])
    async def test_too_large_a_head_is_answered(self, http: Any, end: bytes) -> None:
        long_header = b"X-Long: " + b"x" * 100_000
        async with native(RecordingManager(), http=http) as server:
            assert status(await request(server.port, GET + long_header + end)) == 431

    async def test_many_headers(self) -> None:
        headers = b"".join(b"X-%d: 1\r\n" % number for number in range(127))
        async with native(RecordingManager(), http=HttpToolsHttpProtocol) as server:
            assert status(await request(server.port, GET + headers + b"Connection: close\r\n\r\n")) == 431

    async def test_a_long_header(self) -> None:
        header = b"X-Long: " + b"x" * 9_000 + b"\r\n"
        async with native(RecordingManager(), http=HttpToolsHttpProtocol) as server:
            assert status(await request(server.port, GET + header + b"Connection: close\r\n\r\n")) == 431

    async def test_a_long_url(self) -> None:
        async with native(RecordingManager(), http=HttpToolsHttpProtocol) as server:
            assert status(await request(server.port, b"GET /" + b"x" * 9_000)) == 414

    async def test_as_much_as_is_allowed(self, http: Any) -> None:
        headers = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 400) for number in range(126))
        url = b"GET /" + b"x" * 8_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        async with native(RecordingManager(), http=http) as server:
            assert status(await request(server.port, url + headers + b"\r\n")) == 404

    async def test_a_client_that_goes_on_sending_gets_its_answer(self, http: Any) -> None:
        async with native(RecordingManager(), http=http) as server:
            assert status(await request(server.port, GET + b"X-Long: " + b"x" * 5_000_000)) == 431

    async def test_a_large_body_is_no_head(self, http: Any) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            while (await receive()).get("more_body"):
                pass
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

        body = b"x" * 300_000
        head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        async with native(RecordingManager(), http=http, app=app, interface="asgi3") as server:
            assert status(await request(server.port, head + body)) == 200


async def test_nonsense_is_answered_without_a_traceback(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with native(RecordingManager(), http=http) as server:
        assert status(await request(server.port, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")) == 400
    assert not [record for record in caplog.records if record.exc_info]


def test_httptools_is_chosen_where_it_is_installed() -> None:
    assert HttpProtocol is HttpToolsHttpProtocol
