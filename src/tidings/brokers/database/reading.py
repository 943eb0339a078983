"""Reading logs: each channel's part in one statement, so that it is of one instant."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, select

from tidings.brokers.database.tables import LOG_ROW, Tables
from tidings.protocol.log import Entry, Position
from tidings.tail import Page


class LogMissing(LookupError):
    """There is no epoch yet for new logs: nothing was ever written."""


class Unreadable(Exception):
    """Events of these channels are missing or cannot be decoded."""

    def __init__(self, channels: Sequence[str]) -> None:
        super().__init__(", ".join(channels))
        self.channels = channels


class _Message(msgspec.Struct):
    type: str
    payload: msgspec.Raw
    timestamp: str
    id: str
    channel: str
    epoch: str
    offset: int


_decoder = msgspec.json.Decoder(_Message)


class LogReader:
    """Reads from a set of tables."""

    def __init__(self, tables: Tables) -> None:
        log, channels, events = tables.log.c, tables.channels.c, tables.events.c
        held = and_(
            events.channel == channels.name, events.offset >= bindparam("after"), events.offset > channels.start
        )
        self._initial_epoch = select(log.epoch).where(log.id == LOG_ROW)
        self._tops = select(channels.name, channels.epoch, channels.top, channels.top_id).where(
            channels.name.in_(bindparam("names", expanding=True))
        )
        self._page = (
            select(channels.epoch, channels.top, channels.top_id, channels.start, channels.start_id)
            .add_columns(events.offset, events.id, events.message, events.key, events.at)
            .select_from(tables.channels.outerjoin(tables.events, held))
            .where(channels.name == bindparam("channel"))
            .order_by(events.offset)
            .limit(bindparam("rows"))
        )

    def tops(self, connection: Connection, names: Sequence[str]) -> Mapping[str, Position]:
        """The top of each channel's log. Raises LogMissing."""
        rows = connection.execute(self._tops, {"names": names})
        tops = {row.name: Position(row.epoch, row.top, row.top_id) for row in rows}
        if missing := [name for name in names if name not in tops]:
            tops.update(dict.fromkeys(missing, self._initial(connection)))
        return tops

    def read(self, connection: Connection, places: Sequence[tuple[str, int]], limit: int) -> list[Page]:
        """For each channel, at most `limit` entries after this offset. Raises LogMissing and Unreadable."""
        pages, unreadable = [], []
        for name, after in places:
            rows = connection.execute(self._page, {"channel": name, "after": after, "rows": limit + 1}).all()
            if not rows:
                initial = self._initial(connection)
                pages.append(Page(initial, [], initial))
            elif (page := _page(name, rows, after, limit)) is not None:
                pages.append(page)
            else:
                unreadable.append(name)
        if unreadable:
            raise Unreadable(unreadable)
        return pages

    def _initial(self, connection: Connection) -> Position:
        """The top of a log that does not exist yet."""
        epoch = connection.execute(self._initial_epoch).scalar_one_or_none()
        if epoch is None:
            raise LogMissing
        return Position(epoch, 0, "")


def faults(
    name: str, epoch: str, offsets: Iterator[int], rows: Sequence[Row[*tuple[Any, ...]]]
) -> Iterator[tuple[int, str]]:
    """The offsets of a log at which nothing is that could be sent, and why."""
    found = {row.offset: row for row in rows}
    for offset in offsets:
        reason = _fault(name, epoch, found[offset]) if offset in found else "the row is missing"
        if reason:
            yield offset, reason


def _page(name: str, rows: Sequence[Row[*tuple[Any, ...]]], after: int, limit: int) -> Page | None:
    """What rows of a channel and its events are; None where something is amiss among them."""
    epoch, top, start = rows[0].epoch, rows[0].top, rows[0].start
    begin, end = Position(epoch, start, rows[0].start_id), Position(epoch, top, rows[0].top_id)
    if after > top:
        return Page(end, [], end)
    events = [row for row in rows if row.offset is not None]
    if after > start:
        if not events or events[0].offset != after:
            return None
        begin = Position(epoch, after, events.pop(0).id)
    events = events[:limit]
    expected = range(begin.offset + 1, min(top, begin.offset + limit) + 1)
    if any(faults(name, epoch, iter(expected), events)):
        return None
    return Page(begin, [Entry(Position(epoch, it.offset, it.id), it.message, it.key, it.at) for it in events], end)


def _fault(name: str, epoch: str, row: Row[*tuple[Any, ...]]) -> str | None:
    """Why an event's row cannot be sent; None where it can."""
    try:
        row.message.decode()
        message = _decoder.decode(row.message)
    except (UnicodeDecodeError, msgspec.DecodeError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    if (message.channel, message.epoch, message.offset, message.id) != (name, epoch, row.offset, row.id):
        return "the message is another event's"
    return None
