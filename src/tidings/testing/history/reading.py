"""One reader on one channel: judges, record by record, what its handlers saw."""

import math
from bisect import bisect_left, bisect_right

from tidings.protocol.log import Position
from tidings.testing.history.ledger import Ledger, Published
from tidings.testing.history.records import Heard, OfReader, Reset, Subscribed, Unsubscribed
from tidings.testing.history.report import Kind, Report, Violation


class _Stretch:
    """What a reader heard in one epoch, from a position on, without being told of a gap."""

    __slots__ = ("conflated", "gaps", "heard", "last_of_key", "late", "position")

    def __init__(self, position: Position) -> None:
        self.position = position
        self.heard: set[int] = set()
        self.late: set[int] = set()  # heard behind a later one
        self.gaps: list[tuple[int, int]] = []  # silent: between these two offsets
        self.conflated: list[tuple[int, int]] = []  # told by `after`
        self.last_of_key: dict[str, tuple[int, float]] = {}  # offset, time


class Reading:
    """Judges one reader's records on one channel, in their order.

    `holds`: how many of its last events the log is known to hold at most; None where it is known by records only.
    """

    def __init__(self, reader: str, channel: str, ledger: Ledger, report: Report, holds: int | None) -> None:
        self._reader, self._channel = reader, channel
        self._ledger, self._report, self._holds = ledger, report, holds
        self._stretch: _Stretch | None = None
        self._jump: Position | None = None  # a subscription went on from here, and nothing has told of it yet
        self._since = self._reset_at = -math.inf
        self._moves = 0  # to another epoch, by a reset
        self._ids: set[str] = set()  # heard since the last reset
        self._epochs: set[str] = set()  # of this subscription

    def take(self, record: OfReader) -> None:
        """Judge the next record."""
        match record:
            case Heard():
                self._hear(record)
            case Subscribed():
                self._subscribe(record)
            case Reset():
                self._reset(record)
            case Unsubscribed():
                self._settle()
                self._close(voided=True)

    def end(self) -> None:
        """The history is over: judge what never came."""
        self._settle()
        stretch = self._stretch
        if stretch is None:
            return
        epoch, offset, _ = stretch.position
        for place, published in self._ledger.log(self._channel, epoch).between(offset, math.inf):
            self._lost(published, epoch, place, f"the reader ended at {offset}")
        for published in self._ledger.elsewhere(self._channel, self._epochs):
            if self._missed(published, stretch):
                self._tell(Kind.LOST, published.id, None, "committed while the reader followed, and never heard")
        self._close(voided=False)

    def _subscribe(self, record: Subscribed) -> None:
        if self._stretch is None:
            self._since = record.at
            self._ids.clear()
            self._epochs.clear()
            self._begin(record.position, record.at)
            return
        epoch, offset, _ = self._stretch.position
        if record.position.epoch != epoch or record.position.offset > offset:
            self._jump = record.position

    def _hear(self, record: Heard) -> None:
        self._report.heard += 1
        self._settle()
        stretch, (epoch, offset, id) = self._stretch, record.position
        if stretch is None:
            self._tell(Kind.NOT_SUBSCRIBED, id, record.position, "the reader does not follow the channel")
            return
        published = self._judged(record)
        if epoch != stretch.position.epoch:
            stretch = self._switch(record)
        if id in self._ids or offset in stretch.heard:
            self._tell(Kind.DUPLICATE, id, record.position, "it was heard before")
        elif offset <= stretch.position.offset:
            stretch.late.add(offset)
            self._tell(Kind.OUT_OF_ORDER, id, record.position, f"the reader was at {stretch.position.offset}")
        self._ids.add(id)
        stretch.heard.add(offset)
        key = record.key or (published and published.key)
        if key:
            stretch.last_of_key[key] = max(offset, stretch.last_of_key.get(key, (0, 0.0))[0]), record.at
        if offset > stretch.position.offset:
            self._advance(stretch, record)

    def _advance(self, stretch: _Stretch, record: Heard) -> None:
        known, offset = stretch.position.offset, record.position.offset
        if offset > known + 1:
            told = record.after is not None and record.after <= known
            (stretch.conflated if told else stretch.gaps).append((known, offset))
        stretch.position = record.position

    def _switch(self, record: Heard) -> _Stretch:
        """The reader hears an event of another epoch, and nothing has told it that the log was renumbered."""
        self._tell(Kind.SILENT_GAP, record.position.id, record.position, "another epoch, without a reset")
        self._close(voided=False)
        epoch, offset, _ = record.position
        return self._begin(Position(epoch, offset - 1, ""), record.at)

    def _reset(self, record: Reset) -> None:
        self._report.resets += 1
        if self._stretch is None:
            self._tell(Kind.NOT_SUBSCRIBED, None, record.position, "a reset of a channel that is not followed")
            return
        self._judge_reset(self._stretch.position, record)
        self._jump = None
        self._close(voided=True)
        self._ids.clear()
        self._reset_at = record.at
        self._begin(record.position, record.at)

    def _judge_reset(self, old: Position, record: Reset) -> None:
        new = record.position
        if new.epoch != old.epoch:
            self._moves += 1
            if self._moves > self._ledger.renumberings(self._channel, record.at):
                why = f"the log of {old.epoch}/{old.offset} was not renumbered"
                self._tell(Kind.NEEDLESS_RESET, None, new, why)
            return
        gone = self._ledger.trimmed_upto(self._channel, old.epoch, record.at)
        beyond = self._holds is not None and new.offset - old.offset > self._holds
        if gone <= old.offset and not beyond:
            self._tell(Kind.NEEDLESS_RESET, None, new, f"the log held all after {old.offset}, where the reader was")

    def _begin(self, position: Position, at: float) -> _Stretch:
        self._stretch = _Stretch(position)
        self._epochs.add(position.epoch)
        log = self._ledger.log(self._channel, position.epoch)
        for offset, published in log.begun_after(at, position.offset):
            why = f"the reader was put to {position.offset} before it was published"
            self._lost(published, position.epoch, offset, why)
        return self._stretch

    def _settle(self) -> None:
        """Nothing told of the jump: what lies between is a silent gap."""
        jump, stretch = self._jump, self._stretch
        if jump is None or stretch is None:
            return
        self._jump = None
        epoch, offset, _ = stretch.position
        if jump.epoch == epoch:
            stretch.gaps.append((offset, jump.offset + 1))
            stretch.position = jump
        else:
            self._tell(Kind.SILENT_GAP, None, jump, f"resubscribed in another epoch than {epoch}, without a reset")
            self._close(voided=False)
            self._begin(jump, math.inf)

    def _close(self, *, voided: bool) -> None:
        """The stretch is over: judge what it left out. `voided`: what was still to come is no longer due."""
        stretch, self._stretch = self._stretch, None
        if stretch is None:
            return
        late = sorted(stretch.late)
        for after, before in stretch.gaps:
            self._judge_gap(stretch, after, before, bisect_left(late, before) - bisect_right(late, after))
        for after, before in stretch.conflated:
            self._judge_conflation(stretch, after, before, voided=voided)

    def _judge_gap(self, stretch: _Stretch, after: int, before: int, came_late: int) -> None:
        missing = before - after - 1 - came_late
        if not missing:
            return
        epoch = stretch.position.epoch
        why = f"{missing} events after {after} were left out, without a reset"
        self._tell(Kind.SILENT_GAP, None, Position(epoch, after, ""), why)
        for offset, published in self._ledger.log(self._channel, epoch).between(after, before):
            if offset not in stretch.heard:
                self._lost(published, epoch, offset, "it lies in a silent gap")

    def _judge_conflation(self, stretch: _Stretch, after: int, before: int, *, voided: bool) -> None:
        epoch = stretch.position.epoch
        for offset, published in self._ledger.log(self._channel, epoch).between(after, before):
            if offset in stretch.heard:
                continue
            if published.key is None:
                self._lost(published, epoch, offset, "it was conflated away, and has no key")
            elif not voided and stretch.last_of_key.get(published.key, (0, 0.0))[0] < offset:
                self._lost(published, epoch, offset, f"it was conflated away, and no later {published.key} came")

    def _judged(self, record: Heard) -> Published | None:
        """What was published of the event that was heard, after a look whether it is this."""
        position = record.position
        published = self._ledger.find(self._channel, position.id)
        if published is None:
            channels = self._ledger.channels_of(position.id)
            why = f"it was published to {', '.join(sorted(channels))}" if channels else "nobody published it"
            self._tell(Kind.WRONG_CHANNEL if channels else Kind.UNPUBLISHED, position.id, position, why)
        elif published.rolled_back:
            self._tell(Kind.ROLLED_BACK, position.id, position, "its change was rolled back")
        elif _differ(published.key, record.key) or _differ(published.version, record.version):
            why = f"heard as {record.key} {record.version}, published as {published.key} {published.version}"
            self._tell(Kind.CONTRADICTION, position.id, position, why)
        return published

    def _missed(self, published: Published, stretch: _Stretch) -> bool:
        """Whether an event of no known place was due all the same: published later than the reader began."""
        if published.began < self._since or published.began <= self._reset_at or published.id in self._ids:
            return False
        _, heard_at = stretch.last_of_key.get(published.key or "", (0, -math.inf))
        return not (stretch.conflated and heard_at >= published.began)

    def _lost(self, published: Published, epoch: str, offset: int, why: str) -> None:
        self._tell(Kind.LOST, published.id, Position(epoch, offset, published.id), why)

    def _tell(self, kind: Kind, id: str | None, position: Position | None, why: str) -> None:
        self._report.add(Violation(kind, self._channel, why, reader=self._reader, id=id, position=position))


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
