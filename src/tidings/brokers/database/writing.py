"""Numbering events and writing them, within a transaction of the application or of the broker.

A transaction locks the counters of its channels, in the order of their names, until it ends. So a log's order is the
order of commits, no reader sees a number before all lower ones, and two writers never wait for each other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, tuple_, update

from tidings.brokers.database.dialects import insert
from tidings.brokers.database.tables import LOG_ROW, Tables
from tidings.brokers.database.wakeups import notify
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position, event_message

_PAIRS = 500  # of channel and id that one statement asks for
_TRIES = 10  # to lock a channel that others keep forgetting


@dataclass(frozen=True, slots=True)
class Written:
    """An event in a channel's log, and the position that it follows there; None where it was there before."""

    channel: str
    entry: Entry
    after: Position | None


class Counters(NamedTuple):
    """A channel's row: its log holds the events after `start` up to `top`, of so many bytes."""

    top: Position
    start: Position
    size: int


class LogWriter:
    """Writes events to a set of tables. `clock` gives seconds since 1970, `epochs` unique names."""

    def __init__(self, tables: Tables, clock: Callable[[], float], epochs: Callable[[], str]) -> None:
        self._tables, self._clock, self._epochs = tables, clock, epochs

    def write(self, connection: Connection, drafts: Sequence[tuple[str, Draft]]) -> list[Written]:
        """Number these events and write their rows, in this transaction; one answer for each.

        An id that its channel's log holds is not written again: its answer is the entry that is there.
        """
        now = self._clock()
        tops = {name: self.lock(connection, name, now).top for name in sorted({name for name, _ in drafts})}
        known = self._known(connection, {(name, draft.id) for name, draft in drafts}, tops)
        new: list[Written] = []
        rows: list[dict[str, Any]] = []
        for name, draft in drafts:
            if (name, draft.id) not in known:
                written = known[name, draft.id] = _follow(name, tops[name], draft, now)
                tops[name] = written.entry.position
                new.append(written)
                rows.append(_event_row(name, draft.type, written.entry))
        if new:
            connection.execute(insert(connection, self._tables.events), rows)
            self._count(connection, new)
            self.notify(connection, {written.channel: written.entry.position for written in new})
        return [known[name, draft.id] for name, draft in drafts]

    def lock(self, connection: Connection, name: str, at: float | None = None) -> Counters:
        """Keep a channel's log as it is for others until the transaction ends. A channel that has none yet gets one.

        `at` is when it is appended to; None where it is not.
        """
        channels = self._tables.channels.c
        statement = (
            update(self._tables.channels)
            .where(channels.name == name)
            .values(at=channels.at if at is None else at)
            .returning(channels.epoch, channels.top, channels.top_id, channels.start, channels.start_id, channels.size)
        )
        for _ in range(_TRIES):
            if (row := connection.execute(statement).one_or_none()) is not None:
                top, start = Position(row.epoch, row.top, row.top_id), Position(row.epoch, row.start, row.start_id)
                return Counters(top, start, row.size)
            self._create(connection, name)
        raise RuntimeError(f"the channel {name} was forgotten {_TRIES} times while it was being written to")

    def _create(self, connection: Connection, name: str) -> None:
        """Give a channel that has no log one that begins here."""
        empty = {"top": 0, "top_id": "", "start": 0, "start_id": "", "size": 0}
        values = {"name": name, "epoch": self.initial_epoch(connection), "at": self._clock(), **empty}
        connection.execute(insert(connection, self._tables.channels).values(values).on_conflict_do_nothing())

    def initial_epoch(self, connection: Connection) -> str:
        """The epoch of new logs, which stays it until this transaction ends."""
        log = self._tables.log
        statement = select(log.c.epoch).where(log.c.id == LOG_ROW).with_for_update(read=True)
        epoch = connection.execute(statement).scalar_one_or_none()
        if epoch is None:
            values = {"id": LOG_ROW, "epoch": self._epochs()}
            connection.execute(insert(connection, log).values(values).on_conflict_do_nothing())
            epoch = connection.execute(statement).scalar_one()
        return str(epoch)

    def _known(
        self, connection: Connection, pairs: Iterable[tuple[str, str]], tops: dict[str, Position]
    ) -> dict[tuple[str, str], Written]:
        events = self._tables.events.c
        known = {}
        asked = iter(sorted(pairs))
        while chunk := list(islice(asked, _PAIRS)):
            for row in connection.execute(
                select(events.channel, events.offset, events.id, events.message, events.key, events.at).where(
                    tuple_(events.channel, events.id).in_(chunk)
                )
            ):
                entry = entry_of(tops[row.channel].epoch, row)
                known[row.channel, row.id] = Written(row.channel, entry, None)
        return known

    def _count(self, connection: Connection, new: Sequence[Written]) -> None:
        """Bring the channels' counters up to these."""
        channels = self._tables.channels
        connection.execute(
            update(channels)
            .where(channels.c.name == bindparam("channel"))
            .values(top=bindparam("last"), top_id=bindparam("last_id"), size=channels.c.size + bindparam("added")),
            list(_channel_changes(new)),
        )

    def notify(self, connection: Connection, tops: Mapping[str, Position]) -> None:
        """Tell whoever listens (Postgres) of the tops of these channels, when this transaction commits."""
        notify(connection, self._tables.signal, [f"{top.epoch} {top.offset} {name}" for name, top in tops.items()])


def entry_of(epoch: str, row: Row[*tuple[Any, ...]]) -> Entry:
    """The entry that a row of events is."""
    return Entry(Position(epoch, row.offset, row.id), bytes(row.message), row.key, row.at)


def _follow(name: str, top: Position, draft: Draft, now: float) -> Written:
    position = Position(top.epoch, top.offset + 1, draft.id)
    return Written(name, Entry(position, event_message(name, position, draft), draft.key, now), top)


def _event_row(name: str, type: str, entry: Entry) -> dict[str, Any]:
    return {
        "channel": name,
        "offset": entry.position.offset,
        "id": entry.position.id,
        "type": type,
        "key": entry.key,
        "message": entry.message,
        "size": entry.size,
        "at": entry.at,
    }


def _channel_changes(new: Sequence[Written]) -> Iterator[dict[str, Any]]:
    tops = {written.channel: written.entry.position for written in new}
    added: Counter[str] = Counter()
    for written in new:
        added[written.channel] += written.entry.size
    for name, top in tops.items():
        yield {"channel": name, "last": top.offset, "last_id": top.id, "added": added[name]}
