"""Frames of a server (RFC 6455, section 5.2), counted without a look at what is in them."""

from collections.abc import Iterator
from typing import NamedTuple

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A  # first bytes: FIN and the opcode
LENGTH_16 = 126  # second byte: the length stands in the next two


class Walked(NamedTuple):
    """What stands in a piece of a stream: whole messages, their bytes, other frames (first byte, payload), the rest."""

    messages: int
    size: int
    others: list[tuple[int, bytes]]
    rest: bytes


def walk(data: bytes) -> Walked:
    """Go from header to header through the frames of a server; `rest` is the beginning of one that is not whole yet."""
    begin = messages = size = 0
    others = []
    while (length := frame_length(data, begin)) and begin + length <= len(data):
        if data[begin] == TEXT:
            messages += 1
            size += length
        else:
            others.append((data[begin], data[begin + 2 : begin + length]))  # control frames have short headers
        begin += length
    return Walked(messages, size, others, data[begin:])


def texts(data: bytes) -> Iterator[bytes]:
    """What is in the text frames of a piece that has only whole frames."""
    begin = 0
    while begin < len(data):
        length = frame_length(data, begin)
        if data[begin] == TEXT:
            second = data[begin + 1]
            yield data[begin + (2 if second < LENGTH_16 else 4 if second == LENGTH_16 else 10) : begin + length]
        begin += length


def frame_length(data: bytes, begin: int) -> int:
    """Bytes of the frame that begins there, header included; 0 where its header is not whole."""
    if len(data) < begin + 2:
        return 0
    length = data[begin + 1]
    if length < LENGTH_16:
        return 2 + length
    extended = 2 if length == LENGTH_16 else 8
    header = data[begin + 2 : begin + 2 + extended]
    return 2 + extended + int.from_bytes(header, "big") if len(header) == extended else 0


def text(payload: bytes) -> bytes:
    """A client's text frame of at most 65,535 bytes, masked with zeros."""
    length = bytes([0x80 | len(payload)]) if len(payload) < LENGTH_16 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([TEXT]) + length + _MASK + payload


def pong(payload: bytes) -> bytes:
    """A client's answer to a ping with this payload."""
    return bytes([PONG, 0x80 | len(payload)]) + _MASK + payload


_MASK = b"\0\0\0\0"
