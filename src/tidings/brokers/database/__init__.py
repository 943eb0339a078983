"""Logs in the application's own database: Postgres, or SQLite on one machine."""

from tidings.brokers.database.broker import DatabaseBroker
from tidings.brokers.database.measures import Measures
from tidings.brokers.database.tables import TablesMissing

__all__ = ["DatabaseBroker", "Measures", "TablesMissing"]
