"""From an event's payload on the wire to what the application iterates over."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError

from tidings.client.errors import ClientError
from tidings.protocol.channels import Channel
from tidings.protocol.events import Event

T = TypeVar("T")
E = TypeVar("E", bound=Event)

Read = Callable[[str, bytes], T | None]
"""The event of a type with this payload. None: a newer server's, which nobody here knows. Raises ClientError."""


def declared(channel: Channel[E]) -> Read[E]:
    """As the channel's own classes. Fields that a newer server added are passed over."""
    kinds: Mapping[str, type[Any]] = channel.event_types

    def read(type: str, payload: bytes) -> E | None:
        kind = kinds.get(type)
        if kind is None:
            return None
        event: E = object.__new__(kind)
        try:  # past `Event.__init__`, which takes the application's objects and refuses unknown fields
            kind.__pydantic_validator__.validate_json(payload, extra="ignore", self_instance=event)
        except ValidationError as error:
            raise ClientError(
                "malformed", f"{type} is not as {kind.__qualname__} declares: {_problem(error)}"
            ) from error
        return event

    return read


def undeclared(type: str, payload: bytes) -> Mapping[str, Any] | None:
    """As a mapping."""
    try:
        document: Mapping[str, Any] = msgspec.json.decode(payload)
    except (ValueError, RecursionError) as error:
        raise ClientError("malformed", f"{type}: {error}") from error
    return document


def _problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'the payload'}: {problem['msg']}"
