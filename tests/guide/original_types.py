"""What the guide's code imports from `python.websocket.types` and does not show, read as kindly as can be."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

from pydantic_core import to_jsonable_python

from tests.guide.live import ScheduleCreatedPayload

__all__ = ["ScheduleCreatedPayload", "WSEventType", "create_ws_message"]


class WSEventType(Enum):
    """The guide's types of messages, as far as they are used here."""

    CONNECTION_ESTABLISHED = "connection:established"
    SUBSCRIBE = "subscribe"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBE = "unsubscribe"
    PING = "ping"
    PONG = "pong"
    SCHEDULE_CREATED = "schedule:created"


def create_ws_message(type: WSEventType, payload: Any, id: str) -> dict[str, Any]:
    """The guide's envelope. Models in the payload are written as JSON values."""
    timestamp = datetime.now(UTC).isoformat()
    return {"type": type.value, "payload": to_jsonable_python(payload), "timestamp": timestamp, "id": id}
