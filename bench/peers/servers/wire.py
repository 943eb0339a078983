"""What the peers in Python share: whose a token is, and the guide's messages for those that have none of their own."""

import json
import uuid
from typing import Any

import jwt

from bench.servers.guide_types import WSEventType, create_ws_message
from bench.servers.workload import ALGORITHM, SECRET, schedule

InvalidToken = jwt.InvalidTokenError


def verified(token: str) -> str:
    """The user whom the token names. Raises InvalidToken."""
    claims = jwt.decode(token, SECRET, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
    return str(claims["sub"])


def established(user: str) -> str:
    """The guide's greeting."""
    payload = {"connection_id": str(uuid.uuid4()), "user_id": user}
    return _text(create_ws_message(WSEventType.CONNECTION_ESTABLISHED, payload, str(uuid.uuid4())))


def subscribed(channels: list[str]) -> str:
    """The guide's answer to `subscribe`."""
    payload = {"channels": channels, "total": len(channels)}
    return _text(create_ws_message(WSEventType.SUBSCRIBED, payload, str(uuid.uuid4())))


def event(number: int) -> str:
    """The guide's message for an event."""
    return _text(message(number))


def message(number: int) -> dict[str, Any]:
    """The same, for those who encode it themselves."""
    return create_ws_message(WSEventType.SCHEDULE_CREATED, {"schedule": schedule(number)}, str(uuid.uuid4()))


def _text(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
