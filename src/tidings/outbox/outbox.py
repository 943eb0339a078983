"""The outbox: publishing as a part of the application's own transaction."""

import random as dice
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, MetaData, Table, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from tidings.access.authentication import known_user
from tidings.brokers.database import DatabaseBroker, Written
from tidings.manager import ConnectionManager, Prepared
from tidings.metrics import Gauges
from tidings.outbox.relay import Relay, RelaySettings
from tidings.outbox.rows import OutboxMeasures, OutboxTable
from tidings.outbox.sessions import AnySession, note
from tidings.outbox.transactions import check_transaction
from tidings.protocol.channels import Channel
from tidings.protocol.control import Act, Reauthorize, Revoke
from tidings.protocol.errors import DeclarationError
from tidings.protocol.events import Draft, Event

E = TypeVar("E", bound=Event)


class Outbox:
    """Publishes events together with the data: if the transaction commits, they are in their channels' logs, in the
    order of the commits; if it is rolled back, they never were.

    `Outbox(manager)`, where the manager's broker is a DatabaseBroker: the rows that `publish` writes are the log, and
    there is nothing to relay. The sessions must be of the broker's own database.

    `Outbox(manager, engine)`, with any other broker: the rows wait in the table `tidings_outbox` of the application's
    database, until a relay has appended them to the log: run one within the manager's lifespan in every process that
    serves (`async with outbox.relaying()`); one at a time works. The tables come from `tidings.outbox.migration`.

    Rows hold payloads, and whatever personal data is in them: until the log's bounds (`DatabaseBroker(age=…)`) or the
    relay, at the latest `RelaySettings.retention`, have them deleted.
    """

    def __init__(
        self,
        manager: ConnectionManager,
        engine: Engine | AsyncEngine | None = None,
        *,
        settings: RelaySettings | None = None,
        schema: str | None = None,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] = lambda: secrets.token_hex(16),
        random: Callable[[], float] = dice.random,
    ) -> None:
        if not isinstance(manager, ConnectionManager):
            raise TypeError(f"Outbox({manager!r}): write Outbox(manager) with the application's ConnectionManager")
        if not isinstance(engine, Engine | AsyncEngine | None):
            raise TypeError(f"Outbox(manager, {engine!r}): the second is an Engine or AsyncEngine, or left out")
        self._manager, self._clock = manager, clock
        self.relay: Relay | None = None
        broker = manager.broker
        if engine is not None:
            self.relay = Relay(
                broker,
                engine,
                OutboxTable(schema),
                settings or RelaySettings(),
                holder=ids(),
                clock=clock,
                random=random,
            )
            self._rows: _Rows = _Relayed(self.relay)
            manager.metrics.gauges["outbox", engine] = self._backlog
        elif isinstance(broker, DatabaseBroker):
            self._rows = _Logged(broker)
        else:
            raise DeclarationError(
                f"the log of a {type(broker).__name__} is not in your database: write Outbox(manager, engine), "
                "and run `async with outbox.relaying()`"
            )

    def publish(self, session: AnySession, event: E, *channels: Channel[E], id: str | None = None) -> str:
        """Publish the event if, and when, the session's transaction commits; returns its id.

        A plain call, also for an AsyncSession. It begins a transaction where there is none. In a savepoint it is
        published if that one is not rolled back. The event is checked, and written as JSON, now; it is numbered just
        before the commit, after the session is flushed, under locks of its channels that end with the transaction.
        The same `id` again changes nothing while the log holds the event. Where the session commits in two phases, or
        has joined a transaction that it does not end, the event is delivered once others can see it in the log; but
        `tidings.testing` sees it at the session's commit, as tests roll back the transaction around it.

        Raises EventError and ChannelError as `ConnectionManager.publish`, OutboxError in a transaction that has ended
        or failed, or that has numbered events already (a hook of the commit publishes more) on a channel whose name
        sorts after one of these: two such transactions could wait for each other. And the commit raises TablesMissing
        where the session's database does not have the tables.
        """
        if isinstance(session, Event | Channel):
            raise TypeError(f"outbox.publish({type(session).__name__}(…), …): the session comes first, then the event")
        with self._manager.publishing(event, channels, "create"):
            prepared = self._manager.prepare(event, *channels, id=id, call="outbox.publish(session, ")
        note(session, self, prepared)
        return prepared.draft.id

    def reauthorize(self, session: AnySession, user_id: str | int) -> None:
        """Ask the rules anew for all that the user follows, on every process, if and when the transaction commits."""
        self._withdraw(session, Reauthorize(known_user(user_id)))

    def revoke(self, session: AnySession, user_id: str | int, channel: Channel[Any]) -> None:
        """End the user's subscriptions to a channel, on every process, if and when the transaction commits."""
        self._withdraw(session, Revoke(known_user(user_id), channel.name))

    def disconnect_user(
        self, session: AnySession, user_id: str | int, reason: str = "disconnected by the application"
    ) -> None:
        """Close the user's connections and refuse tokens that were issued until now, on every process, if and when the
        transaction commits.
        """
        self._withdraw(session, self._manager.disconnection(user_id, reason))

    def _withdraw(self, session: AnySession, act: Act) -> None:
        note(session, self, self._manager.prepare_act(act))

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        """Relay rows until the end of the block, on the loop of the manager's connections.

        One process relays at a time; the others wait for its lease to end. With a DatabaseBroker there is nothing to
        do. Raises RuntimeError where it runs already.
        """
        if self.relay is None:
            yield
        else:
            async with self.relay.running():
                yield

    async def _backlog(self) -> Gauges:
        waiting, set_aside, oldest = await self.measure()
        age = 0.0 if oldest is None else max(0.0, self._clock() - oldest)
        return {"outbox_waiting": waiting, "outbox_set_aside": set_aside, "outbox_oldest_seconds": age}

    async def measure(self) -> OutboxMeasures:
        """What waits for the relay and what is set aside. With a DatabaseBroker nothing ever does."""
        return OutboxMeasures(0, 0, None) if self.relay is None else await self.relay.measure()

    @property
    def metadata(self) -> MetaData:
        """The tables that `publish` writes to, for Alembic's `target_metadata`."""
        return self._rows.table.metadata

    def __eq__(self, other: object) -> bool:
        """Whether they write to the log of one broker: a session then keeps one order for both."""
        return isinstance(other, Outbox) and self._rows == other._rows

    def __hash__(self) -> int:
        return hash(self._rows)

    # What its sessions call.

    def write(self, session: Session, events: Sequence[Prepared]) -> "_WrittenEvents":
        """Write the events' rows in the session's transaction."""
        drafts = {(name, prepared.draft.id): prepared.draft for prepared in events for name in prepared.names}
        # A session with several databases finds the table's, and the one that takes writes.
        connection = session.connection(bind_arguments={"clause": update(self._rows.table)})
        check_transaction(connection)  # it may be this that begins it
        written = self._rows.write(connection, [(name, draft) for (name, _), draft in drafts.items()])
        return _WrittenEvents(connection, events, written)

    def locked(self, batch: "_WrittenEvents") -> set[str]:
        return {name for prepared in batch.events for name in prepared.names}

    def committed(self, batches: Sequence["_WrittenEvents"]) -> None:
        """Deliver what was committed, and tell who observes."""
        for batch in batches:
            # A session that joined a transaction of somebody else has not committed it.
            if not batch.connection.in_transaction():
                self._rows.committed(batch.written)
        for batch in batches:
            for prepared in batch.events:
                prepared.manager.metrics.publishes["committed"] += 1
                prepared.manager.published(prepared)


@dataclass(frozen=True, slots=True)
class _WrittenEvents:
    """Events that were written together, on which connection, and what came of it in the log."""

    connection: Connection
    events: Sequence[Prepared]
    written: Sequence[Written]


@dataclass(frozen=True, slots=True)
class _Logged:
    """The rows are the log."""

    broker: DatabaseBroker

    @property
    def table(self) -> Table:
        return self.broker.tables.events

    def write(self, connection: Connection, drafts: Sequence[tuple[str, Draft]]) -> Sequence[Written]:
        return self.broker.write(connection, drafts)

    def committed(self, written: Sequence[Written]) -> None:
        self.broker.committed(written)


class _Relayed:
    """The rows wait for the relay."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.table: Table = relay.table.events

    def write(self, connection: Connection, drafts: Sequence[tuple[str, Draft]]) -> Sequence[Written]:
        self._relay.write(connection, drafts)
        return ()

    def committed(self, written: Sequence[Written]) -> None:
        self._relay.wake()


_Rows = _Logged | _Relayed
