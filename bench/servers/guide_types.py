"""What the guide's code imports from `python.websocket.types`, which it does not show."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypedDict


class WSEventType(Enum):
    """The guide's types of messages, as far as they are used here."""

    CONNECTION_ESTABLISHED = "connection:established"
    SUBSCRIBE = "subscribe"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBE = "unsubscribe"
    PING = "ping"
    PONG = "pong"
    SCHEDULE_CREATED = "schedule:created"


class ScheduleCreatedPayload(TypedDict):
    """The payload of `schedule:created`."""

    schedule: dict[str, Any]


def create_ws_message(type: WSEventType, payload: Any, id: str) -> dict[str, Any]:
    """The guide's envelope."""
    return {"type": type.value, "payload": payload, "timestamp": datetime.now(UTC).isoformat(), "id": id}
