"""The HTTP side of the native transport: heads that take too long or are too large."""

import asyncio
import contextlib
import logging
from typing import Any

import pytest

from tests.transports.native_server import DEADLINE, RecordingManager, native, raw_client, request
from tidings.transports import http as http_module
from tidings.transports.http import H11HttpProtocol, HttpProtocol, HttpToolsHttpProtocol

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(params=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
def http(anyio_backend: tuple[str, dict[str, bool]]) -> Any:
    """Each of the two with one of the loops: they have nothing to do with each other."""
    return HttpToolsHttpProtocol if anyio_backend[1]["use_uvloop"] else H11HttpProtocol


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "HEAD_TIMEOUT", 2.0)


def status(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


@pytest.mark.usefixtures("impatient")
class TestTime:
    @pytest.mark.parametrize("begun", [GET, b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n", b"G"])
    async def test_half_a_head_is_told_and_closed(self, http: Any, begun: bytes) -> None:
        async with native(RecordingManager(), http=http) as server:
            assert status(await request(server.port, begun)) == 408
            await server.emptied()

    async def test_empty_lines_are_no_way_around(self) -> None:
        """httptools skips them, h11 refuses them."""
        async with native(RecordingManager(), http=HttpToolsHttpProtocol) as server:
            assert status(await request(server.port, b"\r\n")) == 408

    async def test_a_connection_without_a_byte_is_closed(self, http: Any) -> None:
        async with native(RecordingManager(), http=http) as server:
            assert await request(server.port, b"") == b""

    async def test_byte_by_byte_is_no_way_around(self, http: Any) -> None:
        async with native(RecordingManager(), http=http) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            answer = asyncio.create_task(reader.read())
            writer.write(GET)
            async with asyncio.timeout(DEADLINE):
                while not answer.done():
                    writer.write(b"x")
                    await asyncio.wait([answer], timeout=0.05)
            with contextlib.suppress(ConnectionError):  # it was still being written to
                assert status(await answer) == 408
            writer.transport.abort()

    async def test_a_further_request_has_its_own_time(self, http: Any) -> None:
        async with native(RecordingManager(), http=http, timeout_keep_alive=3_600) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for _ in range(2):
                writer.write(GET + b"\r\n")
                async with asyncio.timeout(DEADLINE):
                    assert status(await reader.readuntil(b"\r\n\r\n")) == 404
            writer.write(GET)
            async with asyncio.timeout(DEADLINE):
                assert status(await reader.read()) == 408
            writer.close()

    async def test_a_request_may_take_longer_than_its_head(self, http: Any) -> None:
        finish = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await finish.wait()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

        async with native(RecordingManager(), http=http, app=app, interface="asgi3") as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
            # Another one's time runs out; this one's does not.
            assert status(await request(server.port, b"G")) == 408
            finish.set()
            async with asyncio.timeout(DEADLINE):
                assert status(await reader.readuntil(b"\r\n\r\n")) == 200
            writer.transport.abort()

    async def test_a_websocket_may_stay(self, http: Any) -> None:
        manager = RecordingManager()
        async with native(manager, http=http) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            assert status(await request(server.port, b"G")) == 408
            client.send_text("still here")
            assert await connection.next() == ("text", "still here")

    async def test_hundreds_of_half_handshakes_are_closed_and_keep_nobody_out(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server:
            halves = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
            for _, writer in halves:
                writer.write(b"GET /ws HTTP/1.1\r\nUpgrade: web")
            async with raw_client(server.port) as client:
                connection = await manager.opened()
                client.send_text("in")
                assert await connection.next() == ("text", "in")
                async with asyncio.timeout(DEADLINE):
                    answers = {(await reader.read())[:12] for reader, _ in halves}
                for _, writer in halves:
                    writer.transport.abort()
                assert b"HTTP/1.1 408" in answers
                assert answers <= {b"HTTP/1.1 408", b""}  # nothing for one that had no time to say anything
            await server.emptied()


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
