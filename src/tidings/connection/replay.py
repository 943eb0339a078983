"""Reading on from the logs: what a client missed while it was away, or while it read too slowly."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

from tidings.audience import Audience, Cursor, Reader
from tidings.metrics import Metrics
from tidings.protocol.log import Entry, Position, latest_per_key

Since = Callable[[str, Position, int], Awaitable[list[Entry] | None]]

_PIECE = 64  # entries read from a log at once
_WINDOW = 1_000  # the same, where only the last of each key is sent


class Replaying(Reader, Protocol):
    """What a replay needs of a connection."""

    audiences: dict[str, Audience]

    @property
    def closed(self) -> bool: ...


async def read_on(reader: Replaying, since: Since, metrics: Metrics) -> None:
    """Write what the reader's cursors have not seen, piece by piece, until all are live or its buffer is full; count
    it.

    Raises what the broker raises.
    """
    while not (reader.paused or reader.closed):
        lagging = [audience for audience in reader.audiences.values() if audience.cursor(reader) is not None]
        if not lagging:
            return
        for audience in lagging:
            await _read_piece(reader, audience, since, metrics)
        await asyncio.sleep(0)  # a long replay lets the others in


async def _read_piece(reader: Replaying, audience: Audience, since: Since, metrics: Metrics) -> None:
    cursor = audience.cursor(reader)
    if cursor is None or reader.paused:
        return
    conflates = cursor.slow and audience.conflates
    entries = await since(audience.name, cursor.position, _WINDOW if conflates else _PIECE)
    if audience.cursor(reader) is not cursor or reader.paused:  # left, or subscribed anew meanwhile
        return
    if entries is None:
        reader.reset(audience)
    else:
        written, left_out = _write(reader, audience, cursor, entries, conflates)
        metrics.replayed += written
        metrics.conflated += left_out


def _write(
    reader: Replaying, audience: Audience, cursor: Cursor, entries: list[Entry], conflates: bool
) -> tuple[int, int]:
    """Write up to what the audience has; what is newer comes live, once this reader is. Returns how many entries were
    written, and how many were left out for later ones.
    """
    heard = [entry for entry in entries if entry.position.offset <= audience.position.offset]
    # Older entries may have no key: the channel's declaration has changed since they were published.
    conflates = conflates and all(entry.key is not None for entry in heard)
    messages = _conflated(heard, cursor.position.offset) if conflates else _each(heard)
    written, offset = 0, cursor.position.offset
    for position, message in messages:
        audience.lag(reader, position, slow=cursor.slow)
        written, offset = written + 1, position.offset
        reader.write(reader.encode(message))
        if reader.paused or reader.closed:
            break
    else:
        if not heard or heard[-1].position == audience.position:
            audience.arrive(reader)
    return written, offset - cursor.position.offset - written


def _each(entries: list[Entry]) -> Iterator[tuple[Position, bytes]]:
    return ((entry.position, entry.message) for entry in entries)


def _conflated(entries: list[Entry], after: int) -> Iterator[tuple[Position, bytes]]:
    """The last entry of each key, each telling what it stands for (spec/protocol.md, section 7)."""
    for entry in latest_per_key(entries):
        yield entry.position, entry.covering(after)
        after = entry.position.offset
