"""Logs in the application's own database: Postgres, or SQLite on one machine."""

try:
    import sqlalchemy as _sqlalchemy  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "DatabaseBroker needs SQLAlchemy: install tidings[database]", name="sqlalchemy"
    ) from error

from tidings.brokers.database.broker import DatabaseBroker, database_broker
from tidings.brokers.database.measures import Measures
from tidings.brokers.database.settings import DatabaseSettings
from tidings.brokers.database.tables import TablesMissing
from tidings.brokers.database.writing import Written

__all__ = ["DatabaseBroker", "DatabaseSettings", "Measures", "TablesMissing", "Written", "database_broker"]
