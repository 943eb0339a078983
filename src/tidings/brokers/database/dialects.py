"""Where the supported databases differ: what they are, what their errors mean, how they insert."""

from sqlalchemy import Connection, Table, extract, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

DIALECTS = ("postgresql", "sqlite")

_TRANSIENT = (  # by SQLSTATE or its class
    "08",  # connection exception
    "25006",  # read-only: the primary is changing
    "40",  # serialization failure, deadlock
    "53300",  # too many connections
    "55P03",  # lock not available
    "57P",  # shutting down, starting up
)
_UNDEFINED_TABLE = "42P01"


def insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that may say what to do with a row that is there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def clock_of(connection: Connection) -> float | None:
    """Seconds since 1970 by the database server's clock; None where it has none of its own."""
    if connection.dialect.name != "postgresql":
        return None
    return float(connection.execute(select(extract("epoch", func.clock_timestamp()))).scalar_one())


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of an error of a Postgres driver, with or without SQLAlchemy around it."""
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
    return str(state) if state else None


def is_undefined_table(error: DBAPIError) -> bool:
    """Whether a statement names a table that is not there."""
    return sqlstate(error) == _UNDEFINED_TABLE or "no such table" in str(error.orig)


def is_transient(error: Exception) -> bool:
    """Whether a later try may succeed: the database was busy, or could not be reached."""
    if isinstance(error, OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return True
    if (state := sqlstate(error)) is not None:
        return state.startswith(_TRANSIENT)
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    text = str(error.orig)
    if "sqlite" in type(error.orig).__module__:
        return "database is locked" in text or "table is locked" in text
    return True  # a Postgres driver without a state: nobody answered
