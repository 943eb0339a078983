"""Events as they lie in Redis and are announced there."""

import msgspec

from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position, event_message


class _Stored(Draft, array_like=True, frozen=True, gc=False):
    """An event, as an array of a draft's fields in their order. Fields are added at the end, with a default: older and
    newer programs share logs.
    """


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Stored)


class Unreadable(Exception):
    """What lies or came there is no event of ours."""


def packed(draft: Draft) -> bytes:
    """The bytes of an event."""
    return _encoder.encode(
        _Stored(draft.type, draft.payload, draft.timestamp, draft.id, draft.key, draft.version, draft.traceparent)
    )


def unpacked(event: bytes) -> Draft:
    """The event of these bytes. Raises Unreadable."""
    try:
        return _decoder.decode(event)
    except msgspec.MsgspecError as error:
        raise Unreadable(str(error)) from error


def entry(channel: str, position: Position, draft: Draft, at: float) -> Entry:
    """The entry of an event that was given a position. `at` is in seconds."""
    return Entry(position, event_message(channel, position, draft), draft.key, at)


def announcement(message: bytes) -> tuple[str, int, str, str, float, bytes]:
    """What a message on a channel's name says: epoch, offset and id of an event, the id before it, when it was appended
    in seconds, and the event, which is empty where it has to be read. Raises Unreadable for what is none of ours.
    """
    try:
        epoch, offset, id, before, at, event = message.split(b"\n", 5)
        return str(epoch, "ascii"), int(offset), str(id, "ascii"), str(before, "ascii"), int(at) / 1000, event
    except ValueError as error:
        raise Unreadable(str(error)) from error
