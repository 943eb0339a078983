"""permessage-deflate (RFC 7692) on the native transport: what is agreed on, what is sent, and what is taken."""

import asyncio
import base64
import json
import logging
import os
import re
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate
from websockets.frames import Frame, Opcode

from tests.transports.client import Client
from tests.transports.native_server import DEADLINE, RawClient, RecordingManager, native, raw_client
from tidings import Channel, ConnectionManager, Event, Limits, User
from tidings.transports.compression import REMEMBERED, Compressor, SharedDeflate, deflated
from tidings.transports.frames import WINDOW
from tidings.transports.websocket import CompressingTransport, WebSocketTransport, encode

pytestmark = pytest.mark.anyio

LIMITS = Limits(message_size=1_000)
TAKEN = f"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits={WINDOW}"
ECHO = Path(__file__).with_name("echo.mjs")


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


class Seen(PerMessageDeflate):
    """A client's side of the extension, which notes how each message came and has none rely on an earlier one."""

    def __init__(self) -> None:
        super().__init__(True, True, 15, 15)
        self.compressed: list[bool] = []

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        if frame.opcode is Opcode.TEXT:
            self.compressed.append(frame.rsv1)
        return super().decode(frame, max_size=max_size)


@asynccontextmanager
async def compressing(port: int) -> AsyncIterator[tuple[RawClient, Seen]]:
    """A client by hand that has agreed on compression."""
    async with raw_client(port, extensions=[ClientPerMessageDeflateFactory()]) as client:
        assert client.extensions, "compression was declined"
        seen = Seen()
        client.extensions[:] = [seen]
        yield client, seen


def raw(first: int, data: bytes) -> bytes:
    """A client's frame with this first byte, masked with zeros."""
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    return bytes([first]) + length + bytes(4) + data


class TestAgreement:
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.mark.parametrize(
        ("offers", "answer"),
        [
            (["permessage-deflate"], TAKEN),
            (["permessage-deflate; client_max_window_bits"], TAKEN),  # browsers
            (["permessage-deflate; client_max_window_bits=10"], f"{TAKEN}; client_max_window_bits=10"),
            (["permessage-deflate; server_no_context_takeover; client_no_context_takeover"], TAKEN),
            (["permessage-deflate; server_max_window_bits=15"], TAKEN),
            (['permessage-deflate; server_max_window_bits="12"'], TAKEN),
            (["permessage-deflate; server_max_window_bits=11"], None),
            (["permessage-deflate; server_max_window_bits=11, permessage-deflate"], TAKEN),
            (["permessage-deflate; server_max_window_bits=9", "permessage-deflate"], TAKEN),
            (["permessage-deflate, permessage-deflate; client_max_window_bits"], TAKEN),
            (["x-webkit-deflate-frame, permessage-deflate"], TAKEN),
            (["permessage-deflate; server_max_window_bits"], None),
            (["permessage-deflate; server_max_window_bits=7"], None),
            (["permessage-deflate; server_max_window_bits=16"], None),
            (["permessage-deflate; server_max_window_bits=012"], None),
            (["permessage-deflate; client_max_window_bits=16"], None),
            (["permessage-deflate; server_no_context_takeover=1"], None),
            (["permessage-deflate; client_no_context_takeover=true"], None),
            (["permessage-deflate; server_no_context_takeover; server_no_context_takeover"], None),
            (["permessage-deflate; something_new"], None),
            (["permessage-gzip"], None),
            ([], None),
        ],
    )
    async def test_offers(self, offers: Sequence[str], answer: str | None) -> None:
        async with native(RecordingManager(compression=True)) as server:
            head = await upgraded(server.port, offers)
        assert head.startswith("HTTP/1.1 101 ")
        assert agreed(head) == ([] if answer is None else [answer])

    async def test_an_offer_that_cannot_be_read_is_refused(self) -> None:
        async with native(RecordingManager(compression=True)) as server:
            assert (await upgraded(server.port, ["permessage-deflate; ="])).startswith("HTTP/1.1 400 ")

    async def test_it_is_off_by_default(self) -> None:
        manager = RecordingManager()
        assert ConnectionManager().compression is manager.compression is False
        async with native(manager) as server:
            assert agreed(await upgraded(server.port, ["permessage-deflate"])) == []
            assert type((await manager.opened()).transport) is WebSocketTransport

    async def test_who_has_not_agreed_may_not_compress(self) -> None:
        async with native(RecordingManager(compression=True)) as server, raw_client(server.port) as client:
            client.writer.write(raw(0xC1, deflated(b"Hello")))
            assert await client.close_code() == 1002


