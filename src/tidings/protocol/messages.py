"""The envelope and the control messages, read from a client and written to it (spec/protocol.md, sections 2, 4, 6)."""

import math
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

import msgspec

from tidings.protocol.codes import ErrorCode
from tidings.protocol.events import EVENT_TYPE, ID, Event
from tidings.protocol.log import Position
from tidings.protocol.payload import MAX_INTEGER

MAX_MESSAGE = 65_536
MAX_LEVELS = 64
MAX_CHANNELS = 128
VERSION = 1


class WSEventType(StrEnum):
    """The types of the protocol itself, under the guide's name. `including` adds the application's own:

    WSEventType.including(ScheduleCreated).SCHEDULE_CREATED
    """

    AUTH = "auth"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    PING = "ping"
    CONNECTION_ESTABLISHED = "connection:established"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    PONG = "pong"
    REPLY = "reply"
    CONNECTION_ERROR = "connection:error"
    CHANNEL_RESET = "channel:reset"
    CONNECTION_CLOSING = "connection:closing"
    PRESENCE_UPDATE = "presence:update"
    PRESENCE_STATE = "presence:state"
    PRESENCE_CHANGED = "presence:changed"
    PRESENCE_NODE_LEFT = "presence:node_left"

    @classmethod
    def including(cls, *events: type[Event]) -> Any:
        """An enumeration of the protocol's types and those of these events, whose members are named as in the guide."""
        members = [(kind.name, kind.value) for kind in cls]
        return StrEnum("WSEventType", members + [(member_name(event.event_type), event.event_type) for event in events])


def member_name(event_type: str) -> str:
    """`schedule:created` is `SCHEDULE_CREATED`, in Python as in TypeScript."""
    return "".join(letter if letter.isalnum() else "_" for letter in event_type).upper()


class Refused(Exception):
    """What a client sent is refused: the code, the reason for its developers, the id of the message if it had one."""

    def __init__(
        self, code: ErrorCode, reason: str, *, reply_to: str | None = None, channel: str | None = None
    ) -> None:
        super().__init__(reason)
        self.code, self.reason, self.reply_to, self.channel = code, reason, reply_to, channel


_Token = Annotated[str, msgspec.Meta(min_length=1, max_length=16_384)]


class _WirePosition(msgspec.Struct):
    epoch: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    offset: Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
    id: Annotated[str, msgspec.Meta(max_length=64)]


class Auth(msgspec.Struct, tag=WSEventType.AUTH.value):
    """`auth`: a token, and the position in the user's own channel."""

    token: _Token
    positions: dict[str, _WirePosition] = {}


class Subscribe(msgspec.Struct, tag=WSEventType.SUBSCRIBE.value):
    """`subscribe`: channels, and positions to go on from."""

    channels: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MAX_CHANNELS)]
    positions: dict[str, _WirePosition] = {}


class Unsubscribe(msgspec.Struct, tag=WSEventType.UNSUBSCRIBE.value):
    """`unsubscribe`: channels to leave."""

    channels: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MAX_CHANNELS)]


class Ping(msgspec.Struct, tag=WSEventType.PING.value):
    """`ping`: is anybody there?"""


class PresenceUpdate(msgspec.Struct, tag=WSEventType.PRESENCE_UPDATE.value):
    """`presence:update`: what this connection does on a channel; None takes back what it said."""

    channel: str
    metadata: dict[str, Any] | None


_Control: TypeAlias = Auth | Subscribe | Unsubscribe | Ping | PresenceUpdate


class ClientMessage(msgspec.Struct):
    """What a client sent: one of the control messages, or the payload of an application message of `type`."""

    type: str
    id: str | None
    body: _Control | dict[str, Any]

    def position(self, channel: str) -> Position | None:
        """The position that the message gives for a channel."""
        if not isinstance(self.body, Auth | Subscribe):
            return None
        given = self.body.positions.get(channel)
        return None if given is None else Position(given.epoch, given.offset, given.id)


_CONTROL: Mapping[str, type[_Control]] = {
    WSEventType.AUTH: Auth,
    WSEventType.SUBSCRIBE: Subscribe,
    WSEventType.UNSUBSCRIBE: Unsubscribe,
    WSEventType.PING: Ping,
    WSEventType.PRESENCE_UPDATE: PresenceUpdate,
}


