"""The protocol's messages as a client reads and writes them (spec/protocol.md, sections 2, 4 and 6)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from tidings.client.errors import ClientError
from tidings.protocol.log import Position
from tidings.protocol.messages import MAX_CHANNELS, MAX_MESSAGE, WSEventType
from tidings.protocol.payload import MAX_INTEGER

_ENVELOPE_ROOM = 512  # bytes of a `subscribe` beside its channels and positions

_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class WirePosition(msgspec.Struct):
    """A position as it stands in messages."""

    epoch: str
    offset: _Count
    id: str

    @property
    def position(self) -> Position:
        """The same as a value."""
        return Position(self.epoch, self.offset, self.id)


class Established(msgspec.Struct):
    """The token was taken. Times in seconds; `expires_at` since 1970, by the server's clock."""

    connection_id: str
    user_id: str
    protocol: int
    positions: dict[str, WirePosition]
    recovered: dict[str, bool]
    ping_interval: _Seconds
    expires_at: float | None = None


class Subscribed(msgspec.Struct):
    """These channels were entered."""

    channels: list[str]
    total: _Count
    positions: dict[str, WirePosition]
    recovered: dict[str, bool]


class Unsubscribed(msgspec.Struct):
    """These channels were left."""

    channels: list[str]
    reason: str | None = None


class Pong(msgspec.Struct):
    """The server lives."""


class Failure(msgspec.Struct):
    """`connection:error`: something was refused."""

    code: str
    message: str
    channel: str | None = None


class ChannelReset(msgspec.Struct):
    """Events were missed that the log no longer holds."""

    channel: str
    position: WirePosition
    reason: str


class Closing(msgspec.Struct):
    """The server is going away."""

    reconnect_after: _Seconds


class Reply(msgspec.Struct):
    """The answer to an application message."""

    payload: dict[str, Any]


class Envelope(msgspec.Struct):
    """What is around every message of a server."""

    type: str
    payload: msgspec.Raw
    timestamp: str
    id: str
    reply_to: str | None = None
    channel: str | None = None
    epoch: str | None = None
    offset: Annotated[int, msgspec.Meta(ge=1, le=MAX_INTEGER)] | None = None
    after: _Count | None = None
    key: str | None = None
    version: _Count | None = None


Body = Established | Subscribed | Unsubscribed | Pong | Failure | ChannelReset | Closing | Reply | msgspec.Raw


class Message(NamedTuple):
    """A message of the server; the body of one that is not the protocol's own is its payload as JSON.

    `position` is that of a channel's event.
    """

    envelope: Envelope
    body: Body
    position: Position | None


_BODIES: Mapping[str, msgspec.json.Decoder[Any]] = {
    type.value: msgspec.json.Decoder(body)
    for type, body in {
        WSEventType.CONNECTION_ESTABLISHED: Established,
        WSEventType.SUBSCRIBED: Subscribed,
        WSEventType.UNSUBSCRIBED: Unsubscribed,
        WSEventType.PONG: Pong,
        WSEventType.CONNECTION_ERROR: Failure,
        WSEventType.CHANNEL_RESET: ChannelReset,
        WSEventType.CONNECTION_CLOSING: Closing,
        WSEventType.REPLY: dict[str, Any],
    }.items()
}
_ENVELOPES = msgspec.json.Decoder(Envelope)


def read(text: str | bytes) -> Message:
    """One message of a server. Raises ClientError `malformed`, and nothing else, for what section 6 does not allow."""
    try:
        if isinstance(text, bytes):
            raise ClientError("malformed", "messages are text, this one was binary")
        envelope = _ENVELOPES.decode(text)
        return Message(envelope, _body(envelope), _position(envelope))
    except (ValueError, RecursionError) as error:  # msgspec.DecodeError and UnicodeError are ValueErrors
        raise ClientError("malformed", str(error)) from error


def _body(envelope: Envelope) -> Body:
    decoder = _BODIES.get(envelope.type)
    if decoder is None:
        if not bytes(envelope.payload).startswith(b"{"):
            raise ClientError("malformed", f"{envelope.type}: the payload is not an object")
        return envelope.payload
    body = decoder.decode(envelope.payload)
    return Reply(body) if isinstance(body, dict) else body


def token_life(envelope: Envelope, body: Established) -> float:
    """Seconds that the token lasts from this greeting on; 0 where it does not expire, or nobody knows when.

    Both times are the server's, so the machine's own clock may be wrong.
    """
    if body.expires_at is None:
        return 0.0
    try:
        said_at = datetime.fromisoformat(envelope.timestamp).timestamp()
    except ValueError:
        return 0.0
    return max(0.0, body.expires_at - said_at)


def _position(envelope: Envelope) -> Position | None:
    """Channel, epoch and offset come together, and `after` only below the offset."""
    if (envelope.after or 0) >= (envelope.offset or 1):
        raise ClientError("malformed", f"{envelope.type}: `after` is not below `offset`")
    if envelope.channel is None and envelope.epoch is None and envelope.offset is None:
        if envelope.after is not None:
            raise ClientError("malformed", f"{envelope.type}: `after` without `offset`")
        return None
    if envelope.channel is None or envelope.epoch is None or envelope.offset is None:
        raise ClientError("malformed", f"{envelope.type}: not all of `channel`, `epoch` and `offset`")
    return Position(envelope.epoch, envelope.offset, envelope.id)


def write(type: str, payload: Any, *, id: str) -> str:
    """A message of a client as JSON. A payload that is JSON already is given as `msgspec.Raw`."""
    return msgspec.json.encode({"type": type, "payload": payload, "id": id}).decode()


def fitting(wishes: Iterable[tuple[str, Position | None]]) -> dict[str, Position | None]:
    """As many channels, from the first on, as one `subscribe` holds: 128, and 64 KB."""
    taken: dict[str, Position | None] = {}
    room = MAX_MESSAGE - _ENVELOPE_ROOM
    for name, position in wishes:
        room -= _size(name, position)
        if room < 0 or len(taken) == MAX_CHANNELS:
            break
        taken[name] = position
    return taken


def _size(name: str, position: Position | None) -> int:
    listed = len(name) + 3
    if position is None:
        return listed
    return 2 * listed + len(msgspec.json.encode(position.document()))


def subscribe(wishes: Mapping[str, Position | None], *, id: str) -> str:
    """A `subscribe` for channels, from their positions where they have one."""
    positions = {name: position.document() for name, position in wishes.items() if position is not None}
    return write(WSEventType.SUBSCRIBE, {"channels": list(wishes), "positions": positions}, id=id)
