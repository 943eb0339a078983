"""Leases: what one process at a time does, until it no longer renews its right to."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, or_, update

from tidings.brokers.database.dialects import insert

_LONGEST = 3_600.0  # seconds; what runs for longer was taken by a clock that was wrong, and is waited for by nobody


class Lease:
    """One row of a table with the columns `holder` and `until` (seconds since 1970): that with the values of `key`.

    Each method is a part of the caller's transaction.
    """

    def __init__(self, table: Table, key: Mapping[str, object]) -> None:
        self._table, self._key = table, dict(key)
        self._row = [table.c[name] == value for name, value in key.items()]

    def take(self, connection: Connection, holder: str, now: float, seconds: float) -> bool:
        """Whether this holder has the lease from `now` on for so long: nobody else has, or they let it run out."""
        columns = self._table.c
        wrong = now + max(2 * seconds, _LONGEST)
        free = or_(columns.holder == holder, columns.until < now, columns.until > wrong)
        term = {"holder": holder, "until": now + seconds}
        if connection.execute(update(self._table).where(*self._row, free).values(term)).rowcount:
            return True
        first = insert(connection, self._table).values({**self._key, **term}).on_conflict_do_nothing()
        return connection.execute(first.returning(columns.holder)).first() is not None

    def release(self, connection: Connection, holder: str) -> None:
        """Let another one take it at once, if this holder has it."""
        mine = self._table.c.holder == holder
        connection.execute(update(self._table).where(*self._row, mine).values(until=0.0))
