"""Whether a transaction is one: commits and rolls back as a whole, which events that hang on it rely on."""

from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Transaction, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import SessionTransaction

from tidings.brokers.database.dialects import sqlstate
from tidings.protocol.errors import TidingsError

_FAILED = "25P02"  # SQLSTATE: in failed SQL transaction
_IN_ERROR = 3  # libpq's PQTRANS_INERROR
_bare: WeakKeyDictionary[Transaction, int] = WeakKeyDictionary()  # that began with a savepoint, and how many are open


class OutboxError(TidingsError):
    """An event cannot be published with this session: it has no transaction that could carry it, or that one has
    locked channels already that come after the event's own."""


def connections(transactions: Iterable[SessionTransaction]) -> Iterator[Connection]:
    """What these transactions of a session use now."""
    for transaction in transactions:
        yield from dict.fromkeys(held[0] for held in transaction._connections.values())


def check_transaction(connection: Connection) -> None:
    """Raises OutboxError for one whose parts are committed before the whole is. And its commit will raise where
    Postgres would answer it with a rollback."""
    if _is_autocommit(connection):
        raise OutboxError(
            "this session's isolation level is AUTOCOMMIT: each statement is committed at once, so no transaction "
            "could carry an event. Publish with a session on an engine without isolation_level='AUTOCOMMIT', such as "
            "engine.execution_options(isolation_level='READ COMMITTED') (Postgres) or 'SERIALIZABLE' (SQLite)"
        )
    if connection.get_transaction() in _bare:
        raise OutboxError(
            "this session's transaction began with a savepoint, which SQLite commits when it is released, also where "
            "the transaction is rolled back: sqlite3 begins a transaction only before it writes. Have the engine begin "
            "them: listen to its 'connect' with `dbapi_connection.isolation_level = None` and to its 'begin' with "
            "`connection.exec_driver_sql('BEGIN')` (docs/durable.md), or, from Python 3.12 on, "
            "create_engine(…, connect_args={'autocommit': False})"
        )
    if connection.dialect.name == "postgresql" and not event.contains(connection, "commit", _refuse_failed):
        event.listen(connection, "commit", _refuse_failed)


def _is_autocommit(connection: Connection) -> bool:
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        return getattr(driver, "autocommit", False) is True
    inner: Any = connection.connection.driver_connection
    return inner.isolation_level is None and not inner.in_transaction


def _refuse_failed(connection: Connection) -> None:
    """Just before COMMIT, which Postgres answers with ROLLBACK, and drivers with nothing, after an error."""
    if _has_failed(connection):
        connection.connection.rollback()  # SQLAlchemy takes what was being committed for ended, whatever is raised
        raise OutboxError(
            "a statement of this transaction has failed, and its error was passed over: Postgres would roll back and "
            "say nothing. Nothing was committed or published; roll back where a statement fails, or let it have a "
            "savepoint (session.begin_nested())"
        )


def _has_failed(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    status = getattr(getattr(driver, "info", None), "transaction_status", None)
    if status is not None:  # psycopg knows without asking
        return int(status) == _IN_ERROR
    try:
        connection.exec_driver_sql("SELECT 1")
    except DBAPIError as error:
        if sqlstate(error) != _FAILED:
            raise
        return True
    return False


@event.listens_for(Engine, "savepoint")
def _opened(connection: Connection, name: str | None) -> None:
    transaction = connection.get_transaction()
    if connection.dialect.name != "sqlite" or transaction is None:
        return
    driver: Any = connection.connection.driver_connection
    if transaction in _bare:
        _bare[transaction] += 1
    elif driver.isolation_level is not None and not driver.in_transaction:
        _bare[transaction] = 1


@event.listens_for(Engine, "release_savepoint")
def _released(connection: Connection, name: str, context: object) -> None:
    transaction = connection.get_transaction()
    if transaction is not None and transaction in _bare:
        _bare[transaction] = max(1, _bare[transaction] - 1)  # the first one commits, and it stays so


@event.listens_for(Engine, "rollback_savepoint")
def _rolled_back(connection: Connection, name: str, context: object) -> None:
    transaction = connection.get_transaction()
    if transaction is not None and transaction in _bare:
        _bare[transaction] -= 1
        if not _bare[transaction]:  # the first one stays open in SQLite, around what follows
            del _bare[transaction]