def read(text: str | bytes, application_types: Collection[str] = ()) -> ClientMessage:
    """The message in a text of at most MAX_MESSAGE bytes. Raises Refused, and nothing else, whatever the text is."""
    envelope = _json(text)
    if not isinstance(envelope, dict):
        raise Refused(ErrorCode.INVALID_MESSAGE, f"a message is a JSON object, not {_kind(envelope)}")
    id = envelope.get("id")
    if "id" in envelope and not (isinstance(id, str) and ID.fullmatch(id)):
        reason = f"`id` is {_kind(id)}, not 1 to 64 printable ASCII characters; it may be left out"
        raise Refused(ErrorCode.INVALID_MESSAGE, reason)
    type = envelope.get("type")
    if not (isinstance(type, str) and EVENT_TYPE.fullmatch(type)):
        fault = "not 1 to 64 of letters, digits, ':', '_', '.' and '-'" if "type" in envelope else "missing"
        reason = f"`type` is {fault}"
        raise Refused(ErrorCode.INVALID_MESSAGE, reason, reply_to=id)
    payload = envelope.get("payload", {})
    if not isinstance(payload, dict):
        reason = f"`payload` is a JSON object, not {_kind(payload)}"
        raise Refused(ErrorCode.INVALID_MESSAGE, reason, reply_to=id)
    if type in application_types:
        return ClientMessage(type, id, payload)
    if type not in _CONTROL:
        raise Refused(ErrorCode.UNKNOWN_TYPE, f"there is no message of type {type!r} here", reply_to=id)
    return ClientMessage(type, id, _control(type, payload, id))


def _control(type: str, payload: dict[str, Any], id: str | None) -> _Control:
    try:
        body = msgspec.convert(payload, _CONTROL[type])
    except msgspec.ValidationError as error:
        raise Refused(ErrorCode.INVALID_MESSAGE, f"{type}: payload: {error}", reply_to=id) from error
    if isinstance(body, Subscribe | Unsubscribe) and len(set(body.channels)) != len(body.channels):
        raise Refused(ErrorCode.INVALID_MESSAGE, f"{type}: payload: a channel stands twice in `channels`", reply_to=id)
    if isinstance(body, Subscribe) and (stray := body.positions.keys() - set(body.channels)):
        raise Refused(
            ErrorCode.INVALID_MESSAGE,
            f"{type}: payload: a position for {min(stray)!r}, not in `channels`",
            reply_to=id,
        )
    return body


def _json(text: str | bytes) -> Any:
    try:
        document = msgspec.json.decode(text)
        fault = _fault(document, 0)
    except (ValueError, RecursionError) as error:  # msgspec.DecodeError and UnicodeError are ValueErrors
        raise Refused(ErrorCode.INVALID_JSON, f"not JSON: {error}") from error
    if fault:
        raise Refused(ErrorCode.INVALID_JSON, fault)
    return document


def _fault(value: Any, level: int) -> str | None:
    """Why a decoded value is not what section 2 takes."""
    match value:
        case str():
            return None if value.isascii() or _encodable(value) else "a string holds a lone surrogate"
        case bool() | None:
            return None
        case int():
            return None if -MAX_INTEGER <= value <= MAX_INTEGER else "an integer is beyond 2^53 - 1"
        case float():
            return None if math.isfinite(value) else "a number is not finite"
    if level >= MAX_LEVELS:
        return f"more than {MAX_LEVELS} levels"
    inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return next(filter(None, (_fault(item, level + 1) for item in inner)), None)


def _encodable(text: str) -> bool:
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def _kind(value: object) -> str:
    kinds = {list: "a list", dict: "an object", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")


def timestamp(now: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC with milliseconds."""
    return _millisecond(round(now * 1_000_000) // 1_000)


@lru_cache(maxsize=2)  # many messages are of one millisecond
def _millisecond(millisecond: int) -> str:
    second, left = divmod(millisecond, 1_000)
    return f"{_second(second)}.{left:03d}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat()


def write(type: str, payload: Any, *, id: str, now: float, reply_to: str | None = None) -> bytes:
    """A control, answer or direct message as JSON. `now` is seconds since 1970."""
    message = {"type": type, "payload": payload, "timestamp": timestamp(now), "id": id}
    if reply_to is not None:
        message["reply_to"] = reply_to
    return msgspec.json.encode(message)
