"""tidings: real-time events for Python web apps.

Declare an event once; every screen that may see it has it, in order, exactly once.
"""

from typing import TYPE_CHECKING, Any

from tidings.brokers.memory import MemoryBroker
from tidings.envelope import create_ws_message
from tidings.handshake import Handshake, TokenExpired, User
from tidings.manager import ConnectionManager
from tidings.protocol.channels import Channel, UserChannel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.errors import ChannelError, DeclarationError, EventError, TidingsError
from tidings.protocol.events import Event
from tidings.protocol.limits import Limits
from tidings.protocol.messages import Refused, WSEventType

if TYPE_CHECKING:
    from tidings.auth import JWTAuth as JWTAuth

__all__ = [
    "Channel",
    "ChannelError",
    "ConnectionManager",
    "DeclarationError",
    "ErrorCode",
    "Event",
    "EventError",
    "Handshake",
    "JWTAuth",
    "Limits",
    "MemoryBroker",
    "Refused",
    "TidingsError",
    "TokenExpired",
    "User",
    "UserChannel",
    "WSEventType",
    "create_ws_message",
]


def __getattr__(name: str) -> Any:
    """`JWTAuth` needs the extra `jwt`, so it is imported where it is used."""
    if name == "JWTAuth":
        from tidings.auth import JWTAuth

        return JWTAuth
    raise AttributeError(f"module 'tidings' has no attribute {name!r}")
