"""What a history says of the publishing side: each event's fate, and each log as far as anybody saw it."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate

from tidings.protocol.log import Position
from tidings.testing.history.records import (
    Committed,
    Heard,
    Logged,
    Publishing,
    Record,
    Renumbered,
    RolledBack,
    Trimmed,
)
from tidings.testing.history.report import Kind, Report, Violation


class Published:
    """One event on one channel: how often it was attempted, when, with which outcome, and its place by epoch."""

    __slots__ = ("attempts", "began", "committed", "ended", "failures", "id", "key", "places", "version")

    def __init__(self, id: str) -> None:
        self.id = id
        self.key: str | None = None
        self.version: int | None = None
        self.attempts = self.failures = 0
        self.committed = False
        self.began = self.ended = math.inf  # the first attempt's beginning; the first time the commit was known
        self.places: dict[str, int] = {}

    @property
    def rolled_back(self) -> bool:
        """Whether no attempt can have succeeded."""
        return not self.committed and self.failures >= self.attempts > 0

    @property
    def due(self) -> bool:
        """Whether every reader must have it: it is committed, or was seen in the log."""
        return self.committed or (bool(self.places) and not self.rolled_back)


class SeenLog:
    """One epoch of one channel's log: the events at the offsets where anybody saw one."""

    def __init__(self) -> None:
        self._by_offset: dict[int, Published] = {}
        self._offsets: list[int] = []
        self._latest: list[float] = []

    def place(self, offset: int, published: Published) -> Published:
        """Put it there unless another is; returns the one that is."""
        return self._by_offset.setdefault(offset, published)

    def seal(self) -> None:
        """No further event is placed."""
        self._offsets = sorted(self._by_offset)
        self._latest = list(accumulate((self._by_offset[offset].began for offset in self._offsets), max))

    def between(self, after: int, before: float) -> Iterator[tuple[int, Published]]:
        """Offset and event of those that are due, above `after` and below `before`."""
        first = bisect_right(self._offsets, after)
        for offset in self._offsets[first : bisect_left(self._offsets, before, first)]:
            if (published := self._by_offset[offset]).due:
                yield offset, published

    def begun_after(self, at: float, upto: int) -> Iterator[tuple[int, Published]]:
        """Those up to an offset that were not yet being published at that time."""
        count = bisect_right(self._offsets, upto)
        if count and self._latest[count - 1] > at:
            yield from ((offset, event) for offset, event in self.between(0, upto + 1) if event.began > at)

    def misordered(self) -> Iterator[tuple[int, Published, Published]]:
        """Each event that stands before one which had ended when it began: its offset, itself, and the other."""
        earliest: Published | None = None
        for offset in reversed(self._offsets):
            published = self._by_offset[offset]
            if earliest is not None and earliest.ended < published.began:
                yield offset, published, earliest
            if earliest is None or published.ended < earliest.ended:
                earliest = published


