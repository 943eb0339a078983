"""tidings: real-time events for Python web apps.

Declare an event once; every screen that may see it has it, in order, exactly once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tidings.brokers.memory import MemoryBroker
from tidings.handshake import Handshake, TokenExpired, User
from tidings.manager import ConnectionManager
from tidings.protocol.channels import Channel, UserChannel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.errors import ChannelError, DeclarationError, EventError, TidingsError
from tidings.protocol.events import Event
from tidings.protocol.limits import Limits
from tidings.protocol.messages import Refused, WSEventType
from tidings.publishing.envelope import create_ws_message
from tidings.publishing.publisher import Publisher

if TYPE_CHECKING:
    from tidings.auth import JWTAuth as JWTAuth
    from tidings.brokers.database import DatabaseBroker as DatabaseBroker
    from tidings.brokers.redis import RedisBroker as RedisBroker
    from tidings.outbox import Outbox as Outbox

__all__ = [
    "Channel",
    "ChannelError",
    "ConnectionManager",
    "DatabaseBroker",
    "DeclarationError",
    "ErrorCode",
    "Event",
    "EventError",
    "Handshake",
    "JWTAuth",
    "Limits",
    "MemoryBroker",
    "Outbox",
    "Publisher",
    "RedisBroker",
    "Refused",
    "TidingsError",
    "TokenExpired",
    "User",
    "UserChannel",
    "WSEventType",
    "create_ws_message",
]

# What needs an extra is imported where it is used.
_NEEDS_EXTRA = {
    "JWTAuth": "tidings.auth",
    "DatabaseBroker": "tidings.brokers.database",
    "RedisBroker": "tidings.brokers.redis",
    "Outbox": "tidings.outbox",
}


def __getattr__(name: str) -> Any:
    if name in _NEEDS_EXTRA:
        return getattr(import_module(_NEEDS_EXTRA[name]), name)
    raise AttributeError(f"module 'tidings' has no attribute {name!r}")
