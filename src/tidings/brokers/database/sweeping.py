"""Keeping the tables within their bounds, a little at a time."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, Row, delete, func, select, update

from tidings.brokers.database.access import Access
from tidings.brokers.database.lease import Lease
from tidings.brokers.database.settings import Bounds
from tidings.brokers.database.tables import LOG_ROW, Tables
from tidings.brokers.database.writing import Counters, LogWriter
from tidings.protocol.log import Position

ROWS = 500  # that one transaction removes at most
_CHANNELS = 100  # that are looked for at once
_REJECTED = 1_000  # that are kept
_TERM = 60.0  # seconds for which a process sweeps alone


class Sweeper:
    """Removes what is beyond the bounds. Each method is one short transaction."""

    def __init__(
        self, tables: Tables, writer: LogWriter, bounds: Bounds, clock: Callable[[], float], epochs: Callable[[], str]
    ) -> None:
        self._tables, self._writer, self._bounds = tables, writer, bounds
        self._clock, self._epochs = clock, epochs
        self._lease = Lease(tables.leases, {"name": "sweep"})

    def take_turn(self, connection: Connection, holder: str) -> bool:
        """Whether this process is the one that sweeps now."""
        return self._lease.take(connection, holder, self._clock(), _TERM)

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
        self, held: Counters, oldest: Sequence[Row[*tuple[int, str, int, float]]], excess: int
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

        Returns how many. Their numbers may be given again, so the epoch of new logs changes.
        """
        channels, events, log = self._tables.channels, self._tables.events, self._tables.log
        count = connection.execute(select(func.count()).select_from(channels)).scalar_one()
        if count <= self._bounds.channels:
            return 0
        # Nobody may be making a log under the old epoch; if somebody is, the next sweep will do.
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


async def sweep(access: Access, sweeper: Sweeper, holder: str) -> None:
    """Bring all logs within their bounds, if no other process does; what takes too long is left to the next time."""
    if not await access.write(partial(sweeper.take_turn, holder=holder)):
        return
    clock = asyncio.get_running_loop().time
    end = clock() + _TERM / 2
    while clock() < end and await _trim(access, sweeper):
        pass
    while clock() < end and await access.write(sweeper.forget) > 0:
        pass
    await access.write(sweeper.clear_rejected)


async def _trim(access: Access, sweeper: Sweeper) -> int:
    """Drop some of what is beyond the bounds; returns how many bytes that were."""
    dropped = 0
    for name in await access.read(sweeper.beyond):
        dropped += await access.write(partial(sweeper.trim, name=name))
    excess, names = await access.read(sweeper.excess)
    for name in names:
        if excess > 0:
            gone = await access.write(partial(sweeper.trim, name=name, excess=excess))
            excess, dropped = excess - gone, dropped + gone
    return dropped
