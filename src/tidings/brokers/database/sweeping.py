"""Keeping the tables within their bounds, a little at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from tidings.brokers.database.tables import LOG_ROW, Tables
from tidings.brokers.database.writing import Held, Writer
from tidings.protocol.log import Position

ROWS = 500  # that one transaction removes at most
_CHANNELS = 100  # that are looked for at once
_REJECTED = 1_000  # that are kept
_LEASE = "sweep"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of each channel's log: `events`, `size` (bytes) and `age` (seconds). Of all: `total_size`, and `channels`."""

    events: int
    size: int
    age: float
    total_size: int
    channels: int


class Sweeper:
    """Removes what is beyond the bounds. Each method is one short transaction."""

    def __init__(
        self, tables: Tables, writer: Writer, bounds: Bounds, clock: Callable[[], float], epochs: Callable[[], str]
    ) -> None:
        self._tables, self._writer, self._bounds = tables, writer, bounds
        self._clock, self._epochs = clock, epochs

    def lease(self, connection: Connection, holder: str, seconds: float) -> bool:
        """Whether this process is the one that sweeps, for so many seconds from now."""
        leases, now = self._tables.leases, self._clock()
        mine = (leases.c.holder == holder) | (leases.c.until < now) | (leases.c.until > now + 2 * seconds)
        values = {"holder": holder, "until": now + seconds}
        taken = connection.execute(update(leases).where(leases.c.name == _LEASE, mine).values(values))
        if taken.rowcount:
            return True
        if connection.execute(select(exists().where(leases.c.name == _LEASE))).scalar_one():
            return False
        connection.execute(insert(leases).values(name=_LEASE, **values))
        return True

    def beyond(self, connection: Connection) -> list[str]:
        """Some channels whose logs are beyond their bounds."""
        channels, events, bounds = self._tables.channels.c, self._tables.events.c, self._bounds
        large = (channels.top - channels.start > bounds.events) | (channels.size > bounds.size)
        found = list(connection.execute(select(channels.name).where(large).limit(_CHANNELS)).scalars())
        before = self._clock() - bounds.age
        old = select(events.channel).where(events.at < before).distinct().limit(_CHANNELS)
        return list(dict.fromkeys([*found, *connection.execute(old).scalars()]))

    def excess(self, connection: Connection) -> tuple[int, list[str]]:
        """By how many bytes all logs together are beyond their bound, and the channels that were quiet for longest."""
        channels = self._tables.channels.c
        total = connection.execute(select(func.coalesce(func.sum(channels.size), 0))).scalar_one()
        excess = max(0, int(total) - self._bounds.total_size)
        if not excess:
            return 0, []
        quiet = select(channels.name).where(channels.size > 0).order_by(channels.at).limit(_CHANNELS)
        return excess, list(connection.execute(quiet).scalars())

    def trim(self, connection: Connection, name: str, excess: int = 0) -> int:
        """Drop a channel's oldest events that are beyond its bounds, or `excess` bytes; returns how many bytes went.

        At most ROWS events at once.
        """
        held, events = self._writer.lock(connection, name), self._tables.events.c
        columns = events.offset, events.id, events.size, events.at
        oldest = select(*columns).where(events.channel == name).order_by(events.offset).limit(ROWS)
        dropped = self._to_drop(held, connection.execute(oldest).all(), excess)
        if not dropped:
            return 0
        size = int(sum(row.size for row in dropped))
        last = Position(held.top.epoch, dropped[-1].offset, dropped[-1].id)
        table = self._tables.events
        connection.execute(delete(table).where(events.channel == name, events.offset <= last.offset))
        channels = self._tables.channels
        connection.execute(
            update(channels)
            .where(channels.c.name == name)
            .values(start=last.offset, start_id=last.id, size=held.size - size)
        )
        return size

    def _to_drop(
        self, held: Held, oldest: Sequence[Row[*tuple[int, str, int, float]]], excess: int
    ) -> list[Row[*tuple[int, str, int, float]]]:
        bounds, before = self._bounds, self._clock() - self._bounds.age
        many, much = held.top.offset - held.start.offset - bounds.events, held.size - bounds.size
        dropped = []
        for row in oldest:
            if max(many, much, excess) <= 0 and row.at >= before:
                break
            dropped.append(row)
            many, much, excess = many - 1, much - row.size, excess - row.size
        return dropped

    def forget(self, connection: Connection) -> int:
        """Where there are too many channels, forget some that are empty, then some that were quiet for longest.

        Returns how many. Their numbers may be given again, so the epoch of channels to be born changes.
        """
        channels, events, log = self._tables.channels, self._tables.events, self._tables.log
        count = connection.execute(select(func.count()).select_from(channels)).scalar_one()
        if count <= self._bounds.channels:
            return 0
        # Nobody may be giving birth under the old epoch; if somebody is, the next sweep will do.
        free = select(log.c.id).where(log.c.id == LOG_ROW).with_for_update(skip_locked=True)
        if connection.execute(free).one_or_none() is None:
            return 0
        connection.execute(update(log).where(log.c.id == LOG_ROW).values(epoch=self._epochs()))
        some = count - self._bounds.channels + self._bounds.channels // 10  # so that it is not needed again soon
        quiet = (
            select(channels.c.name)
            .order_by(channels.c.top > channels.c.start, channels.c.at)
            .limit(min(some, ROWS))
            .with_for_update(skip_locked=True)
        )
        names = list(connection.execute(quiet).scalars())
        connection.execute(delete(events).where(events.c.channel.in_(names)))
        connection.execute(delete(channels).where(channels.c.name.in_(names)))
        return len(names)

    def clear_rejected(self, connection: Connection) -> None:
        """Keep the newest of what was set aside, for no longer than events are kept."""
        rejected = self._tables.rejected
        newest = select(rejected.c.id).order_by(rejected.c.id.desc()).limit(1).offset(_REJECTED).scalar_subquery()
        old = rejected.c.at < self._clock() - self._bounds.age
        connection.execute(delete(rejected).where(old | (rejected.c.id <= newest)))
