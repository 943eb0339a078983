"""One channel's position on one client, as tables: which of the messages that come are applied, and when to ask again
(spec/protocol.md, section 7). Pure: it holds no connection and sends nothing.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import NamedTuple

from tidings.protocol.log import Position


class Phase(Enum):
    """Where a channel is between the wish to read it and being up to date."""

    OUT = auto()  # not entered on this connection; nothing was asked
    ASKING = auto()  # a subscribe without a position waits for its answer
    RESUMING = auto()  # a subscribe with a position does
    AWAITING_RESET = auto()  # the answer was that the position is not covered; the reset is on its way
    CATCHING_UP = auto()  # a replay is under way
    LIVE = auto()  # all up to the reported top was applied


class Action(StrEnum):
    """What to do with a message."""

    APPLY = "apply"
    LIVE = "live"  # an answer, or an event (which is applied), after which the channel is up to date
    DROP = "drop"
    RESUBSCRIBE = "resubscribe"  # dropped; subscribe again from the position
    CATCHING_UP = "catching-up"
    RESET_FOLLOWS = "reset-follows"
    RESET = "reset"  # what was derived from the channel is void


class Reading(NamedTuple):
    """How far a channel was read. `target` is the offset at which a replay has caught up."""

    phase: Phase
    position: Position | None
    target: int = 0


class Step(NamedTuple):
    """What to do, and where the channel then is."""

    action: Action
    reading: Reading


class _Relation(Enum):
    """An event's place relative to the position."""

    NEXT = auto()
    KNOWN = auto()
    GAP = auto()
    ELSEWHERE = auto()


_DROP_ALL = dict.fromkeys(_Relation, Action.DROP)
_READ = {
    _Relation.NEXT: Action.APPLY,
    _Relation.KNOWN: Action.DROP,
    _Relation.GAP: Action.RESUBSCRIBE,
    _Relation.ELSEWHERE: Action.RESUBSCRIBE,
}
_EVENTS: Mapping[Phase, Mapping[_Relation, Action]] = {
    Phase.OUT: _DROP_ALL,
    Phase.ASKING: _DROP_ALL,
    Phase.RESUMING: _DROP_ALL,
    Phase.AWAITING_RESET: _DROP_ALL,
    Phase.CATCHING_UP: _READ,
    Phase.LIVE: _READ,
}

# By whether the server recovered. A phase that is not here awaits no answer.
_ANSWERS: Mapping[Phase, Mapping[bool, Action]] = {
    Phase.ASKING: {False: Action.LIVE, True: Action.LIVE},
    Phase.RESUMING: {False: Action.RESET_FOLLOWS, True: Action.CATCHING_UP},
}

# A phase that is not here takes a reset and is live after it. An answer that is still due stays due.
_RESETS: Mapping[Phase, Phase] = {
    Phase.OUT: Phase.OUT,
    Phase.ASKING: Phase.ASKING,
    Phase.RESUMING: Phase.RESUMING,
}


def ask(reading: Reading) -> Reading:
    """After a subscribe was sent, with the position if there is one."""
    return reading._replace(phase=Phase.RESUMING if reading.position else Phase.ASKING)


def leave(reading: Reading) -> Reading:
    """After the connection, or the subscription on it, ended. The position stays."""
    return reading._replace(phase=Phase.OUT)


def answer(reading: Reading, top: Position, *, recovered: bool) -> Step:
    """After the answer to this channel's subscribe, or `connection:established` for the user's own channel."""
    action = _ANSWERS.get(reading.phase, {}).get(recovered, Action.DROP)
    match action:
        case Action.LIVE:
            return Step(action, Reading(Phase.LIVE, top))
        case Action.CATCHING_UP:
            return _caught_up(reading.position, top.offset, action)
        case Action.RESET_FOLLOWS:
            return Step(action, reading._replace(phase=Phase.AWAITING_RESET))
    return Step(action, reading)


def reset(reading: Reading, position: Position) -> Step:
    """After `channel:reset`: it also ends a replay."""
    phase = _RESETS.get(reading.phase, Phase.LIVE)
    if phase is Phase.OUT:
        return Step(Action.DROP, reading)
    return Step(Action.RESET, Reading(phase, position))


def receive(reading: Reading, position: Position, after: int | None = None) -> Step:
    """After an event at `position`, which stands for all offsets above `after`."""
    action = _EVENTS[reading.phase][_relate(reading.position, position, after)]
    if action is Action.RESUBSCRIBE:
        return Step(action, ask(reading))
    if action is Action.DROP:
        return Step(action, reading)
    if reading.phase is Phase.CATCHING_UP:
        return _caught_up(position, reading.target, action)
    return Step(action, reading._replace(position=position))


def _caught_up(position: Position | None, target: int, otherwise: Action) -> Step:
    live = position is not None and position.offset >= target
    reading = Reading(Phase.LIVE if live else Phase.CATCHING_UP, position, target)
    return Step(Action.LIVE if live else otherwise, reading)


def _relate(known: Position | None, position: Position, after: int | None) -> _Relation:
    """A conflated event is next when what it stands for begins at or below the position."""
    if known is None or position.epoch != known.epoch:
        return _Relation.ELSEWHERE
    if position.offset <= known.offset:
        return _Relation.KNOWN
    begins = position.offset - 1 if after is None else after
    return _Relation.NEXT if begins <= known.offset else _Relation.GAP
