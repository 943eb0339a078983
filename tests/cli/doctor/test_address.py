"""`tidings doctor wss://…`: a server, and the proxies in front of it."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from tests.transports.native_server import native
from tidings import ConnectionManager, Handshake, User
from tidings.cli import app
from tidings.cli.doctor.address import Address, _tls, examine_address

pytestmark = pytest.mark.anyio

TOKEN = "t0k3n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def authenticate(handshake: Handshake, token: str | None) -> User | None:
    return User("ann") if token == TOKEN else None


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[int, ConnectionManager]]:
    """A manager at /ws, and whether it is ready at /readyz."""
    manager = ConnectionManager(authenticate=authenticate)
    application = FastAPI()
    application.include_router(manager.health_router())
    async with native(manager, app=application) as running:
        yield running.port, manager
        await manager.stop()


@asynccontextmanager
async def proxy(
    port: int, *, pass_on: Callable[[bytes], bytes] = bytes, idle: float | None = None, swallow: bool = False
) -> AsyncIterator[int]:
    """A proxy that changes the head of requests, cuts quiet connections, or keeps all but the head of an answer."""

    serving = set[asyncio.Task[None]]()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        patience: float | None = None
        while data := await asyncio.wait_for(reader.read(65_536), patience):
            if answers and b"connection:established" in data:
                patience = idle
            if swallow and answers and b"HTTP/1.1 101" in data:
                data = data[: data.index(b"\r\n\r\n") + 4]
            elif swallow and answers and not data.startswith(b"HTTP/"):
                continue
            writer.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        to_writer.write(pass_on(head))
        both = [
            asyncio.ensure_future(pump(reader, to_writer, answers=False)),
            asyncio.ensure_future(pump(to_reader, writer, answers=True)),
        ]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for each in both:
            each.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        for end in (to_writer, writer):
            end.close()
        await asyncio.gather(to_writer.wait_closed(), writer.wait_closed(), return_exceptions=True)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*serving, return_exceptions=True)


async def examined(port: int, *, path: str = "/ws", hold: float = 0.0, **options: Any) -> list[tuple[str, str]]:
    """The findings that are not as they should be, each as its level and what it says with its fix."""
    address = Address.of(f"ws://127.0.0.1:{port}{path}?page=hush", **options)
    findings = await examine_address(address, token=TOKEN if hold else None, hold=hold)
    assert not any("hush" in str(finding) or TOKEN in str(finding) for finding in findings)
    return [(finding.level, f"{finding.what} → {finding.fix}") for finding in findings if finding.level != "passed"]


NOT_HELD = "whether quiet connections are cut was not looked at"


async def test_a_sound_server_has_no_faults() -> None:
    async with serving() as (port, _):
        [(level, what)] = await examined(port)
        assert (level, what.split(" → ")[0]) == ("skipped", NOT_HELD)
        assert await examined(port, hold=0.2) == []


async def test_a_proxy_that_takes_the_upgrade_away() -> None:
    def plain(head: bytes) -> bytes:
        return re.sub(rb"(?im)^(upgrade|connection): .*\r\n", b"", head)

    async with serving() as (port, _), proxy(port, pass_on=plain) as front:
        [(level, what)] = await examined(front)
    assert level == "fault"
    assert "HTTP 404: there is nothing at /ws, or a proxy takes the Upgrade header away" in what
    assert "proxy_set_header Upgrade" in what


async def test_a_proxy_that_cuts_quiet_connections() -> None:
    async with serving() as (port, _), proxy(port, idle=0.3) as front:
        [(level, what)] = await examined(front, hold=60.0)
    assert level == "fault"
    assert "a quiet connection was cut after" in what
    assert "proxy_read_timeout" in what


async def test_a_proxy_that_holds_messages_back() -> None:
    async with serving() as (port, _), proxy(port, swallow=True) as front:
        [(level, what), *_] = await examined(front, patience=1.0)
    assert level == "fault"
    assert "no answer within 1 s: something holds messages back" in what


async def test_a_proxy_that_hides_the_origin() -> None:
    def own_origin(head: bytes) -> bytes:
        return re.sub(rb"(?im)^origin: .*\r\n", b"", head)

    async with serving() as (port, _), proxy(port, pass_on=own_origin) as front:
        [(level, what), _] = await examined(front)
    assert level == "fault"
    assert "any page may connect" in what


async def test_a_server_that_is_not_ready_says_why() -> None:
    async with serving() as (port, manager):
        manager.drain(0.0)
        findings = await examined(port)
    assert [level for level, _ in findings] == ["fault", "fault"]
    assert "HTTP 503: the server takes nobody now (it says: this server is going away; connect again)" in findings[0][1]
    assert "not ready: this server is going away; connect again" in findings[1][1]


async def test_an_origin_that_is_not_listed() -> None:
    async with serving() as (port, _):
        [(level, what)] = await examined(port, origin="https://app.example")
    assert level == "fault"
    assert 'ConnectionManager(origins=["https://app.example"])' in what


async def test_a_token_that_is_refused() -> None:
    async with serving() as (port, _):
        address = Address.of(f"ws://127.0.0.1:{port}")
        findings = await examine_address(address, token="another", hold=5.0)
    assert [finding.what for finding in findings if finding.level == "fault"] == [
        "the token of TIDINGS_TOKEN was refused: the token was refused"
    ]


async def test_a_web_page_where_the_server_should_be_and_a_clock_that_is_wrong() -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        date = formatdate(1_000_000_000, usegmt=True)
        writer.write(f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(page, "127.0.0.1", 0) as server:
        [upgrade, clock] = await examined(server.sockets[0].getsockname()[1])
    assert upgrade[0] == clock[0] == "fault"
    assert "HTTP 200: the upgrade did not reach the server" in upgrade[1]
    assert "s behind this machine's" in clock[1]
    assert "NTP" in clock[1]


async def test_nobody_listens_and_no_tls() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        [(level, what), _] = await examined(unused.getsockname()[1])
        assert (level, "it cannot be reached" in what) == ("fault", True)
    async with serving() as (port, _):
        address = Address.of(f"https://127.0.0.1:{port}/ws")
        [fault, *_] = await examine_address(address, token=None, hold=0.0)
        assert (fault.level, fault.what.partition(":")[0]) == ("fault", "TLS fails")


def test_an_address_in_the_open_is_a_fault() -> None:
    assert [finding.level for finding in _tls(Address.of("ws://app.example/ws"))] == ["fault"]
    assert list(_tls(Address.of("wss://app.example/ws"))) == []
    assert list(_tls(Address.of("ws://localhost/ws"))) == []


@pytest.mark.parametrize("text", ["ftp://app.example", "ws://", "wss://app.example:99999/ws"])
def test_what_is_no_address_is_one_sentence(text: str) -> None:
    result = CliRunner().invoke(app, ["doctor", text])
    assert result.exit_code == 2
    assert result.stderr == f"tidings doctor: {text!r} is no address of a server: write wss://app.example/ws\n"
