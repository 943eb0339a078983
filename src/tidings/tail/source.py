"""Where tails read from, and how a log is read straight from there."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from tidings.protocol.log import Entry, Position

CHANNELS_AT_ONCE = 20  # that one read is of


class Page(NamedTuple):
    """A part of a channel's log: what follows `start`, and the log's top at the same instant.

    `start` is where the log stands at the offset that was asked for; its own start where that is higher, its top
    where that is lower.
    """

    start: Position
    entries: Sequence[Entry]
    top: Position


class Source(Protocol):
    """Where the logs are. Its functions raise what its driver raises, and end within a bounded time."""

    async def tops(self, names: Sequence[str]) -> Mapping[str, Position]:
        """Each channel's top; that of an empty log for a channel that has none yet."""

    async def read(self, places: Sequence[tuple[str, int]], limit: int) -> Sequence[Page]:
        """For each channel, at most `limit` entries after this offset."""

    async def listen(self, wake: Callable[[str | None], None]) -> None:
        """Call `wake` at once with each channel that has something new; with None where it may be any, and at the
        beginning. Runs until it is cancelled, raises when it no longer can.
        """

    async def renumber(self, name: str, seen: Position) -> Position:
        """Give a channel a new epoch, unless its log does hold what was seen of it; returns its top then."""


async def read_beginning(source: Source, name: str) -> Position:
    """Where a channel's history begins, straight from its log."""
    [page] = await source.read([(name, 0)], 1)
    return page.start


async def read_since(
    source: Source, questions: Sequence[tuple[str, Position, int]], events: int
) -> list[list[Entry] | None]:
    """Read straight from the logs what `since` answers, for logs that reach back by so many events."""
    alike = list(dict.fromkeys(questions))
    answers = {}
    for first in range(0, len(alike), CHANNELS_AT_ONCE):
        asked = alike[first : first + CHANNELS_AT_ONCE]
        limit = max(limit for _, _, limit in asked)
        pages = await source.read([(name, position.offset) for name, position, _ in asked], limit)
        for question, page in zip(asked, pages, strict=True):
            _, position, limit = question
            near = page.top.offset - position.offset <= events
            answers[question] = list(page.entries[:limit]) if near and page.start == position else None
    return [answers[question] for question in questions]
