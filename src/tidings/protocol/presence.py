"""Who is on a channel, as its nodes say it: the messages, and the roster that they add up to (spec/protocol.md,
section 9)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec

MAX_NODES = 1_000  # that a roster remembers
MAX_USERS = 10_000  # of one node
NODES = "!nodes"  # the log in which nodes say that they live: no channel's name, so no client follows it
_PREFIX = "presence:"

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Present(msgspec.Struct, frozen=True, omit_defaults=True):
    """A user on a channel: how many connections there, and what those that said something said last."""

    user_id: _Name
    connections: Annotated[int, msgspec.Meta(ge=0)]
    metadata: list[dict[str, Any]] = []


class NodeUsers(msgspec.Struct):
    """The users of one node."""

    node: _Name
    users: list[Present]


class State(msgspec.Struct, omit_defaults=True):
    """A part of the roster. The first clears what was known; after the one without `more` all is known."""

    type: ClassVar[str] = "presence:state"

    channel: str
    part: Annotated[int, msgspec.Meta(ge=0)]
    nodes: list[NodeUsers]
    more: bool = False


class Changed(msgspec.Struct, omit_defaults=True):
    """These users of a node are now so; 0 connections: gone. `full`: it has no others."""

    type: ClassVar[str] = "presence:changed"

    node: _Name
    users: list[Present]
    full: bool = False
    more: bool = False


class NodeLeft(msgspec.Struct):
    """The node is gone, with its users."""

    type: ClassVar[str] = "presence:node_left"

    node: _Name


class Asked(msgspec.Struct):
    """The node wants to know what the others have of this channel."""

    type: ClassVar[str] = "presence:asked"

    node: _Name


class Alive(msgspec.Struct):
    """The node lives."""

    type: ClassVar[str] = "presence:alive"

    node: _Name


class Leaving(msgspec.Struct):
    """The node stops."""

    type: ClassVar[str] = "presence:leaving"

    node: _Name


Message: TypeAlias = State | Changed | NodeLeft | Asked | Alive | Leaving
_KINDS: Mapping[str, type[Message]] = {kind.type: kind for kind in (State, Changed, NodeLeft, Asked, Alive, Leaving)}


def presence_log(channel: str) -> str:
    """The name of the log of a channel's presence."""
    return _PREFIX + channel


def channel_of(name: str) -> str | None:
    """The channel whose presence log has this name; None for what is none."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else None


def read(type: str, payload: Any) -> Message | None:
    """A message of section 9; None for one of a type that this version does not know.

    Raises msgspec.ValidationError for a payload that is not as the section says.
    """
    kind = _KINDS.get(type)
    return None if kind is None else msgspec.convert(payload, kind)


class Roster:
    """What each node said last of each user, in the order of a presence log. `ready`: the whole of it is known."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Present]] = {}
        self.ready = False

    def apply(self, message: Message) -> None:
        """Take what a presence log or a state says."""
        match message:
            case State():
                self.ready = not message.more
                if message.part == 0:
                    self.nodes.clear()
                for node in message.nodes:
                    self._set(node.node, node.users)
            case Changed():
                if message.full:
                    self.nodes.pop(message.node, None)
                self._set(message.node, message.users)
            case NodeLeft():
                self.nodes.pop(message.node, None)

    def users(self) -> list[Present]:
        """Everybody, once each, in order of their ids."""
        merged: dict[str, Present] = {}
        for _, user in self:
            known = merged.get(user.user_id)
            merged[user.user_id] = user if known is None else _sum(known, user)
        return [merged[id] for id in sorted(merged)]

    def __iter__(self) -> Iterator[tuple[str, Present]]:
        for node in sorted(self.nodes):
            for user in self.nodes[node].values():
                yield node, user

    def _set(self, node: str, users: Iterable[Present]) -> None:
        known = self.nodes.get(node)
        if known is None:
            if len(self.nodes) >= MAX_NODES:
                return
            known = self.nodes[node] = {}
        for user in users:
            if not user.connections:
                known.pop(user.user_id, None)
            elif user.user_id in known or len(known) < MAX_USERS:
                known[user.user_id] = user
        if not known:
            del self.nodes[node]


def _sum(one: Present, other: Present) -> Present:
    return Present(one.user_id, one.connections + other.connections, [*one.metadata, *other.metadata])
