"""The presence of one channel on this node: who is on it here, what all nodes said of it, and who watches."""

import asyncio

from tidings.presence.attendance import Attendance
from tidings.protocol.log import Position
from tidings.protocol.presence import MAX_NODES, Changed, Present, Roster, presence_log


class ChannelPresence:
    """`followed` is where its log was when this node began to follow it; `roster.ready` comes once the others have
    answered.
    """

    __slots__ = (
        "answered",
        "answering",
        "asked_at",
        "attendance",
        "crowded",
        "followed",
        "forgotten",
        "former",
        "holds",
        "known",
        "log",
        "name",
        "roster",
        "watchers",
        "whole",
    )

    def __init__(self, name: str) -> None:
        self.name, self.log = name, presence_log(name)
        self.attendance = Attendance()
        self.roster = Roster()
        self.followed: Position | None = None
        self.asked_at: float | None = None
        self.answering = False  # whether all that is here is to be said
        self.answered: dict[str, bool] = {}  # nodes that said all they have, or have begun to
        self.former: list[str] = []  # ids that this node had, whose users are still to be taken off
        self.forgotten: dict[str, None] = {}  # nodes that were declared gone here, the oldest first
        self.crowded = False
        self.watchers: set[str] = set()  # ids of connections
        self.holds = 0  # of others who read the roster
        self.whole: bytes | None = None  # the roster as the message that tells it, where one is enough
        self.known: asyncio.Event = asyncio.Event()

    @property
    def unused(self) -> bool:
        """Whether it is needed for nobody."""
        return self.attendance.unused and not (self.watchers or self.holds)

    def begin(self, position: Position) -> None:
        """The log goes on from here, and nothing before it counts: what others have is to be asked for."""
        self.followed, self.asked_at = position, None
        self.roster = Roster()
        self.answered.clear()
        self.forgotten.clear()
        self.known.clear()
        self.whole = None
        self.answering = True

    def forget(self, node: str) -> None:
        """A node was declared gone. So many are remembered as a roster may have."""
        self.answered.pop(node, None)
        self.forgotten[node] = None
        if len(self.forgotten) > MAX_NODES:
            del self.forgotten[next(iter(self.forgotten))]

    def complete(self, nodes: set[str]) -> bool:
        """Whether all of these nodes have answered."""
        return all(self.answered.get(node, False) for node in nodes)

    def ready(self) -> None:
        """What could be known is."""
        self.roster.ready = True
        self.known.set()

    def hear(self, message: Changed) -> None:
        """A node said who is there."""
        if message.full or message.node in self.answered:
            self.answered[message.node] = not message.more

    def returned(self, leaving: str) -> list[Present]:
        """The users of a node that stops who are here by now: they are to be shown once."""
        users = self.roster.nodes.get(leaving, {})
        return [Present(user_id, 0) for user_id in users if self.attendance.has(user_id)]
