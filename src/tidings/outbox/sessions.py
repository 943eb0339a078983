"""What a session's transactions will publish: noted at the call, written just before the commit, told after it.

An event hangs on the transaction that is innermost when it is noted, a savepoint or the outermost one. A savepoint that
is released hands its events to what encloses it; one that is rolled back takes them with it.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, SessionTransaction, scoped_session

from tidings.manager import Prepared
from tidings.outbox.transactions import OutboxError, check_transaction, connections

AnySession = Session | AsyncSession | scoped_session[Any] | async_scoped_session[Any]

B = TypeVar("B")

log = logging.getLogger("tidings")


class Sink(Protocol[B]):
    """Where the events of a transaction go. A session keeps the events of unequal sinks apart."""

    def write(self, session: Session, events: Sequence[Prepared]) -> B:
        """In the transaction, just before it commits; what this raises keeps it from committing."""

    def locked(self, batch: B) -> Collection[str]:
        """The channels that `write` has locked for this, in the order of their names, until the transaction ends."""

    def committed(self, batches: Sequence[B]) -> None:
        """The transaction has committed: what `write` returned for it.

        The commit stands, so what this raises is logged.
        """


def note(session: AnySession, sink: Sink[Any], prepared: Prepared) -> None:
    """Have the sink write the event when the session's transaction commits. Begins one where there is none.

    Raises OutboxError in a transaction that has ended or failed, and for a channel that sorts before one which the
    transaction has locked already; TypeError for what is no session.
    """
    plain = _plain(session)
    ledger: _Ledger[Any] | None = plain.info.get(sink)
    if ledger is None:
        ledger = plain.info[sink] = _Ledger(plain, sink)
    ledger.add(plain, prepared)


def _plain(session: AnySession) -> Session:
    if isinstance(session, scoped_session | async_scoped_session):
        session = session()
    if isinstance(session, AsyncSession):
        return session.sync_session
    if isinstance(session, Session):
        return session
    raise TypeError(f"an event is published with a Session or an AsyncSession, not with a {type(session).__name__}")


def _innermost(session: Session) -> SessionTransaction:
    return session.get_nested_transaction() or session.get_transaction() or session.begin()


@dataclass(slots=True)
class _Pending(Generic[B]):
    """What one transaction will publish: events that are not written yet, what the sink returned for those that are,
    and which of the latter are those of transactions around it; and how many were noted in it, or released to it."""

    noted: int = 0
    events: list[Prepared] = field(default_factory=list)
    batches: list[B] = field(default_factory=list)
    borrowed: dict[SessionTransaction, list[Prepared]] = field(default_factory=dict)

    def take(self, released: "_Pending[B]", lender: SessionTransaction) -> None:
        """Take over what a savepoint had whose events are this one's now; `lender` is whose this is."""
        self.noted += released.noted
        self.events += released.events
        self.batches += released.batches
        released.borrowed.pop(lender, None)
        for other, events in released.borrowed.items():
            self.borrowed.setdefault(other, []).extend(events)


