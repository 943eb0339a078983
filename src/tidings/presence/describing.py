"""What a connection says of itself on a channel, checked against what the channel declares."""

from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from tidings.presence.presence import Presence
from tidings.presence.watching import Member
from tidings.protocol.channels import MAX_NAME
from tidings.protocol.codes import ErrorCode
from tidings.protocol.messages import PresenceUpdate, Refused


def describe(presence: Presence | None, member: Member, update: PresenceUpdate, reply_to: str | None) -> None:
    """Take a `presence:update`. Raises Refused."""
    name = update.channel[:MAX_NAME]
    channel = None if presence is None else presence.declared(name)
    if name not in member.audiences:
        code, reason = ErrorCode.NOT_SUBSCRIBED, f"subscribe to {name!r} first"
    elif presence is None or channel is None:
        code, reason = ErrorCode.NO_PRESENCE, f"the channel {name!r} is declared without presence"
    else:
        try:
            presence.update(member, name, _checked(channel.presence, update.metadata, presence.metadata_size))
        except ValueError as error:
            code, reason = ErrorCode.INVALID_METADATA, str(error)
        else:
            return
    raise Refused(code, reason, reply_to=reply_to, channel=name)


def _checked(declared: type[BaseModel] | bool, metadata: dict[str, Any] | None, size: int) -> dict[str, Any] | None:
    """The metadata as the others get it. Raises ValueError saying what is wrong with it."""
    if metadata is None:
        return None
    if declared is True or declared is False:
        raise ValueError("this channel's presence has no metadata: declare a model of it, presence=…")
    try:
        document: dict[str, Any] = declared.model_validate(metadata).model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"])) or "the metadata"
        raise ValueError(f"metadata: {place}: {problem['msg']}") from error
    if (given := len(msgspec.json.encode(document))) > size:
        raise ValueError(f"metadata: {given} bytes as JSON, more than {size}")
    return document
