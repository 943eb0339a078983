"""What is done with a log that is not as it was: rolled back, or with events that nobody can read."""

import logging
from collections.abc import Callable

from sqlalchemy import Connection, delete, func, insert, select, update

from tidings.brokers.database.reading import faults
from tidings.brokers.database.tables import Tables
from tidings.brokers.database.writing import Counters, LogWriter
from tidings.protocol.log import Position

log = logging.getLogger("tidings")


class Repairer:
    """Repairs logs, each in a transaction that holds its lock."""

    def __init__(
        self, tables: Tables, writer: LogWriter, clock: Callable[[], float], epochs: Callable[[], str]
    ) -> None:
        self._tables, self._writer, self._clock, self._epochs = tables, writer, clock, epochs

    def renumber(self, connection: Connection, name: str, seen: Position) -> Position:
        """Begin a channel's log anew under another epoch, unless it holds the position `seen`; returns its top then.

        What was seen was committed once, so a log without it is a restored backup, whose next numbers were given
        before.
        """
        held = self._writer.lock(connection, name)
        if held.top.epoch != seen.epoch or self._holds(connection, name, held, seen):
            return held.top
        channels, events = self._tables.channels, self._tables.events
        epoch = self._epochs()
        empty = {"epoch": epoch, "top": 0, "top_id": "", "start": 0, "start_id": "", "size": 0}
        connection.execute(update(channels).where(channels.c.name == name).values(empty))
        connection.execute(delete(events).where(events.c.channel == name))
        top = Position(epoch, 0, "")
        self._writer.notify(connection, {name: top})
        return top

    def set_aside(self, connection: Connection, name: str) -> list[tuple[int, str]]:
        """Move the events of a channel that nobody can read out of its log, which then begins after the last of them.
        Returns their offsets and what is wrong with them.
        """
        events = self._tables.events
        held = self._writer.lock(connection, name)
        columns = events.c.offset, events.c.id, events.c.message
        rows = connection.execute(
            select(*columns).where(events.c.channel == name, events.c.offset > held.start.offset)
        ).all()
        expected = iter(range(held.start.offset + 1, held.top.offset + 1))
        bad = list(faults(name, held.top.epoch, expected, rows))
        if bad:
            found = {row.offset: row for row in rows}
            messages = {offset: found[offset].message if offset in found else b"" for offset, _ in bad}
            self._keep(connection, name, bad, messages)
            last = bad[-1][0]
            # A missing event has no id: nobody can say that they have it.
            id = held.top.id if last == held.top.offset else found[last].id if last in found else ""
            self._begin_after(connection, name, Position(held.top.epoch, last, id))
            self._writer.notify(connection, {name: held.top})
        return bad

    def _keep(self, connection: Connection, name: str, bad: list[tuple[int, str]], messages: dict[int, object]) -> None:
        rows = []
        for offset, reason in bad:
            message = messages[offset]
            raw = message if isinstance(message, bytes) else str(message).encode(errors="replace")
            rows.append({"channel": name, "offset": offset, "message": raw, "reason": reason, "at": self._clock()})
        connection.execute(insert(self._tables.rejected), rows)

    def _begin_after(self, connection: Connection, name: str, start: Position) -> None:
        channels, events = self._tables.channels, self._tables.events
        connection.execute(delete(events).where(events.c.channel == name, events.c.offset <= start.offset))
        size = select(func.coalesce(func.sum(events.c.size), 0)).where(events.c.channel == name).scalar_subquery()
        connection.execute(
            update(channels).where(channels.c.name == name).values(start=start.offset, start_id=start.id, size=size)
        )

    def _holds(self, connection: Connection, name: str, held: Counters, seen: Position) -> bool:
        """Whether a log has, or may have had, this position of its epoch."""
        if seen.offset == held.start.offset:
            return seen == held.start
        if not held.start.offset < seen.offset <= held.top.offset:
            return seen.offset < held.start.offset
        events = self._tables.events.c
        statement = select(events.id).where(events.channel == name, events.offset == seen.offset)
        return connection.execute(statement).scalar_one_or_none() == seen.id
