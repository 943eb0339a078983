"""What is read and written after the upgrade (RFC 6455), and how a connection ends."""

import asyncio
import struct
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.transports.native_server import DEADLINE, RecordingManager, native, raw_client
from tidings import Limits
from tidings.transports.websocket import CLOSE_TIMEOUT, MAX_FRAGMENTS, encode

pytestmark = pytest.mark.anyio

LIMITS = Limits(message_size=1_000)


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


class TestReading:
    async def test_whole_and_fragmented_messages(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            client.send_text("one")
            client.send(Opcode.BINARY, b"\x00\xff")
            euro = "€".encode()
            client.send(Opcode.TEXT, euro[:1], fin=False)
            client.send(Opcode.PING, b"amid")
            client.send(Opcode.CONT, b"", fin=False)
            client.send(Opcode.CONT, euro[1:])
            client.send_text("")
            expected = [("text", "one"), ("binary", b"\x00\xff"), ("text", "€"), ("text", "")]
            assert [await connection.next() for _ in expected] == expected
            assert await client.frame() == Frame(Opcode.PONG, b"amid")

    async def test_a_ping_amid_fragments_is_answered_before_the_message(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            connection.receive = connection.send  # type: ignore[method-assign]
            fragments = (Frame(Opcode.TEXT, b"a", fin=False), Frame(Opcode.PING, b"p"), Frame(Opcode.CONT, b"b"))
            client.writer.write(b"".join(frame.serialize(mask=True) for frame in fragments))
            assert await client.frame() == Frame(Opcode.PONG, b"p")
            assert await client.text() == "ab"

    async def test_a_message_in_single_bytes(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            for byte in Frame(Opcode.TEXT, b"slowly").serialize(mask=True):
                client.writer.write(bytes([byte]))
                await client.writer.drain()
                await asyncio.sleep(0)
            assert await connection.next() == ("text", "slowly")

    async def test_many_messages_in_one_piece_arrive_in_order(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            client.writer.write(b"".join(Frame(Opcode.TEXT, b"%d" % n).serialize(mask=True) for n in range(20_000)))
            for number in range(20_000):
                assert await connection.next() == ("text", str(number))

    async def test_what_one_client_has_begun_is_no_other_clients(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as one, raw_client(server.port) as two:
            first, second = await manager.opened(), await manager.opened()
            half, rest = (frame := Frame(Opcode.TEXT, b"slowly").serialize(mask=True))[:5], frame[5:]
            one.writer.write(Frame(Opcode.TEXT, b"one").serialize(mask=True) + half)
            assert await first.next() == ("text", "one")
            two.send_text("two")
            two.send(Opcode.TEXT, b"in ", fin=False)
            two.send(Opcode.PING)
            assert await second.next() == ("text", "two")
            assert await two.frame() == Frame(Opcode.PONG, b"")
            one.writer.write(rest)
            assert await first.next() == ("text", "slowly")
            one.send_text("whole")
            assert await first.next() == ("text", "whole")
            two.send(Opcode.CONT, b"pieces")
            assert await second.next() == ("text", "in pieces")

    async def test_a_limit_is_no_other_clients(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as user, raw_client(server.port) as nobody:
            known, unknown = await manager.opened(), await manager.opened()
            unknown.user_id = None
            user.send(Opcode.TEXT, b"x" * 1_001)
            assert await known.next() == ("oversized", None)
            nobody.send(Opcode.TEXT, b"x" * 1_001)
            assert await nobody.close_code() == 1009

    @pytest.mark.parametrize("length", [b"\x7e\x00\x02", b"\x7f" + bytes(7) + b"\x02"], ids=["16 bits", "64 bits"])
    async def test_more_bytes_for_a_length_than_it_needs(self, length: bytes) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as one, raw_client(server.port) as two:
            first, second = await manager.opened(), await manager.opened()
            for text in (b"hi", b"ho"):
                one.writer.write(b"\x81" + bytes([length[0] | 0x80]) + length[1:] + bytes(4) + text)
                assert await first.next() == ("text", text.decode())
                two.send_text("two")
                assert await second.next() == ("text", "two")

    @pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
    @pytest.mark.parametrize("pieces", [1, 4])
    async def test_a_message_over_the_limit_is_answered(self, opcode: Opcode, pieces: int) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            for number in range(pieces):
                client.send(opcode if number == 0 else Opcode.CONT, b"x" * (4_000 // pieces), fin=number == pieces - 1)
            client.send(opcode, b"x" * 1_000)
            assert await connection.next() == ("oversized", None)
            assert (await connection.next())[1] in ("x" * 1_000, b"x" * 1_000)

    async def test_of_a_message_over_the_limit_nothing_is_kept(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            client.send(Opcode.TEXT, b"x" * 600, fin=False)
            client.send(Opcode.CONT, b"x" * 600, fin=False)
            client.send(Opcode.PING)
            await client.frame()
            message = connection.transport._message
            assert message is not None
            assert (message.size, message.parts) == (1_200, [])

    async def test_a_message_far_over_the_limit_ends_the_connection(self) -> None:
        manager = RecordingManager(LIMITS)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            client.send(Opcode.TEXT, b"x" * 4_001)
            assert await client.close_code() == 1009
            await connection.lost_in_time()

    async def test_nobody_in_particular_has_no_more_than_the_limit(self) -> None:
        manager = RecordingManager(LIMITS, user_id=None)
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            client.send(Opcode.TEXT, b"x" * 1_000)
            assert await connection.next() == ("text", "x" * 1_000)
            client.send(Opcode.TEXT, b"x" * 1_001)
            assert await client.close_code() == 1009

    @pytest.mark.parametrize("data", [b"", b"x"])
    async def test_endless_fragments_end_the_connection(self, data: bytes) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            await manager.opened()
            client.send(Opcode.TEXT, data, fin=False)
            for _ in range(MAX_FRAGMENTS - 2):
                client.send(Opcode.CONT, data, fin=False)
            client.send(Opcode.PING, b"still there")
            assert await client.frame() == Frame(Opcode.PONG, b"still there")
            client.send(Opcode.CONT, data, fin=False)
            assert await client.close_code() == 1008

    async def test_signs_of_life_reach_the_connection(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            connection.transport.ping()
            ping = await client.frame()
            assert ping is not None
            assert ping.opcode is Opcode.PING
            assert not connection.is_alive.is_set()
            client.send(Opcode.PONG, bytes(ping.data))
            client.send_text("after the pong")
            await connection.next()
            assert connection.is_alive.is_set()

    async def test_a_connection_may_ask_not_to_be_read(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            connection.transport.pause_reading()
            client.writer.write(b"".join(Frame(Opcode.TEXT, b"%d" % n).serialize(mask=True) for n in range(5_000)))
            connection.send("written meanwhile")
            assert await client.text() == "written meanwhile"
            assert connection.calls.empty()
            connection.transport.resume_reading()
            assert [await connection.next() for _ in range(5_000)] == [("text", str(n)) for n in range(5_000)]

    async def test_what_came_in_the_same_piece_waits_too(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            messages = b"".join(Frame(Opcode.TEXT, b"%04d" % n * 250).serialize(mask=True) for n in range(100))
            receive = connection.receive

            def receive_one(text: str) -> None:
                receive(text)
                connection.transport.pause_reading()

            connection.receive = receive_one  # type: ignore[method-assign]
            client.writer.write(messages)
            seen = [await connection.next()]
            held_back = 100 - connection.calls.qsize() - len(seen)
            assert held_back > 80, "one slice of bytes is read, not all that came"
            while len(seen) < 100:
                connection.transport.resume_reading()
                seen.append(await connection.next())
            assert [text[:4] for _, text in seen] == [f"{n:04d}" for n in range(100)]


def masked(head: int, length: bytes, payload: bytes = b"") -> bytes:
    """A frame by its bytes: the first, then the length without the mask bit, then a payload masked with zeros."""
    return bytes([head, length[0] | 0x80]) + length[1:] + bytes(4) + payload


BAD_FRAMES = {
    "reserved opcode 3": (masked(0x83, b"\x00"), 1002),
    "reserved opcode 11": (masked(0x8B, b"\x00"), 1002),
    "reserved bit 1": (masked(0xC1, b"\x00"), 1002),
    "reserved bit 2": (masked(0xA1, b"\x00"), 1002),
    "reserved bit 3": (masked(0x91, b"\x00"), 1002),
    "not masked": (b"\x81\x02hi", 1002),
    "a fragmented ping": (masked(0x09, b"\x00"), 1002),
    "a long ping": (masked(0x89, b"\x7e\x00\x7e", bytes(126)), 1002),
    "a continuation of nothing": (masked(0x80, b"\x00"), 1002),
    "a message amid another": (masked(0x01, b"\x00") + masked(0x81, b"\x00"), 1002),
    "invalid UTF-8": (masked(0x81, b"\x02", b"\xc3\x28"), 1007),
    "half a character": (masked(0x81, b"\x02", b"\xe2\x82"), 1007),
    "a surrogate": (masked(0x81, b"\x03", b"\xed\xa0\x80"), 1007),
    "a length of 2^63": (masked(0x82, b"\x7f" + struct.pack("!Q", 2**63)), 1009),
    "a length of 2^64-1": (masked(0x82, b"\x7f" + b"\xff" * 8), 1009),
    "a close with one byte": (masked(0x88, b"\x01", b"\x03"), 1002),
    "a close with a reserved code": (masked(0x88, b"\x02", struct.pack("!H", 1005)), 1002),
    "a close with invalid UTF-8": (masked(0x88, b"\x03", struct.pack("!H", 1000) + b"\xff"), 1007),
}


@pytest.mark.parametrize(("data", "code"), BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_bad_frame_fails_the_connection(
    data: bytes, code: int, caplog: pytest.LogCaptureFixture, recwarn: Any
) -> None:
    manager = RecordingManager()
    async with native(manager) as server, raw_client(server.port) as client, raw_client(server.port) as other:
        connection, bystander = await manager.opened(), await manager.opened()
        # What follows must not be acted upon, and must not reset the connection before the close frame is read.
        client.writer.write(data + Frame(Opcode.TEXT, b"too late").serialize(mask=True) * 1_000)
        assert await client.close_code() == code
        await client.end()
        await connection.lost_in_time()
        assert connection.calls.empty()
        other.send_text("well")
        assert await bystander.next() == ("text", "well")
    assert not [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"]


async def test_a_client_that_goes_on_after_its_mistake_still_learns_of_it() -> None:
    """To close while bytes of the client are unread would reset the connection, and what the client has not read yet
    would be gone.
    """
    manager = RecordingManager()
    async with native(manager) as server, raw_client(server.port, receive_buffer=8_192) as client:
        connection = await manager.opened()
        for number in range(100):
            connection.send(f"{number:03d}" + "x" * 1_000)
        connection.transport.flush()
        client.writer.write(BAD_FRAMES["reserved opcode 3"][0] + bytes(2**20))
        assert [(await client.text())[:3] for _ in range(100)] == [f"{number:03d}" for number in range(100)]
        assert await client.close_code() == 1002
        server.later(CLOSE_TIMEOUT)
        await connection.lost_in_time()


@pytest.mark.parametrize("payload", [b"", b"sent by itself"])
async def test_a_pong_is_a_sign_of_life_and_nothing_else(payload: bytes) -> None:
    manager = RecordingManager()
    pong = Frame(Opcode.PONG, payload).serialize(mask=True)
    async with native(manager) as server, raw_client(server.port) as client:
        connection = await manager.opened()
        for _ in range(2):
            connection.is_alive.clear()
            client.writer.write(pong)
            async with asyncio.timeout(DEADLINE):
                await connection.is_alive.wait()
        client.writer.write(Frame(Opcode.TEXT, b"we", fin=False).serialize(mask=True) + pong)
        client.writer.write(Frame(Opcode.CONT, b"ll").serialize(mask=True))
        assert await connection.next() == ("text", "well")


class TestWriting:
    async def test_frames_are_shared_and_arrive_in_order(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as one, raw_client(server.port) as two:
            connections = [await manager.opened(), await manager.opened()]
            frames = [encode(b"%d" % number) for number in range(1_000)]
            for frame in frames:
                for connection in connections:
                    connection.transport.write(frame)
            for client in (one, two):
                assert [await client.text() for _ in range(1_000)] == [str(number) for number in range(1_000)]

    @pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
    async def test_every_length_of_frame(self, size: int) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            connection.send("x" * size)
            assert await client.text() == "x" * size


class TestEnding:
    async def test_a_close_comes_after_what_was_written(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            for number in range(100):
                connection.send(str(number))
            connection.transport.close(4401, "no")
            connection.send("not sent")
            assert [await client.text() for _ in range(100)] == [str(number) for number in range(100)]
            assert await client.frame() == Frame(Opcode.CLOSE, struct.pack("!H", 4401) + b"no")
            client.send_text("not taken")
            client.send(Opcode.CLOSE, struct.pack("!H", 4401))
            await client.end()
            await connection.lost_in_time()
            assert connection.calls.empty()
            await server.emptied()

    async def test_a_long_reason_is_cut_between_characters(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            (await manager.opened()).transport.close(4400, "é" * 100)
            frame = await client.frame()
            assert frame is not None
            assert bytes(frame.data)[2:].decode() == "é" * 61

    async def test_a_client_that_does_not_answer_a_close_is_aborted(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            connection.transport.close(1000, "")
            assert await client.close_code() == 1000
            server.later(CLOSE_TIMEOUT - 1)
            assert server.state.connections
            server.later(CLOSE_TIMEOUT)
            await connection.lost_in_time()
            await server.emptied()

    async def test_a_clients_close_is_answered(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            client.send_text("last")
            client.send(Opcode.CLOSE, struct.pack("!H", 1001) + b"bye")
            assert await client.frame() == Frame(Opcode.CLOSE, struct.pack("!H", 1001) + b"bye")
            await client.end()
            assert await connection.next() == ("text", "last")
            await connection.lost_in_time()

    @pytest.mark.parametrize("how", ["reset", "end of stream"])
    async def test_a_client_that_vanishes_is_lost(self, how: str) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            if how == "reset":
                client.writer.transport.abort()
            else:
                client.writer.write_eof()
            await connection.lost_in_time()
            connection.send("to nobody")
            connection.transport.ping()
            connection.transport.close(1000, "")
            connection.transport.resume_reading()
            connection.transport.abort()

    async def test_abort_is_at_once(self) -> None:
        manager = RecordingManager()
        async with native(manager) as server, raw_client(server.port) as client:
            connection = await manager.opened()
            connection.send("not flushed, or it is")
            connection.transport.abort()
            await connection.lost_in_time()
            assert await client.close_code() is None
