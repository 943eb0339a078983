"""Control: what is withdrawn from a user, as entries of logs that every process follows, and what is remembered of it.

The logs are channels of a broker like any other; their names begin with a character that no channel's name holds.
"""

from collections import OrderedDict
from enum import Enum, auto
from typing import TypeAlias

import msgspec

from tidings.protocol.events import Draft

CONTROL = "!control"
DISCONNECTIONS = "!disconnections"
"""In a log of their own: processes that start later read all of it, and nothing else may push them out."""

LOGS = (CONTROL, DISCONNECTIONS)


class Reauthorize(msgspec.Struct, frozen=True, tag_field="type", tag="control:reauthorize"):
    """Ask the rules anew for all that the user follows."""

    user_id: str


class Revoke(msgspec.Struct, frozen=True, tag_field="type", tag="control:revoke"):
    """End the user's subscriptions to a channel."""

    user_id: str
    channel: str


class Disconnect(msgspec.Struct, frozen=True, tag_field="type", tag="control:disconnect"):
    """End the user's connections, and refuse tokens that were issued at or before `at` (seconds since 1970)."""

    user_id: str
    reason: str
    at: float


Act: TypeAlias = Reauthorize | Revoke | Disconnect


class _Message(msgspec.Struct):
    payload: Act


_decoder = msgspec.json.Decoder(_Message)


def log_of(act: Act) -> str:
    """The channel that an act is appended to."""
    return DISCONNECTIONS if isinstance(act, Disconnect) else CONTROL


def act_draft(act: Act, *, id: str, timestamp: str) -> Draft:
    """The act as it goes to its log."""
    return Draft(type(act).__struct_config__.tag, msgspec.json.encode(act), timestamp, id)  # type: ignore[arg-type]


def read_act(message: bytes) -> Act | None:
    """The act of a log's message; None for what is none."""
    try:
        return _decoder.decode(message).payload
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class Disconnected:
    """Since when whose tokens are refused, of at most `limit` users; the one refused longest ago is forgotten first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._at: OrderedDict[str, float] = OrderedDict()

    def add(self, user_id: str, at: float) -> None:
        """Refuse this user's tokens that were issued at or before `at`."""
        self._at[user_id] = max(at, self._at.pop(user_id, at))
        while len(self._at) > self._limit:
            self._at.popitem(last=False)

    def refuses(self, user_id: str, issued_at: float | None) -> bool:
        """Whether a token is refused; one that does not say when it was issued, as if it were old."""
        at = self._at.get(user_id)
        return at is not None and (issued_at is None or issued_at <= at)


class State(Enum):
    """How far a process knows what was withdrawn."""

    IDLE = auto()  # it serves nobody
    STARTING = auto()
    FOLLOWING = auto()
    SUSPENDED = auto()


class Input(Enum):
    """What may happen: it begins to serve, the logs were read to their ends, they were not for too long, it ends."""

    BEGIN = auto()
    READ = auto()
    OVERDUE = auto()
    END = auto()


TRANSITIONS = {
    State.IDLE: {Input.BEGIN: State.STARTING},
    State.STARTING: {Input.READ: State.FOLLOWING, Input.OVERDUE: State.SUSPENDED, Input.END: State.IDLE},
    State.FOLLOWING: {Input.READ: State.FOLLOWING, Input.OVERDUE: State.SUSPENDED, Input.END: State.IDLE},
    State.SUSPENDED: {Input.READ: State.FOLLOWING, Input.END: State.IDLE},
}
"""Events are delivered in FOLLOWING only. An input that a state does not list changes nothing."""