class _Ledger(Generic[B]):
    """The events of one session for one sink."""

    def __init__(self, session: Session, sink: Sink[B]) -> None:
        self._sink = sink
        self._pending: dict[SessionTransaction, _Pending[B]] = {}
        self._announced: SessionTransaction | None = None  # a savepoint that is about to be released
        self._written: SessionTransaction | None = None  # what is about to commit, and whose events were written
        event.listen(session, "before_commit", self._before_commit)
        event.listen(session, "after_commit", self._after_commit)
        event.listen(session, "after_transaction_end", self._after_end)

    def add(self, session: Session, prepared: Prepared) -> None:
        """Note an event. Raises OutboxError."""
        transaction = _innermost(session)
        if not transaction.is_active:
            raise OutboxError(
                f"{prepared.draft.type}: this session's transaction has ended or failed, so nothing can be published "
                "with it; publish before the commit, or roll back first"
            )
        for connection in connections((transaction, *_around(transaction))):
            check_transaction(connection)
        self._check_order(transaction, prepared)
        pending = self._of(transaction)
        pending.events.append(prepared)
        pending.noted += 1
        if transaction is self._written:
            with suppress(MissingGreenlet):  # not called by a hook of the commit, so the commit is still to come
                self._write(session, transaction)

    def _check_order(self, transaction: SessionTransaction, prepared: Prepared) -> None:
        """Two transactions that lock their channels in one order never wait for each other."""
        around = (transaction, *_around(transaction))
        written = [self._pending[it] for it in around if it in self._pending]
        locked = {name for pending in written for batch in pending.batches for name in self._sink.locked(batch)}
        last = max(locked, default="")
        if early := sorted(name for name in prepared.names if name < last and name not in locked):
            raise OutboxError(
                f"{prepared.draft.type} on {early[0]!r}: this transaction has written events already and holds the "
                f"channel {last!r}, which sorts after it; locked in this order, two transactions could wait for each "
                "other. Publish before the commit, or in a before_commit hook that is registered before the session's "
                "first publish"
            )

    def _before_commit(self, session: Session) -> None:
        """Write, if it is the outermost transaction that is committed.

        A savepoint that is released is announced in the same way, and neither is named. A second announcement of one
        savepoint says that the first was for a transaction around it, which commits with the savepoint open and is
        not announced again.
        """
        savepoint = session.get_nested_transaction()
        if any(pending.events or pending.batches for pending in self._pending.values()):
            session.flush()  # its hooks may publish; and the logs are locked last, for as short a time as can be
            innermost = _innermost(session)
            for connection in connections((innermost, *_around(innermost))):
                check_transaction(connection)
        if savepoint is None or savepoint is self._announced:
            session.flush()
            self._write(session, _innermost(session))
        else:
            self._announced = savepoint

    def _after_commit(self, session: Session) -> None:
        transaction = _innermost(session)
        pending = self._pending.pop(transaction, None)
        if transaction.nested:
            outer = next(_around(transaction))
            if pending is not None:
                self._of(outer).take(pending, lender=outer)
            if transaction is self._written:
                self._written = outer
        elif pending is not None and pending.batches:
            try:
                self._sink.committed(pending.batches)
            except Exception:
                log.exception("a transaction has committed, and telling of its events failed")

    def _after_end(self, session: Session, transaction: SessionTransaction) -> None:
        pending = self._pending.pop(transaction, None)
        if pending is not None:  # it was rolled back, and with it what others had it write
            for lender, events in pending.borrowed.items():
                self._of(lender).events[:0] = events
            if pending.noted:
                log.debug("events that are dropped with a transaction which was not committed: %d", pending.noted)
        if transaction is self._written:
            self._written = None
        if transaction is self._announced:
            self._announced = None

    def _write(self, session: Session, transaction: SessionTransaction) -> None:
        """Write what the transaction holds, and those around it, in their order."""
        pending, lenders = self._of(transaction), list(_around(transaction))[::-1]
        lent = {lender: self._pending[lender].events for lender in lenders if lender in self._pending}
        if events := [*chain.from_iterable(lent.values()), *pending.events]:
            pending.batches.append(self._sink.write(session, events))
            for lender, theirs in lent.items():
                pending.borrowed.setdefault(lender, []).extend(theirs)
                theirs.clear()
            pending.events.clear()
        self._written = transaction

    def _of(self, transaction: SessionTransaction) -> _Pending[B]:
        return self._pending.setdefault(transaction, _Pending())


def _around(savepoint: SessionTransaction) -> Iterator[SessionTransaction]:
    """The savepoints around this one, and at last the outermost transaction; a flush among them is none."""
    outer = savepoint.parent
    while outer is not None:
        if outer.nested or outer.parent is None:
            yield outer
        outer = outer.parent
