"""What the load generator counts, however the stream is torn."""

import pytest
from websockets.frames import Frame, Opcode

from tidings.cli.bench.frames import CLOSE, PING, Walked, pong, text, walk


def framed(opcode: Opcode, size: int) -> bytes:
    return Frame(opcode, b"x" * size).serialize(mask=False)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_messages_of_every_kind_of_length(size: int) -> None:
    frame = framed(Opcode.TEXT, size)
    assert walk(frame * 3) == Walked(3, 3 * len(frame), [], b"")


def test_wherever_the_stream_is_torn_nothing_is_lost_or_counted_twice() -> None:
    stream = framed(Opcode.TEXT, 5) + framed(Opcode.PING, 4) + framed(Opcode.TEXT, 300) + framed(Opcode.CLOSE, 2)
    for cut in range(len(stream) + 1):
        first = walk(stream[:cut])
        second = walk(first.rest + stream[cut:])
        assert first.messages + second.messages == 2
        assert first.size + second.size == 7 + 304
        assert first.others + second.others == [(PING, b"xxxx"), (CLOSE, b"xx")]
        assert second.rest == b""


@pytest.mark.parametrize("size", [0, 125, 126, 65_535])
def test_what_clients_send_is_a_masked_text_frame(size: int) -> None:
    header = text(b"x" * size)[: -size or None]
    assert header[0] == 0x80 | Opcode.TEXT
    assert header[1] & 0x80
    assert header[-4:] == b"\0\0\0\0"
    assert int.from_bytes(header[2:-4], "big") == size if size > 125 else header[1] & 0x7F == size


def test_a_pong_is_what_a_client_would_answer() -> None:
    assert pong(b"1234") == b"\x8a\x84" + b"\0\0\0\0" + b"1234"
