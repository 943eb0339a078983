"""A history: what was published, and what each reader's handlers saw, one record each, for `check` to judge.

    history = History("writer")
    history.publishing("e1", "schedules", key="schedule:7", version=1)     # before the change is committed
    history.committed("e1")                                                 # after it; or rolled_back

    page = history.reader("page 1")
    page.subscribed("schedules", position)
    page.event("schedules", position, key="schedule:7", version=1)

    assert not check(history.records).violations

A process that may be killed gives `write`, which gets one JSON line per record: `History("writer",
write=file.write)` with a file opened unbuffered (`open(path, "ab", buffering=0)`), since what was given to the
kernel outlives the process. `read` takes such lines from any number of processes.

What no record says is unknown: an event that was neither committed nor rolled back may come once or not at all, and
where nothing says that a log was trimmed or renumbered it is held to cover everything.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tidings.protocol.log import Position

MAX_RECORDS = 5_000_000  # in memory: about 2 GB


class _Record(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="record", kw_only=True):
    """`at`: seconds of a clock that the processes share."""

    at: float


class Publishing(_Record, frozen=True, tag="publishing"):
    """An event is about to be published; from now on it may arrive."""

    id: str
    channels: tuple[str, ...]
    key: str | None = None
    version: int | None = None


class Committed(_Record, frozen=True, tag="committed"):
    """The event's change is known to be committed: everybody must have it. Without channels: on all of its own."""

    id: str
    channels: tuple[str, ...] = ()


class RolledBack(_Record, frozen=True, tag="rolled_back"):
    """One attempt to publish the event is known to have failed: unless another may not have, nobody must have it."""

    id: str
    channels: tuple[str, ...] = ()


class Logged(_Record, frozen=True, tag="logged"):
    """The log of a channel holds this event at this position."""

    channel: str
    position: Position
    key: str | None = None
    version: int | None = None


class Trimmed(_Record, frozen=True, tag="trimmed"):
    """The log no longer holds what is at this position and before it."""

    channel: str
    position: Position


class Renumbered(_Record, frozen=True, tag="renumbered"):
    """These logs (all, where none is named) were lost or put back: they go on under another epoch."""

    channels: tuple[str, ...] = ()


class Subscribed(_Record, frozen=True, tag="subscribed"):
    """The reader's subscription begins, or goes on after a cut: the next event is the one after this position."""

    reader: str
    channel: str
    position: Position


class Heard(_Record, frozen=True, tag="heard"):
    """A handler of the reader was called with an event."""

    reader: str
    channel: str
    position: Position
    key: str | None = None
    version: int | None = None
    after: int | None = None


class Reset(_Record, frozen=True, tag="reset"):
    """The reader was told that it missed events, and to go on from this position."""

    reader: str
    channel: str
    position: Position
    reason: str = ""


class Unsubscribed(_Record, frozen=True, tag="unsubscribed"):
    """The reader follows the channel no longer: nothing more is due to it."""

    reader: str
    channel: str


class Final(_Record, frozen=True, tag="final"):
    """What the reader shows of a channel at the end."""

    reader: str
    channel: str
    state: dict[str, Any]


class Expected(_Record, frozen=True, tag="expected"):
    """What each reader of a channel must show at the end: what the database holds."""

    channel: str
    state: dict[str, Any]


OfReader = Subscribed | Heard | Reset | Unsubscribed
Record = Publishing | Committed | RolledBack | Logged | Trimmed | Renumbered | OfReader | Final | Expected

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode


class History:
    """Records what is published and heard, by the clock; safe to use from any thread.

    `source` tells the readers of several processes apart. The default clock is one for all processes of a machine
    (not so for several machines). With `write` nothing is kept in memory. Raises RuntimeError beyond MAX_RECORDS.
    """

    def __init__(
        self,
        source: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
        write: Callable[[bytes], object] | None = None,
    ) -> None:
        self.records: list[Record] = []
        self.clock = clock
        self._source, self._write = source, write

    def publishing(self, id: str, *channels: str, key: str | None = None, version: int | None = None) -> None:
        """Called before the event is published or its transaction committed, and again before each retry."""
        if not channels:
            raise ValueError(f"publishing({id!r}) names no channel")
        self.add(Publishing(at=self.clock(), id=id, channels=channels, key=key, version=version))

    def committed(self, id: str, *channels: str) -> None:
        """The publish has returned, its transaction is committed, or the database was found to hold the change."""
        self.add(Committed(at=self.clock(), id=id, channels=channels))

    def rolled_back(self, id: str, *channels: str) -> None:
        """The attempt that was last announced is certain to have had no effect."""
        self.add(RolledBack(at=self.clock(), id=id, channels=channels))

    def logged(self, channel: str, position: Position, *, key: str | None = None, version: int | None = None) -> None:
        """What the log itself holds, where a test can read it: then an event that no reader heard has a place, too."""
        self.add(Logged(at=self.clock(), channel=channel, position=position, key=key, version=version))

    def trimmed(self, channel: str, position: Position) -> None:
        """Called before the log lets go of what is at the position and before it."""
        self.add(Trimmed(at=self.clock(), channel=channel, position=position))

    def renumbered(self, *channels: str) -> None:
        """Called before logs are lost or put back, all or those of these channels."""
        self.add(Renumbered(at=self.clock(), channels=channels))

    def expected(self, channel: str, state: Mapping[str, Any]) -> None:
        """What each reader of the channel must show at the end. The last one counts."""
        self.add(Expected(at=self.clock(), channel=channel, state=dict(state)))

    def reader(self, name: str) -> "Reader":
        """The recorder of one reader: one set of handlers and their state, through all of its reconnects."""
        return Reader(self, f"{self._source}/{name}" if self._source else name)

    def add(self, record: Record) -> None:
        """Record it."""
        if self._write is not None:
            self._write(_encode(record) + b"\n")
            return
        if len(self.records) >= MAX_RECORDS:
            raise RuntimeError(f"the history has {MAX_RECORDS} records; give `write=` to keep it in a file")
        self.records.append(record)


class Reader:
    """Records what one reader's handlers saw. A reader that reads a channel anew from nothing is another reader."""

    def __init__(self, history: History, name: str) -> None:
        self.name = name
        self._history = history

    def subscribed(self, channel: str, position: Position) -> None:
        """The next event is the one after `position`: the reported top where the subscription begins without a
        position, the reader's own where it was recovered. Where a reset follows, that alone need be recorded.
        """
        record = Subscribed(at=self._history.clock(), reader=self.name, channel=channel, position=position)
        self._history.add(record)

    def event(
        self,
        channel: str,
        position: Position,
        *,
        key: str | None = None,
        version: int | None = None,
        after: int | None = None,
    ) -> None:
        """A handler was called. `after` is a conflated event's."""
        at, reader = self._history.clock(), self.name
        self._history.add(
            Heard(at=at, reader=reader, channel=channel, position=position, key=key, version=version, after=after)
        )

    def reset(self, channel: str, position: Position, reason: str = "") -> None:
        """The reader was told to go on from `position`, and to fetch anew."""
        at, reader = self._history.clock(), self.name
        self._history.add(Reset(at=at, reader=reader, channel=channel, position=position, reason=reason))

    def unsubscribed(self, *channels: str) -> None:
        """Nothing more is due to the reader on these channels."""
        for channel in channels:
            self._history.add(Unsubscribed(at=self._history.clock(), reader=self.name, channel=channel))

    def final(self, channel: str, state: Mapping[str, Any]) -> None:
        """What the reader shows at the end, in the shape of `History.expected`. The last one counts."""
        self._history.add(Final(at=self._history.clock(), reader=self.name, channel=channel, state=dict(state)))


def written(records: Iterable[Record]) -> Iterator[bytes]:
    """The records as JSON lines."""
    return (_encode(record) + b"\n" for record in records)


def read(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of JSON lines; a file of one process is opened with `open(path, "rb")`.

    A last line without its end, of a process that was killed while writing, is passed over. Raises ValueError with the
    number of a line that holds no record.
    """
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            continue
        try:
            yield _decode(line)
        except msgspec.DecodeError as error:
            raise ValueError(f"line {number} is no record of a history: {error}: {line[:200]!r}") from error