@pytest.mark.parametrize(("transport", "said"), [("native", False), ("asgi", True)])
async def test_what_does_not_compress_says_so(transport: str, said: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    manager = stage()
    manager.start(transport)
    assert f"tidings: {transport} transport, MemoryBroker" in caplog.text
    assert ("; compression is the server's affair)" in caplog.text) == said
    await manager.stop()


# RFC 7692, section 7.2.3. The second message of 7.2.3.2 refers to the first, which we have declined.
HELLO = {
    "one block": [(0xC1, "f2 48 cd c9 c9 07 00")],
    "fragments": [(0x41, "f2 48 cd"), (0x80, "c9 c9 07 00")],
    "no compression": [(0xC1, "00 05 00 fa ff 48 65 6c 6c 6f 00")],
    "BFINAL": [(0xC1, "f3 48 cd c9 c9 07 00 00")],
    "two blocks": [(0xC1, "f2 48 05 00 00 00 ff ff ca c9 c9 07 00")],
    "plain": [(0x81, "48 65 6c 6c 6f")],
    "plain fragments": [(0x01, "48 65"), (0x80, "6c 6c 6f")],
}


class TestTaking:
    @pytest.mark.parametrize("frames", HELLO.values(), ids=HELLO)
    async def test_the_examples_of_the_rfc(self, frames: list[tuple[int, str]]) -> None:
        manager = RecordingManager(compression=True)
        async with native(manager) as server, compressing(server.port) as (client, _):
            connection = await manager.opened()
            for _ in range(2):
                client.writer.write(b"".join(raw(first, bytes.fromhex(data)) for first, data in frames))
                assert await connection.next() == ("text", "Hello")
            assert connection.transport._frames is None  # given back: nothing is held for the next message

    @pytest.mark.parametrize(
        "frames",
        [
            [(0xC1, "f2 48 cd c9 c9 07 00"), (0xC1, "f2 00 11 00 00")],
            [(0xC1, "ff ff ff ff")],
            [(0x41, "f2 48 cd"), (0xC0, "c9 c9 07 00")],
            [(0x01, "48 65"), (0xC0, "6c 6c 6f")],
            [(0xC9, "")],
            [(0xA1, "48")],
            [(0xE1, "f2 48 cd c9 c9 07 00")],
        ],
        ids=[
            "another message's window",
            "no deflate",
            "RSV1 on a fragment",
            "and a plain one",
            "on a ping",
            "RSV2",
            "both",
        ],
    )
    async def test_what_the_rfc_does_not_allow(self, frames: list[tuple[int, str]]) -> None:
        manager = RecordingManager(compression=True)
        async with native(manager) as server, compressing(server.port) as (client, _):
            for first, data in frames:
                client.writer.write(raw(first, bytes.fromhex(data)))
            assert await client.close_code() == 1002

    async def test_text_is_looked_at_after_it_was_inflated(self) -> None:
        async with native(RecordingManager(compression=True)) as server, compressing(server.port) as (client, _):
            client.writer.write(raw(0xC1, deflated(b"\xff")))
            assert await client.close_code() == 1007

    async def test_fragments_pings_and_pieces(self) -> None:
        manager = RecordingManager(compression=True)
        data = deflated(b"in some pieces")
        stream = raw(0x41, data[:3]) + raw(0x89, b"p") + raw(0x00, b"") + raw(0x80, data[3:]) + raw(0x81, b"plain")
        async with (
            native(manager) as server,
            compressing(server.port) as (client, _),
            compressing(server.port) as (other, _),
        ):
            first, second = await manager.opened(), await manager.opened()
            for number, byte in enumerate(stream):
                client.writer.write(bytes([byte]))
                await client.writer.drain()
                if number % 8 == 0:
                    other.writer.write(raw(0xC1, deflated(b"%d" % number)))
                    assert await second.next() == ("text", str(number))
            assert await first.next() == ("text", "in some pieces")
            assert await first.next() == ("text", "plain")
            assert await client.frame() == Frame(Opcode.PONG, b"p")

    async def test_the_limit_is_that_of_the_inflated_message(self) -> None:
        manager = RecordingManager(LIMITS, compression=True)
        async with native(manager) as server, compressing(server.port) as (client, _):
            connection = await manager.opened()
            for size in (1_000, 1_001, 4_000):
                client.writer.write(raw(0xC1, deflated(b"x" * size)))
            assert await connection.next() == ("text", "x" * 1_000)
            assert [await connection.next() for _ in range(2)] == [("oversized", None)] * 2

    @pytest.mark.parametrize("user_id", ["ann", None])
    async def test_a_bomb_is_refused(self, user_id: str | None) -> None:
        manager = RecordingManager(LIMITS, user_id=user_id, compression=True)
        async with native(manager) as server, compressing(server.port) as (client, _):
            client.writer.write(raw(0xC1, deflated(bytes(800_000))))
            assert await client.close_code() == 1009

    async def test_a_bomb_in_fragments_is_refused(self) -> None:
        manager = RecordingManager(LIMITS, compression=True)
        deflate = zlib.compressobj(wbits=-15)
        pieces = [deflate.compress(bytes(size)) + deflate.flush(zlib.Z_SYNC_FLUSH) for size in (4_000, 400_000)]
        async with native(manager) as server, compressing(server.port) as (client, _):
            client.writer.write(raw(0x41, pieces[0]) + raw(0x00, pieces[1]))  # the first is as much as may be
            assert await client.close_code() == 1009


class TestSending:
    def test_the_example_of_the_rfc(self) -> None:
        assert deflated(b"Hello") == bytes.fromhex("f2 48 cd c9 c9 07 00")

    @pytest.mark.parametrize("size", [100, 126, 5_000, 65_000, 1_000_000])
    def test_a_frame_is_the_message(self, size: int) -> None:
        message = json.dumps([number * 7_919 % 1_000 for number in range(size // 5)]).encode()
        frame = Compressor(0, encode).encode(message)
        assert frame[0] == 0xC1
        head = {126: 4, 127: 10}.get(frame[1], 2)
        assert frame == b"\xc1" + encode(frame[head:])[1:]
        assert zlib.decompressobj(-WINDOW).decompress(frame[head:] + b"\x00\x00\xff\xff") == message

    def test_it_is_made_once_for_all(self) -> None:
        compressor, message = Compressor(1_024, encode), b"x" * 1_024
        assert compressor.encode is compressor.encode
        assert compressor.encode(message) is compressor.encode(bytes(bytearray(message)))
        assert len(compressor.encode(message)) < 100

    def test_what_is_small_or_would_not_get_smaller_goes_as_it_is(self) -> None:
        compressor, noise = Compressor(1_024, encode), os.urandom(2_000)
        assert compressor.encode(b"x" * 1_023) == encode(b"x" * 1_023)
        assert compressor.encode(noise) == encode(noise)

    def test_what_is_remembered_is_bounded(self) -> None:
        compressor = Compressor(0, encode)
        first = compressor.encode(message := b"%064d" % 0)
        for number in range(1, 25):
            compressor.encode(b"%064d" % number * (REMEMBERED // 640))
        assert sum(len(it) + len(frame) for it, frame in compressor._frames.items()) == compressor._size <= REMEMBERED
        assert len(compressor._frames) > 5
        assert compressor.encode(message) == first
        assert compressor.encode(b"y" * (2 * REMEMBERED))[0] == 0xC1

    def test_an_offer_is_judged_without_a_context(self) -> None:
        _, extension = SharedDeflate().process_request_params([], [])
        assert {"encoder", "decoder"}.isdisjoint(vars(extension))
        assert CompressingTransport.__basicsize__ == WebSocketTransport.__basicsize__


class Posted(Event, type="posted", key="number"):
    number: int
    text: str


class Posts(Channel[Posted], name="posts"): ...


def stage(**limits: int) -> ConnectionManager:
    """A manager that compresses, whose only rule is that everybody may."""
    manager = ConnectionManager(
        channels=[Posts],
        authenticate=lambda handshake, token: User(token or ""),
        compression=True,
        limits=Limits(**limits),
    )
    manager.authorize(Posts)(lambda channel, user: True)
    return manager


async def post(manager: ConnectionManager, *numbers: int, size: int = 2_000) -> None:
    for number in numbers:
        await manager.publish(Posted(number=number, text=text(number, size)), Posts())


def text(number: int, size: int) -> str:
    """Something that is compressed to about a half."""
    return "".join(f"{index * 2_654_435_761 % 2**32 ^ number:08x}" for index in range(size // 8))


async def follow(client: RawClient, **positions: Any) -> dict[str, Any]:
    """Sign in and subscribe; returns the position."""
    client.send_text('{"type":"auth","payload":{"token":"ann"}}')
    client.send_text(json.dumps({"type": "subscribe", "payload": {"channels": ["posts"], "positions": positions}}))
    await client.text()
    position: dict[str, Any] = json.loads(await client.text())["payload"]["positions"]["posts"]
    return position


async def posts(client: RawClient, count: int, size: int = 2_000) -> list[int]:
    """The numbers of the next posts, whose text is as it should be."""
    numbers = []
    for _ in range(count):
        payload = json.loads(await client.text())["payload"]
        assert payload["text"] == text(payload["number"], size)
        numbers.append(payload["number"])
    return numbers


class TestDelivery:
    async def test_a_mixed_audience_hears_the_same(self) -> None:
        manager = stage()
        async with (
            native(manager) as server,
            compressing(server.port) as (one, seen),
            raw_client(server.port) as plain,
            compressing(server.port) as (two, also_seen),
            raw_client(server.port) as other,
        ):
            for client in (one, plain, two, other):
                await follow(client)
            await post(manager, *range(1, 101))  # in one iteration of the loop: frames are joined
            await post(manager, 101, size=8)
            for client in (one, plain, two, other):
                assert await posts(client, 100) == list(range(1, 101))
                assert await posts(client, 1, 8) == [101]
            assert seen.compressed == also_seen.compressed == [False, False, *[True] * 100, False]

    async def test_who_comes_back_is_sent_what_was_missed(self) -> None:
        manager = stage()
        async with native(manager) as server:
            async with compressing(server.port) as (client, _):
                position = await follow(client)
                await post(manager, *range(1, 101))
            async with (
                compressing(server.port) as (client, seen),
                compressing(server.port) as (another, _),
                raw_client(server.port) as plain,
            ):
                for each in (client, another, plain):
                    await follow(each, posts=position)
                await post(manager, 101)
                for each in (client, another, plain):
                    assert await posts(each, 101) == list(range(1, 102))
                assert seen.compressed == [False, False, *[True] * 101]

    async def test_who_reads_slowly_misses_nothing(self) -> None:
        manager = stage(write_buffer=16_384, send_buffer=4_096)
        async with (
            native(manager) as server,
            raw_client(server.port, receive_buffer=4_096, extensions=[ClientPerMessageDeflateFactory()]) as slow,
            compressing(server.port) as (quick, _),
        ):
            for client in (slow, quick):
                await follow(client)
            for number in range(1, 41):
                await post(manager, number, size=10_000)
                assert await posts(quick, 1, 10_000) == [number]
            assert manager.metrics.slowed
            numbers = [number := 0]
            while number < 40:  # each post has a key of its own: none stands for another
                message = json.loads(await slow.text())
                assert message["type"] == "posted", message
                number = message["payload"]["number"]
                numbers.append(number)
            assert numbers == list(range(41))


class TestRealClients:
    async def test_websockets(self) -> None:
        manager = stage(compression_threshold=100)
        async with (
            native(manager) as server,
            connect(f"ws://127.0.0.1:{server.port}/ws", compression="deflate", proxy=None) as socket,
        ):
            assert [extension.name for extension in socket.protocol.extensions] == ["permessage-deflate"]
            client = Client(socket)
            await client.ask("auth", {"token": "ann"})
            await client.subscribe("posts")
            await post(manager, 1, 2)
            assert [(await client.next())["payload"]["number"] for _ in range(2)] == [1, 2]
            assert await client.alive()

    @pytest.mark.parametrize("kind", ["ws", "own"])
    async def test_node(self, kind: str) -> None:
        manager = RecordingManager(compression=True)
        long = "grüezi " * 2_000
        async with native(manager) as server:
            node = await asyncio.create_subprocess_exec("node", ECHO, kind, f"ws://127.0.0.1:{server.port}/ws")
            try:
                connection = await manager.opened()
                method, extensions = await connection.next()
                assert (method, "permessage-deflate" in extensions) == ("text", True)
                for message in (long, "short", long):
                    connection.send(message)
                    assert await connection.next() == ("text", message)
                connection.transport.close(1000, "")
                async with asyncio.timeout(DEADLINE):
                    assert await node.wait() == 0
            finally:
                if node.returncode is None:
                    node.kill()
                    await node.wait()


async def upgraded(port: int, offers: Sequence[str]) -> str:
    """The head of the answer to an upgrade request with these headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = ["GET /ws HTTP/1.1", "Host: app.example", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    lines += [f"Sec-WebSocket-Extensions: {offer}" for offer in offers]
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(DEADLINE):
            return (await reader.readuntil(b"\r\n\r\n")).decode()
    finally:
        writer.transport.abort()


def agreed(head: str) -> list[str]:
    """What an answer says of extensions."""
    return re.findall(r"(?im)^Sec-WebSocket-Extensions: (.*?)\r$", head)
