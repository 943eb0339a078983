"""One client's states as a table.

All transitions live here; what is sent at each is the connection's affair (spec/protocol.md, section 5).
"""

from collections.abc import Mapping
from enum import Enum, auto


class State(Enum):
    """Where a client is between its upgrade and its close."""

    OPENED = auto()
    AUTHENTICATING = auto()
    ESTABLISHED = auto()
    REFRESHING = auto()
    CLOSED = auto()


class Input(Enum):
    """What may happen to a client: its messages, the verdict on its token, the clock, the end."""

    AUTH = auto()
    SUBSCRIBE = auto()
    UNSUBSCRIBE = auto()
    PING = auto()
    APPLICATION = auto()
    ACCEPTED = auto()
    REFUSED = auto()
    AUTH_TIMEOUT = auto()
    EXPIRED = auto()
    CLOSE = auto()


# An input that a state does not list is not taken there. While a token is being verified, only pings are read;
# other messages wait for the verdict, so they do not appear in those two states.
TRANSITIONS: Mapping[State, Mapping[Input, State]] = {
    State.OPENED: {
        Input.AUTH: State.AUTHENTICATING,
        Input.PING: State.OPENED,
        Input.AUTH_TIMEOUT: State.CLOSED,
        Input.CLOSE: State.CLOSED,
    },
    State.AUTHENTICATING: {
        Input.PING: State.AUTHENTICATING,
        Input.ACCEPTED: State.ESTABLISHED,
        Input.REFUSED: State.CLOSED,
        Input.AUTH_TIMEOUT: State.CLOSED,
        Input.CLOSE: State.CLOSED,
    },
    State.ESTABLISHED: {
        Input.AUTH: State.REFRESHING,
        Input.SUBSCRIBE: State.ESTABLISHED,
        Input.UNSUBSCRIBE: State.ESTABLISHED,
        Input.PING: State.ESTABLISHED,
        Input.APPLICATION: State.ESTABLISHED,
        Input.EXPIRED: State.CLOSED,
        Input.CLOSE: State.CLOSED,
    },
    State.REFRESHING: {
        Input.PING: State.REFRESHING,
        Input.ACCEPTED: State.ESTABLISHED,
        Input.REFUSED: State.ESTABLISHED,
        Input.EXPIRED: State.CLOSED,
        Input.CLOSE: State.CLOSED,
    },
    State.CLOSED: {},
}


def step(state: State, input: Input) -> State | None:
    """The state after this input, or None where it is not taken."""
    return TRANSITIONS[state].get(input)
