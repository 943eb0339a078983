"""The upgrade: who serves it, what the manager is told of it, and what is refused."""

import base64
import json
import logging
import os
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.transports.native_server import RecordingManager, native, raw_client, request
from tidings.handshake import Refusal
from tidings.transports.http import H11HttpProtocol, HttpToolsHttpProtocol

pytestmark = pytest.mark.anyio

KEY = base64.b64encode(os.urandom(16)).decode()
GOOD = {
    "Host": "app.example",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture(params=[HttpToolsHttpProtocol, H11HttpProtocol], ids=["httptools", "h11"])
def http(request: pytest.FixtureRequest) -> Any:
    return request.param


def upgrade(line: str = "GET /ws HTTP/1.1", /, *extra: str, **changes: str | None) -> bytes:
    headers = GOOD | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value is not None), *extra]
    return "\r\n".join([*lines, "", ""]).encode()


def status(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


async def test_the_manager_is_told_what_the_request_said(http: Any) -> None:
    manager = RecordingManager()
    async with native(manager, http=http) as server:
        url = f"ws://127.0.0.1:{server.port}/ws?a=b%20c&token=x"
        async with connect(url, origin="https://app.example", additional_headers={"X-Two": "2"}):  # type: ignore[arg-type]
            handshake = (await manager.opened()).handshake
    assert (handshake.path, handshake.query_string, handshake.token) == ("/ws", "a=b%20c&token=x", "x")
    assert (handshake.client, handshake.scheme) == ("127.0.0.1", "ws")
    assert (handshake.origin, handshake.header("x-two")) == ("https://app.example", "2")
    assert handshake.host == f"127.0.0.1:{server.port}"
    assert handshake.state["tidings:/ws"] is manager


async def test_a_text_goes_both_ways(http: Any) -> None:
    manager = RecordingManager()
    async with native(manager, http=http) as server, connect(f"ws://127.0.0.1:{server.port}/ws") as client:
        connection = await manager.opened()
        await client.send("hello")
        assert await connection.next() == ("text", "hello")
        connection.send("grüezi")
        assert await client.recv() == "grüezi"


async def test_compression_is_not_negotiated() -> None:
    async with (
        native(RecordingManager()) as server,
        connect(f"ws://127.0.0.1:{server.port}/ws", compression="deflate") as client,
    ):
        assert client.protocol.extensions == []


async def test_a_refusal_is_an_http_response_with_a_reason() -> None:
    manager = RecordingManager()
    manager.refused = Refusal(403, "this page may not connect")
    async with native(manager) as server:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{server.port}/ws")
        response = refused.value.response
        assert response.status_code == 403
        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(response.body or b"") == {
            "title": "Forbidden",
            "status": 403,
            "detail": "this page may not connect",
        }
        await server.emptied()


BAD_HANDSHAKES = {
    "no key": (upgrade(Sec_WebSocket_Key=None), 400),
    "a key that is no base64": (upgrade(Sec_WebSocket_Key="?"), 400),
    "a short key": (upgrade(Sec_WebSocket_Key="AAAA"), 400),
    "two keys": (upgrade("GET /ws HTTP/1.1", f"Sec-WebSocket-Key: {KEY}"), 400),
    "no version": (upgrade(Sec_WebSocket_Version=None), 400),
    "an old version": (upgrade(Sec_WebSocket_Version="8"), 400),
    "a POST": (upgrade("POST /ws HTTP/1.1"), 405),
    "a body": (upgrade(Content_Length="5") + b"12345", 400),
    "two origins": (upgrade("GET /ws HTTP/1.1", "Origin: https://a.example", "Origin: https://b.example"), 400),
    "130 headers": (upgrade("GET /ws HTTP/1.1", *(f"X-{n}: 1" for n in range(130))), 431),
    "a header of 60 KB": (upgrade(X_Long="x" * 60_000), 431),
    "a URL of 60 KB": (upgrade(f"GET /ws?{'x' * 60_000} HTTP/1.1"), 414),
    "no HTTP": (b"hello there\r\n\r\n", 400),
}


@pytest.mark.parametrize(("data", "expected"), BAD_HANDSHAKES.values(), ids=BAD_HANDSHAKES)
async def test_a_bad_handshake_is_answered_and_closed(http: Any, data: bytes, expected: int) -> None:
    async with native(RecordingManager(), http=http) as server:
        assert status(await request(server.port, data)) == expected
        await server.emptied()


class TestOtherPaths:
    """What no manager serves is uvicorn's own affair."""

    @staticmethod
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"] * 2})

    async def test_they_reach_the_application(self, http: Any) -> None:
        manager = RecordingManager()
        async with native(manager, http=http, app=self.echo, interface="asgi3") as server:
            async with connect(f"ws://127.0.0.1:{server.port}/other") as client:
                for text in ("one", "two"):
                    await client.send(text)
                    assert await client.recv() == text * 2
                large = "x" * 300_000  # more than uvicorn's write buffer: pausing and resuming is passed on too
                await client.send(large)
                assert await client.recv() == large * 2
            assert manager._opened.empty()

    async def test_uvicorn_shuts_them_down(self) -> None:
        async with (
            native(RecordingManager(), app=self.echo, interface="asgi3") as server,
            raw_client(server.port, "/other") as client,
        ):
            (connection,) = server.state.connections
            connection.shutdown()
            assert await client.close_code() == 1012


@pytest.mark.parametrize(("grace", "within"), [(None, 25.0), (7, 7), (0, 0)])
async def test_at_shutdown_the_manager_is_given_the_servers_time(grace: int | None, within: float) -> None:
    manager = RecordingManager()
    async with native(manager, timeout_graceful_shutdown=grace) as server, raw_client(server.port):
        await manager.opened()
        (connection,) = server.state.connections
        connection.shutdown()
        assert manager.drained == [within]


class TestProxies:
    async def opened_through(self, trusted: str, **options: Any) -> tuple[str | None, str]:
        manager = RecordingManager()
        async with native(manager, forwarded_allow_ips=trusted, **options) as server:
            extra = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
            async with connect(f"ws://127.0.0.1:{server.port}/ws", additional_headers=extra):
                handshake = (await manager.opened()).handshake
        return handshake.client, handshake.scheme

    async def test_a_trusted_proxy_says_who_the_client_is(self) -> None:
        assert await self.opened_through("127.0.0.1") == ("203.0.113.9", "wss")

    async def test_another_one_is_not_believed(self) -> None:
        assert await self.opened_through("192.0.2.1") == ("127.0.0.1", "ws")

    async def test_without_proxy_headers_nobody_is(self) -> None:
        assert await self.opened_through("127.0.0.1", proxy_headers=False) == ("127.0.0.1", "ws")


async def test_a_root_path_is_part_of_the_path() -> None:
    manager = RecordingManager()
    async with native(manager, root_path="/api") as server, connect(f"ws://127.0.0.1:{server.port}/ws"):
        assert (await manager.opened()).handshake.path == "/api/ws"


async def test_no_token_is_logged_and_one_line_is_written(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    manager = RecordingManager()
    async with native(manager, http=http, app=TestOtherPaths.echo, interface="asgi3") as server:
        async with connect(
            f"ws://127.0.0.1:{server.port}/ws?token=s3cr3t&x=1", logger=logging.getLogger("client")
        ) as one:
            await manager.opened()
            await one.send('{"type":"auth","payload":{"token":"s3cr3t"}}')
        ours = [record.getMessage() for record in caplog.records if record.name == "uvicorn.error.tidings"]
        async with connect(
            f"ws://127.0.0.1:{server.port}/other?token=s3cr3t", logger=logging.getLogger("client")
        ) as other:
            await other.send('{"type":"auth","payload":{"token":"s3cr3t"}}')
            await other.recv()
    written = [record.getMessage() for record in caplog.records if record.name not in {"client", "asyncio"}]
    assert ours == ['127.0.0.1 - "WebSocket /ws?token=…&x=1" [accepted]']
    assert any("/other?token=…" in line for line in written)
    assert not any("s3cr3t" in line for line in written), written
