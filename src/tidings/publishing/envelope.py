"""The guide's messages as dictionaries: `{type, payload, timestamp, id}`."""

import re
import time
import uuid
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec
from pydantic import BaseModel

from tidings.protocol.channels import Channel
from tidings.protocol.errors import EventError
from tidings.protocol.events import Draft, checked_id, draft, untyped_draft
from tidings.protocol.messages import timestamp

Message = Mapping[str, Any]
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def create_ws_message(
    type: str | Enum, payload: Mapping[str, Any] | BaseModel, id: str | None = None
) -> dict[str, Any]:
    """The guide's envelope, for `send_to_connection`, `send_to_user` and `broadcast_to_channel`.

    Models in the payload are written by alias.
    """
    return {
        "type": _type_name(type),
        "payload": payload,
        "timestamp": timestamp(time.time()),
        "id": id or uuid.uuid4().hex,
    }


def drafted(message: Message, channel: Channel[Any] | None, *, id: str, now: float) -> Draft:
    """A message as it goes to a log. On a declared channel it is one of that channel's events, and valid.

    `id` is used where the message has none. Raises EventError naming what is missing, undeclared or invalid.
    """
    type, payload = _parts(message)
    id, at = message.get("id") or id, _timestamp(message, now)
    if channel is None:
        return untyped_draft(type, payload, id=id, timestamp=at)
    event = channel.event_types.get(type)
    if event is None:
        declared = ", ".join(sorted(channel.event_types)) or "nothing"
        raise EventError(f"{channel.__class__.__qualname__} does not carry {type!r}; it declares {declared}")
    fields = dict(payload) if isinstance(payload, Mapping) else payload
    return draft(event.from_payload(fields), id=id, timestamp=at)


def direct_message(message: Message, *, id: str, now: float) -> bytes:
    """A message for one connection, completed to the whole envelope."""
    type, payload = _parts(message)
    ready = untyped_draft(type, payload, id=message.get("id") or id, timestamp=_timestamp(message, now))
    document = {"type": ready.type, "payload": msgspec.Raw(ready.payload), "timestamp": ready.timestamp, "id": ready.id}
    if "reply_to" in message:
        document["reply_to"] = checked_id(message["reply_to"])
    return msgspec.json.encode(document)


def type_of(message: Message) -> str:
    """The message's type as text; empty where it has none."""
    return str(_type_name(message.get("type", "")))


def _parts(message: Message) -> tuple[str, Any]:
    for field in ("type", "payload"):
        if field not in message:
            raise EventError(f"the message has no {field!r}: make it with create_ws_message(type, payload, id)")
    type = _type_name(message["type"])
    if not isinstance(type, str):
        raise EventError(f"the type {type!r} is not text")
    return type, message["payload"]


def _timestamp(message: Message, now: float) -> str:
    at = message.get("timestamp") or timestamp(now)
    if not isinstance(at, str) or not _TIMESTAMP.fullmatch(at):
        raise EventError(f"the timestamp {at!r} is not RFC 3339 in UTC with milliseconds; leave it out to have it set")
    return at


def _type_name(type: Any) -> Any:
    return type.value if isinstance(type, Enum) else type
