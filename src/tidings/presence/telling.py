"""The roster in parts that fit into a message each, for those who are told the whole of it."""

from collections.abc import Iterator, Sequence

import msgspec

from tidings.protocol.presence import NodeUsers, Present, Roster, State

_OVERHEAD = 200  # bytes of a message beside its users, and of each node's name in it


class Telling:
    """One watcher's way through a roster.

    A part is taken from the roster as it is when that part is written: what changes in between reaches the watcher
    as an event, and a part never brings back what an event has ended.
    """

    def __init__(self, roster: Roster, log: str, size: int) -> None:
        self._roster, self._log, self._size = roster, log, size
        self._keys = [(node, user.user_id) for node, user in roster]
        self._next = self._part = 0

    @property
    def done(self) -> bool:
        """Whether the last part was taken."""
        return self._part > 0 and self._next >= len(self._keys)

    def part(self) -> State:
        """The next part."""
        nodes: dict[str, list[Present]] = {}
        room = self._size - _OVERHEAD
        while self._next < len(self._keys):
            node, user_id = self._keys[self._next]
            user = self._roster.nodes.get(node, {}).get(user_id)
            if user is not None:
                room -= _size(user) + (0 if node in nodes else _OVERHEAD)
                if room < 0 and nodes:
                    break
                nodes.setdefault(node, []).append(user)
            self._next += 1
        state = State(self._log, self._part, [NodeUsers(node, users) for node, users in nodes.items()])
        state.more = self._next < len(self._keys)
        self._part += 1
        return state


def pieces(users: Sequence[Present], size: int) -> Iterator[list[Present]]:
    """The users in runs whose JSON stays within `size` bytes; one empty run for none."""
    run: list[Present] = []
    room = size - _OVERHEAD
    for user in users:
        room -= _size(user)
        if room < 0 and run:
            yield run
            run, room = [], size - _OVERHEAD - _size(user)
        run.append(user)
    yield run


def _size(user: Present) -> int:
    return len(msgspec.json.encode(user)) + 1