class Ledger:
    """The publishing side of a history. What contradicts itself there is reported as it is read."""

    def __init__(self, records: Sequence[Record], report: Report) -> None:
        self._report = report
        self._published: dict[str, dict[str, Published]] = defaultdict(dict)  # by channel, by id
        self._channels: dict[str, set[str]] = defaultdict(set)  # by id
        self._logs: dict[tuple[str, str], SeenLog] = defaultdict(SeenLog)
        self._trims: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
        self._renumberings: list[Renumbered] = []
        for record in records:  # before all else: files come in any order
            if isinstance(record, Publishing):
                self._publish(record)
        for record in records:
            self._read(record)
        self._report_logged(records)
        for (channel, epoch), log in self._logs.items():
            log.seal()
            self._report_misordered(channel, epoch, log)
        for trims in self._trims.values():
            trims.sort()
            trims[:] = accumulate(trims, lambda known, trim: (trim[0], max(known[1], trim[1])))
        report.published = len(self._channels)
        report.committed = len(
            {event.id for events in self._published.values() for event in events.values() if event.committed}
        )

    def find(self, channel: str, id: str) -> Published | None:
        """The event as it was published to the channel."""
        return self._published[channel].get(id)

    def channels_of(self, id: str) -> set[str]:
        """Where an event was published to."""
        return self._channels.get(id, set())

    def log(self, channel: str, epoch: str) -> SeenLog:
        """One epoch of a channel's log."""
        return self._logs[channel, epoch]

    def elsewhere(self, channel: str, epochs: set[str]) -> Iterator[Published]:
        """The channel's events that are due and of which no place in these epochs is known."""
        for published in self._published[channel].values():
            if published.due and epochs.isdisjoint(published.places):
                yield published

    def trimmed_upto(self, channel: str, epoch: str, at: float) -> int:
        """The highest offset that the log had let go of by that time."""
        trims = self._trims[channel, epoch]
        count = bisect_right(trims, (at, math.inf))
        return trims[count - 1][1] if count else 0

    def renumberings(self, channel: str, at: float) -> int:
        """How often the channel's log had gone on under another epoch by that time."""
        return sum(each.at <= at and (not each.channels or channel in each.channels) for each in self._renumberings)

    def _publish(self, record: Publishing) -> None:
        self._channels[record.id].update(record.channels)
        for channel in record.channels:
            published = self._published[channel].setdefault(record.id, Published(record.id))
            published.attempts += 1
            published.began = min(published.began, record.at)
            published.key = published.key or record.key
            published.version = record.version if published.version is None else published.version

    def _read(self, record: Record) -> None:
        match record:
            case Heard() | Logged():
                self._see(record)
            case Committed() | RolledBack():
                self._conclude(record)
            case Trimmed(channel=channel, position=position):
                self._trims[channel, position.epoch].append((record.at, position.offset))
            case Renumbered():
                self._renumberings.append(record)

    def _conclude(self, record: Committed | RolledBack) -> None:
        for channel in record.channels or self.channels_of(record.id):
            published = self._published[channel].get(record.id)
            if published is None:
                raise ValueError(f"the outcome of {record.id!r} on {channel!r}, which no `publishing` announces")
            if isinstance(record, Committed):
                published.committed = True
                published.ended = min(published.ended, record.at)
            else:
                published.failures += 1

    def _see(self, record: Heard | Logged) -> None:
        channel, (epoch, offset, id) = record.channel, record.position
        published = self._published[channel].get(id)
        if published is None:
            return
        if published.key is None:
            published.key = record.key
        if published.places.get(epoch) == offset:
            return
        known = published.places.setdefault(epoch, offset)
        if known != offset:
            self._tell(Kind.CONTRADICTION, channel, record.position, f"the event stands at {epoch}/{known}, too")
        other = self._logs[channel, epoch].place(offset, published)
        if other is not published:
            self._tell(Kind.CONTRADICTION, channel, record.position, f"there {other.id} stands as well")

    def _report_logged(self, records: Sequence[Record]) -> None:
        """What a log holds and should not; what a reader heard is reported where the reader is judged."""
        for record in records:
            if isinstance(record, Logged):
                channel, position = record.channel, record.position
                published = self._published[channel].get(position.id)
                if published is None:
                    self._tell(Kind.UNPUBLISHED, channel, position, "the log holds it, and nobody published it")
                elif published.rolled_back:
                    self._tell(Kind.ROLLED_BACK, channel, position, "the log holds it")

    def _report_misordered(self, channel: str, epoch: str, log: SeenLog) -> None:
        for offset, published, earlier in log.misordered():
            why = f"{earlier.id}, at {earlier.places.get(epoch)}, was committed before this one was begun"
            self._tell(Kind.MISORDERED, channel, Position(epoch, offset, published.id), why)

    def _tell(self, kind: Kind, channel: str, position: Position, why: str) -> None:
        self._report.add(Violation(kind, channel, why, id=position.id, position=position))
