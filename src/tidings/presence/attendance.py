"""The connections of this node on one channel, user by user, and how that differs from what was said of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tidings.protocol.presence import MAX_USERS, Present

Metadata = dict[str, Any]

MAX_METADATA = 16  # connections of one user whose metadata is said, the latest


@dataclass(slots=True)
class _Seat:
    """A connection's place: what it said, and, once it has ended, until when it is kept."""

    metadata: Metadata | None = None
    until: float | None = None
    predecessor: str | None = None
    """The ended connection that said this: a page that is loaded again has not said its own yet."""


class Attendance:
    """Who is on a channel here. A connection that has ended may keep its place for a while: the user's next one takes
    it.

    `changes` and `everyone` give what is to be said; the caller confirms what was, or marks it to be said again. At
    most `limit` users are said; when one goes, another is.
    """

    def __init__(self, limit: int = MAX_USERS) -> None:
        self._limit = limit
        self._users: dict[str, dict[str, _Seat]] = {}
        self._said: dict[str, Present] = {}
        self._dirty: dict[str, None] = {}
        self._unlisted: dict[str, None] = {}

    @property
    def unused(self) -> bool:
        """Whether nobody is here, and that was said."""
        return not self._users and not self._said

    @property
    def users(self) -> int:
        """How many users are here."""
        return len(self._users)

    @property
    def unlisted(self) -> int:
        """How many of them are not said, since they are too many."""
        return len(self._unlisted)

    def has(self, user_id: str) -> bool:
        """Whether the user has a connection here that has not ended."""
        return any(seat.until is None for seat in self._users.get(user_id, {}).values())

    def enter(self, user_id: str, connection_id: str) -> None:
        """A connection is on the channel. It takes the place of one of its user that has ended, with what it said."""
        seats = self._users.setdefault(user_id, {})
        if connection_id not in seats:
            ended = next((id for id, seat in seats.items() if seat.until is not None), None)
            metadata = None if ended is None else seats.pop(ended).metadata
            seats[connection_id] = _Seat(metadata, predecessor=ended)
            self._dirty[user_id] = None

    def update(self, user_id: str, connection_id: str, metadata: Metadata | None) -> None:
        """What the connection says of itself now. Raises KeyError for one that is not here."""
        seats = self._users[user_id]
        seat = seats.pop(connection_id)
        seat.metadata, seat.predecessor = metadata, None
        seats[connection_id] = seat  # last: the latest
        self._dirty[user_id] = None

    def leave(self, user_id: str, connection_id: str, until: float | None = None) -> None:
        """A connection is on the channel no longer; `until`: it has ended, and keeps its place so long."""
        seat = self._users.get(user_id, {}).get(connection_id)
        if seat is not None and until is not None:
            seat.until = until
        elif seat is not None:
            self._drop(user_id, connection_id)

    def expire(self, user_id: str, connection_id: str, now: float) -> None:
        """Take the place of a connection that has ended, if its time is over, or what another still has of it."""
        seats = self._users.get(user_id, {})
        for heir in seats.values():
            if heir.predecessor == connection_id:
                heir.metadata = heir.predecessor = None
                self._dirty[user_id] = None
        seat = seats.get(connection_id)
        if seat is not None and seat.until is not None and seat.until <= now:
            self._drop(user_id, connection_id)

    def release(self, user_id: str) -> None:
        """Take the places of the user's connections that have ended."""
        for id in [id for id, seat in self._users.get(user_id, {}).items() if seat.until is not None]:
            self._drop(user_id, id)

    def _drop(self, user_id: str, connection_id: str) -> None:
        seats = self._users[user_id]
        del seats[connection_id]
        if not seats:
            del self._users[user_id]
        self._dirty[user_id] = None

    # What is said.

    @property
    def changed(self) -> bool:
        """Whether there may be something to say."""
        return bool(self._dirty)

    def changes(self) -> list[Present]:
        """What is now other than it was said."""
        taken, self._dirty = self._dirty, {}
        listed = len(self._said)
        changed = []
        for user_id in taken:
            present, said = self._present(user_id), self._said.get(user_id)
            if present == (said or Present(user_id, 0)):
                continue
            if said is None and listed >= self._limit:
                self._unlisted[user_id] = None
                continue
            listed += bool(present.connections) - (said is not None)
            changed.append(present)
        return changed

    def everyone(self) -> list[Present]:
        """All who are here, as if nothing had been said."""
        self._dirty.clear()
        ids = list(self._users)
        self._unlisted = dict.fromkeys(ids[self._limit :])
        return [self._present(user_id) for user_id in ids[: self._limit]]

    def confirm(self, users: Iterable[Present], *, full: bool = False) -> None:
        """This was said."""
        if full:
            self._said.clear()
        for user in users:
            if user.connections:
                self._said[user.user_id] = user
            else:
                self._said.pop(user.user_id, None)
        while self._unlisted and len(self._said) + len(self._dirty) < self._limit:
            user_id = next(iter(self._unlisted))
            del self._unlisted[user_id]
            self._dirty[user_id] = None

    def mark(self, users: Iterable[Present]) -> None:
        """This could not be said."""
        self._dirty.update((user.user_id, None) for user in users)

    def _present(self, user_id: str) -> Present:
        seats = self._users.get(user_id, {})
        metadata = [seat.metadata for seat in seats.values() if seat.metadata is not None]
        return Present(user_id, len(seats), metadata[-MAX_METADATA:])
