"""What is held in memory of the logs that are followed, and how much of that."""

from collections import OrderedDict
from collections.abc import Callable

from tidings.protocol.log import Entry, Log, Position


class Tail:
    """The newest part of one channel's log. Its top is the position that was delivered last.

    `complete` says that the log itself goes back no further.
    """

    __slots__ = ("complete", "log")

    def __init__(self, name: str, top: Position) -> None:
        self.log, self.complete = Log(name, top), False


class HeldTails:
    """One tail for each channel. `events` and `size` (bytes) bound each of them, `age` (seconds, by `clock`) what is in
    it, and `total_size` all of them: then the one that was added to longest ago is shortened first.
    """

    def __init__(self, *, events: int, size: int, age: float, total_size: int, clock: Callable[[], float]) -> None:
        self._events, self._size, self._age, self._max_total = events, size, age, total_size
        self._clock = clock
        self._tails: dict[str, Tail] = {}
        self._filled: OrderedDict[str, Tail] = OrderedDict()  # least recently added to first
        self.size = 0
        """Bytes that all of them hold."""

    def __len__(self) -> int:
        return len(self._tails)

    def __contains__(self, name: str) -> bool:
        return name in self._tails

    def get(self, name: str) -> Tail | None:
        """The tail of a channel, if it has one."""
        return self._tails.get(name)

    def top(self, name: str) -> Position:
        """What was delivered last of a channel. Raises KeyError for one that has no tail."""
        return self._tails[name].log.top

    def tops(self) -> dict[str, Position]:
        """What was delivered last of each channel."""
        return {name: tail.log.top for name, tail in self._tails.items()}

    def open(self, name: str, top: Position) -> None:
        """Hold what comes after this position; nothing of what was held of the channel before."""
        self.close(name)
        self._tails[name] = Tail(name, top)

    def close(self, name: str) -> None:
        """Hold nothing of the channel."""
        if (tail := self._tails.pop(name, None)) is not None:
            self._count(tail, -tail.log.size)

    def add(self, tail: Tail, entry: Entry) -> None:
        """The next entry of a tail's log."""
        log, before = tail.log, tail.log.size
        log.add(entry)
        self.size += log.size - before
        if (name := log.channel) in self._filled:
            self._filled.move_to_end(name)
        elif self._tails.get(name) is tail:
            self._filled[name] = tail
        if len(log) > self._events or log.size > self._size or self.size > self._max_total:
            self._bound(tail)

    def prepend(self, tail: Tail, older: Log, *, complete: bool) -> None:
        """Put what was read before a tail."""
        held = tail.log.since(older.top, self._events)
        if held is None:
            return  # trimmed meanwhile, or another log by now
        for entry in held:
            older.add(entry)
        change = older.size - tail.log.size
        tail.log, tail.complete = older, complete
        self._count(tail, change)
        self._bound(tail)

    def forget_old(self) -> None:
        """Hold nothing for longer than the log itself."""
        before = self._clock() - self._age
        for name, tail in list(self._filled.items()):
            held = tail.log.size
            tail.log.trim(events=self._events, size=self._size, before=before)
            self.size += tail.log.size - held
            if not len(tail.log):
                del self._filled[name]

    def _count(self, tail: Tail, change: int) -> None:
        """A tail holds so many bytes more or less than before."""
        self.size += change
        self._filled.pop(tail.log.channel, None)
        if self._tails.get(tail.log.channel) is tail and len(tail.log):
            self._filled[tail.log.channel] = tail

    def _bound(self, tail: Tail) -> None:
        log = tail.log
        while len(log) > self._events:
            self.size -= log.drop_oldest().size
            tail.complete = True  # the log itself reaches back no further
        while log.size > self._size:
            self._drop(tail)
        while self.size > self._max_total and self._filled:
            name, quietest = next(iter(self._filled.items()))
            self._drop(quietest)
            if not len(quietest.log):
                del self._filled[name]

    def _drop(self, tail: Tail) -> None:
        self.size -= tail.log.drop_oldest().size
        tail.complete = False
