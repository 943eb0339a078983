"""What a check of a history found."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from tidings.protocol.log import Position

_SHOWN = 20  # violations in a report's text


class Kind(StrEnum):
    """The ways in which a history can be wrong."""

    LOST = "lost"
    """An event that was due to a reader never came, and no reset told of it."""
    DUPLICATE = "duplicate"
    """A handler was called twice with one event."""
    OUT_OF_ORDER = "out of order"
    """An event came after one that stands behind it in the log."""
    SILENT_GAP = "silent gap"
    """A reader went on behind a gap, and nothing told it."""
    NEEDLESS_RESET = "needless reset"
    """A reader was reset although the log still held all that it had missed."""
    ROLLED_BACK = "rolled back"
    """An event came, or stands in the log, whose change was rolled back."""
    UNPUBLISHED = "unpublished"
    """An event came, or stands in the log, that nobody published."""
    WRONG_CHANNEL = "wrong channel"
    """An event came on a channel that it was not published to."""
    NOT_SUBSCRIBED = "not subscribed"
    """An event or a reset came on a channel that the reader did not follow."""
    CONTRADICTION = "contradiction"
    """Two events at one position, one event at two, or an event with another key or version than was published."""
    MISORDERED = "misordered"
    """In a log, an event stands before one whose commit was over when its own publishing began."""
    WRONG_STATE = "wrong state"
    """At the end a reader shows something else than it must."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong: on which channel, of which reader (None: of the log itself), event and position."""

    kind: Kind
    channel: str
    why: str
    reader: str | None = None
    id: str | None = None
    position: Position | None = None

    def __str__(self) -> str:
        place = f" at {self.position.epoch}/{self.position.offset}" if self.position else ""
        who = f", reader {self.reader}" if self.reader else ""
        what = f", event {self.id}" if self.id else ""
        return f"{self.kind} on {self.channel}{place}{who}{what}: {self.why}"


@dataclass(slots=True)
class Report:
    """What was checked, and what is wrong with it.

    `counts` counts every violation, by kind; `violations` keeps the first `keep` of them. `published` and `committed`
    count events, `heard` and `resets` what all readers together heard, `readers` pairs of reader and channel.
    """

    keep: int
    violations: list[Violation] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    published: int = 0
    committed: int = 0
    heard: int = 0
    resets: int = 0
    readers: int = 0

    def add(self, violation: Violation) -> None:
        """Count a violation, and keep it while there is room."""
        self.counts[violation.kind] += 1
        if len(self.violations) < self.keep:
            self.violations.append(violation)

    def __str__(self) -> str:
        found = ", ".join(f"{count} × {kind}" for kind, count in self.counts.items()) or "no violations"
        lines = [
            f"{found}; {self.published} events published, {self.committed} committed, {self.heard} heard by "
            f"{self.readers} readers, {self.resets} resets"
        ]
        lines += [f"  {violation}" for violation in self.violations[:_SHOWN]]
        if (rest := self.counts.total() - _SHOWN) > 0:
            lines.append(f"  and {rest} more")
        return "\n".join(lines)
