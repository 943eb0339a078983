"""A timer wheel: many deadlines, one timer."""

from collections.abc import Iterator
from math import floor
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Who is to be looked at when. Deadlines are kept by the second and fall due at its beginning: up to one second
    early, never late.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, set[T]] = {}

    def __bool__(self) -> bool:
        return bool(self._seconds)

    def add(self, at: float, item: T) -> None:
        """Have `item` fall due at `at` (seconds of the caller's clock)."""
        self._seconds.setdefault(floor(at), set()).add(item)

    def discard(self, at: float, item: T) -> None:
        """Take `item` back that was added for the second of `at`; nothing happens where it is not there."""
        items = self._seconds.get(floor(at), set())
        items.discard(item)
        if not items:
            self._seconds.pop(floor(at), None)

    def due(self, now: float) -> Iterator[T]:
        """Take out everything that is due. Items added meanwhile for the past fall due at the next call."""
        reached = [second for second in self._seconds if second <= now]
        for second in sorted(reached):
            yield from self._seconds.pop(second)

    def clear(self) -> None:
        """Forget all deadlines."""
        self._seconds.clear()
