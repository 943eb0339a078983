"""The table `tidings_outbox`: events that are committed, and not yet in a log that is kept elsewhere.

A row holds its event's payload, and with it whatever personal data the application has put there, until it is relayed
or its retention is over. Everything here is a function of a connection, in whose transaction it acts.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from tidings.brokers.database.dialects import DIALECTS, insert
from tidings.brokers.database.lease import Lease
from tidings.brokers.database.tables import made_by
from tidings.brokers.database.wakeups import notify
from tidings.protocol.channels import check_name
from tidings.protocol.control import LOGS
from tidings.protocol.errors import DeclarationError, EventError
from tidings.protocol.events import EVENT_TYPE, TRACEPARENT, Draft, checked_id


class OutboxRow(NamedTuple):
    """A row: its number, in the order of which its channel's events are relayed, its channel, and its event."""

    number: int
    channel: str
    row: Any

    def draft(self) -> Draft:
        """The event. Raises ChannelError, EventError for a row that somebody has changed to what is none."""
        row = self.row
        if self.channel not in LOGS:
            check_name(self.channel)
        try:
            payload = row.payload.encode()
            msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
            if not EVENT_TYPE.fullmatch(row.type):
                raise EventError(f"{row.type!r} is not an event type")
        except (AttributeError, TypeError, UnicodeError, msgspec.DecodeError) as error:
            raise EventError(f"the row {self.number} is no event: {error}") from error
        trace = row.traceparent if TRACEPARENT.fullmatch(str(row.traceparent)) else None
        return Draft(row.type, payload, row.timestamp, checked_id(row.id), row.key, row.version, trace)


class OutboxMeasures(NamedTuple):
    """How many rows wait and how many are set aside, and since when (seconds since 1970) the oldest one waits."""

    waiting: int
    set_aside: int
    oldest: float | None


class OutboxTable:
    """The tables, in the database's default schema or another one, and what is done to them."""

    def __init__(self, schema: str | None = None) -> None:
        self.metadata = sa.MetaData(schema=schema)
        self.events = sa.Table(
            "tidings_outbox",
            self.metadata,
            sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
            sa.Column("channel", sa.String(255), nullable=False),
            sa.Column("id", sa.String(64), nullable=False),
            sa.Column("type", sa.String(64), nullable=False),
            sa.Column("payload", sa.Text(), nullable=False),
            sa.Column("timestamp", sa.String(32), nullable=False),
            sa.Column("key", sa.Text()),
            sa.Column("version", sa.BigInteger()),
            sa.Column("traceparent", sa.String(55)),
            sa.Column("at", sa.Double(), nullable=False),
            sa.Column("refused", sa.Text()),
            sa.UniqueConstraint("channel", "id", name="uq_tidings_outbox_channel_id"),
            sa.Index("ix_tidings_outbox_at", "at"),
            sqlite_autoincrement=True,
        )
        lease = sa.Table(
            "tidings_outbox_lease",
            self.metadata,
            sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
            sa.Column("holder", sa.String(64), nullable=False),
            sa.Column("until", sa.Double(), nullable=False),
        )
        self.lease = Lease(lease, {"id": 1})  # the only row of its table

    @property
    def signal(self) -> str:
        """The name under which Postgres is told of commits: one for each schema, and never too long."""
        return f"tidings_outbox_{hashlib.sha256(self.events.fullname.encode()).hexdigest()[:16]}"

    def used(self) -> AbstractContextManager[None]:
        """Raises TablesMissing where a statement in the block says that one of these is not there."""
        return made_by("tidings.outbox.migration", self.metadata)

    def add(self, connection: sa.Connection, drafts: Sequence[tuple[str, Draft]], now: float) -> None:
        """Insert events. A channel's numbers are in the order of the commits; one that waits already is passed over.
        Who listens is told when they are committed.

        Raises TablesMissing.
        """
        self._take_turns(connection, {channel for channel, _ in drafts})
        values = [{"channel": channel, "at": now, **_columns(draft)} for channel, draft in drafts]
        new = insert(connection, self.events).on_conflict_do_nothing(index_elements=["channel", "id"])
        with self.used():
            connection.execute(new, values)
        notify(connection, self.signal, [""])

    def waiting(self, connection: sa.Connection, without: Collection[str], limit: int) -> list[OutboxRow]:
        """The oldest rows, but for those of some channels and those that were set aside."""
        events = self.events
        query = sa.select(events).where(events.c.refused.is_(None))
        if without:
            query = query.where(events.c.channel.not_in(without))
        found = connection.execute(query.order_by(events.c.number).limit(limit))
        return [OutboxRow(row.number, row.channel, row) for row in found]

    def delete(self, connection: sa.Connection, numbers: Sequence[int]) -> None:
        """Delete rows that were relayed."""
        connection.execute(sa.delete(self.events).where(self.events.c.number.in_(numbers)))

    def set_aside(self, connection: sa.Connection, number: int, reason: str) -> None:
        """Relay this row no more, and keep it with the reason."""
        connection.execute(sa.update(self.events).where(self.events.c.number == number).values(refused=reason))

    def expire(self, connection: sa.Connection, before: float) -> int:
        """Delete what is older; returns how many of the rows were still waiting."""
        old = sa.delete(self.events).where(self.events.c.at < before).returning(self.events.c.refused)
        return sum(refused is None for refused in connection.scalars(old))

    def measure(self, connection: sa.Connection) -> OutboxMeasures:
        """What is in the table."""
        waits = self.events.c.refused.is_(None)
        counted = sa.select(
            sa.func.count().filter(waits),
            sa.func.count().filter(sa.not_(waits)),
            sa.func.min(self.events.c.at).filter(waits),
        )
        return OutboxMeasures(*connection.execute(counted.select_from(self.events)).one())

    def _take_turns(self, connection: sa.Connection, channels: Iterable[str]) -> None:
        """Hold these channels, in the order of their names, until the transaction ends, so that what is inserted
        earlier is committed earlier.

        On SQLite whoever writes first holds the whole database.
        """
        if connection.dialect.name == "postgresql":
            table = self.events.fullname
            for channel in sorted(channels):
                number = _lock_number(f"{table}:{channel}")
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def check_dialect(name: str) -> None:
    """Raises DeclarationError for a database that tidings' tables do not work on."""
    if name not in DIALECTS:
        raise DeclarationError(f"the outbox works on {' and '.join(DIALECTS)}, not on {name}")


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "type": draft.type,
        "payload": draft.payload.decode(),
        "timestamp": draft.timestamp,
        "key": draft.key,
        "version": draft.version,
        "traceparent": draft.traceparent,
    }


def _lock_number(name: str) -> int:
    """64 bits, as Postgres numbers its advisory locks. Two names that share one wait for each other for nothing."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
